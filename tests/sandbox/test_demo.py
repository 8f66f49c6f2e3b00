"""The demo company has orders in every stage."""


def test_there_are_orders_in_every_stage(tower):
    rows = tower(
        "sale.order",
        "search_read",
        [],
        ["state", "delivery_status", "invoice_status", "carrier_id", "amount_total"],
    )

    assert 20 <= len(rows) <= 40
    assert {r["state"] for r in rows} == {"draft", "sent", "sale", "cancel"}
    assert {r["delivery_status"] for r in rows} == {False, "pending", "partial", "full"}
    assert {"to invoice", "invoiced", "no"} <= {r["invoice_status"] for r in rows}
    assert all(r["amount_total"] > 0 for r in rows)
    assert {r["carrier_id"][1] for r in rows} == {
        "UPS",
        "USPS",
        "Acme Logistics",
        "Normal Delivery Charges",
    }


def test_there_are_transfers_that_wait_that_are_ready_and_that_left(tower):
    rows = tower(
        "stock.picking",
        "search_read",
        [["picking_type_code", "=", "outgoing"]],
        ["state", "carrier_tracking_ref", "date_done", "partner_id"],
    )

    assert {r["state"] for r in rows} == {"confirmed", "assigned", "done", "cancel"}
    assert all(r["carrier_tracking_ref"] and r["date_done"] for r in rows if r["state"] == "done")


def test_there_are_invoices_that_are_open_and_that_are_paid(tower):
    rows = tower(
        "account.move",
        "search_read",
        [["move_type", "=", "out_invoice"]],
        ["state", "payment_state", "currency_id"],
    )

    assert {r["payment_state"] for r in rows} == {"not_paid", "paid"}
    assert {r["currency_id"][1] for r in rows} == {"USD"}


def test_customers_can_be_written_to(tower):
    rows = tower(
        "res.partner",
        "search_read",
        [["is_company", "=", True]],
        ["name", "email", "city", "zip", "country_id"],
    )
    named = {r["name"] for r in rows}

    assert {"Azure Interior", "Deco Addict", "Gemini Furniture"} <= named
    assert all(r["email"] for r in rows)


def test_the_demo_orders_lie_in_the_past(tower):
    created = {
        r["create_date"][:10] for r in tower("sale.order", "search_read", [], ["create_date"])
    }

    assert len(created) > 5


def test_there_is_supply_on_its_way_late_and_received(tower):
    purchases = tower(
        "purchase.order", "search_read", [], ["state", "receipt_status", "invoice_status"]
    )
    productions = tower(
        "mrp.production", "search_read", [], ["state", "components_availability_state", "origin"]
    )

    assert {p["receipt_status"] for p in purchases} == {False, "pending", "partial", "full"}
    assert {"draft", "purchase"} == {p["state"] for p in purchases}
    assert {p["state"] for p in productions} == {"done", "progress", "confirmed"}
    waiting = next(p for p in productions if p["state"] == "confirmed")
    assert waiting["components_availability_state"] == "late"
    order = tower("sale.order", "search", [["name", "=", waiting["origin"]]])
    assert tower.value("sale.order", order[0], "delivery_status") == "pending"
    assert "progress" in {w["state"] for w in tower("mrp.workorder", "search_read", [], ["state"])}
