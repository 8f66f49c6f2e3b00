"""How values look, how they are searched, what moves write_date."""

import base64
import hashlib
import time

import pytest

from tests.contract import make
from tests.contract.client import OdooError


def test_a_many2one_is_a_pair_or_false_and_an_id_without_names(tower, admin):
    partner = make.customer(admin)
    order = make.order(tower, partner)
    row = tower("sale.order", "read", [order], ["partner_id", "carrier_id"])[0]
    bare = tower("sale.order", "read", [order], ["partner_id"], load=False)[0]

    assert row["partner_id"][0] == partner
    assert row["carrier_id"] is False
    assert bare["partner_id"] == partner


def test_empty_values_are_false_and_lists_are_ids(tower, admin):
    order = make.order(tower, make.customer(admin))
    row = tower.one(
        "sale.order",
        order,
        "client_order_ref",
        "commitment_date",
        "delivery_status",
        "picking_ids",
        "amount_total",
    )

    assert row == {
        "id": order,
        "client_order_ref": False,
        "commitment_date": False,
        "delivery_status": False,
        "picking_ids": [],
        "amount_total": 0.0,
    }


def test_times_are_naive_utc_to_the_second(tower, admin):
    order = make.order(tower, make.customer(admin))
    stamp = tower("sale.order", "read", [order], ["write_date"], context={"tz": "Asia/Tokyo"})

    assert time.strptime(stamp[0]["write_date"], "%Y-%m-%d %H:%M:%S")
    assert abs(time.time() - _epoch(stamp[0]["write_date"])) < 3600


def _epoch(text):
    import calendar

    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def test_create_answers_an_id_for_a_dict_and_ids_for_a_list(admin):
    one = admin("res.partner", "create", {"name": "A"})
    many = admin("res.partner", "create", [{"name": "B"}, {"name": "C"}])

    assert isinstance(one, int)
    assert len(many) == 2


def test_the_commands_of_a_one2many_add_change_and_remove_lines(tower, admin):
    product = make.product(admin, stock=0)
    order = make.order(tower, make.customer(admin), (product, 1), (product, 2))
    first, second = tower.value("sale.order", order, "order_line")

    tower(
        "sale.order",
        "write",
        [order],
        {
            "order_line": [
                [1, first, {"product_uom_qty": 5}],
                [2, second],
                [0, 0, {"product_id": product, "product_uom_qty": 3}],
            ]
        },
    )

    assert tower.value("sale.order", order, "amount_total") == 800.0
    assert len(tower.value("sale.order", order, "order_line")) == 2


def test_an_attachment_knows_its_size_and_checksum(tower, admin):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    content = b"%PDF-1.4 proof of delivery"
    made = tower(
        "ir.attachment",
        "create",
        {
            "name": "POD.pdf",
            "res_model": "stock.picking",
            "res_id": picking,
            "datas": base64.b64encode(content).decode(),
            "mimetype": "application/pdf",
        },
    )
    row = tower.one("ir.attachment", made, "checksum", "file_size", "mimetype", "datas", "type")

    assert row["checksum"] == hashlib.sha1(content).hexdigest()
    assert row["file_size"] == len(content)
    assert base64.b64decode(row["datas"]) == content
    assert (row["mimetype"], row["type"]) == ("application/pdf", "binary")
    assert tower.value("stock.picking", picking, "message_attachment_count") == 1


# --- searching ----------------------------------------------------------------------------------
def test_domains_join_with_prefix_operators_and_walk_relations(tower, admin):
    partner = make.customer(admin, city=f"City {make.key()}")
    city = admin.value("res.partner", partner, "city")
    small, big = (make.order(tower, partner, client_order_ref=r) for r in ("small", "big"))

    def search(*domain, **kwargs):
        return tower("sale.order", "search", [["partner_id", "=", partner], *domain], **kwargs)

    assert tower("sale.order", "search", [["partner_id.city", "=", city]], order="id") == [
        small,
        big,
    ]
    assert search("|", ["client_order_ref", "=", "big"], ["client_order_ref", "=", "none"]) == [big]
    assert search("!", ["client_order_ref", "=", "big"]) == [small]
    assert search(["client_order_ref", "in", ["small"]]) == [small]
    assert search(["client_order_ref", "not in", ["small"]]) == [big]
    assert search(["client_order_ref", "ilike", "SMA"]) == [small]
    assert search(["client_order_ref", "=like", "b%"]) == [big]
    assert search(["client_order_ref", "!=", "small"]) == [big]
    assert search(["order_line", "=", False], order="id") == [small, big]
    assert search(["partner_id", "child_of", partner], order="id desc") == [big, small]
    assert search(order="id", limit=1, offset=1) == [big]
    assert tower("sale.order", "search_count", [["partner_id", "=", partner]]) == 2


def test_unequal_finds_the_empty_ones_too(tower, admin):
    partner = make.customer(admin)
    order = make.order(tower, partner)
    domain = [["partner_id", "=", partner], ["client_order_ref", "!=", "x"]]

    assert tower("sale.order", "search", domain) == [order]


def test_archived_records_hide_from_searches_but_not_from_reads(admin):
    partner = make.customer(admin)
    admin("res.partner", "write", [partner], {"active": False})

    assert admin("res.partner", "search", [["id", "=", partner]]) == []
    found = admin("res.partner", "search", [["id", "=", partner]], context={"active_test": False})
    assert found == [partner]
    assert admin("res.partner", "search", [["id", "=", partner], ["active", "=", False]]) == [
        partner
    ]
    assert admin.one("res.partner", partner, "active")["active"] is False


def test_a_deleted_record_leaves_no_trace(tower, admin):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    tower("stock.picking", "unlink", [picking])

    assert tower("stock.picking", "read", [picking], ["name"]) == []
    assert (
        tower("stock.picking", "search", [["id", "in", [picking]]], context={"active_test": False})
        == []
    )


def test_an_unknown_order_is_refused(tower):
    with pytest.raises(OdooError):
        tower("sale.order", "search", [], order="nosuchfield desc")


def test_fields_get_describes_types_and_selections(tower, server):
    told = tower(
        "sale.order",
        "fields_get",
        ["state", "partner_id", "order_line"],
        attributes=["type", "relation", "selection", "store"],
    )

    assert [key for key, _ in told["state"]["selection"]] == ["draft", "sent", "sale", "cancel"]
    assert told["partner_id"] == {"type": "many2one", "relation": "res.partner", "store": True}
    assert told["order_line"]["relation"] == "sale.order.line"
    unit = "product_uom_id" if server.is_19 else "product_uom"
    assert unit in tower("sale.order.line", "fields_get", [unit])


def test_names_are_searched(tower, admin):
    name = f"Customer {make.key()}"
    partner = admin("res.partner", "create", {"name": name})

    assert tower("res.partner", "name_search", name) == [[partner, name]]


def test_counts_are_grouped(tower, admin, server):
    partner = make.customer(admin)
    for _ in range(3):
        make.order(tower, partner)
    domain = [["partner_id", "=", partner]]
    if server.is_19:
        groups = tower("sale.order", "formatted_read_group", domain, ["state"], ["__count"])
        assert [(g["state"], g["__count"]) for g in groups] == [("draft", 3)]
    else:
        groups = tower("sale.order", "read_group", domain, ["amount_total:sum"], ["state"])
        assert [(g["state"], g["state_count"]) for g in groups] == [("draft", 3)]


def test_nested_records_come_in_one_call(tower, admin):
    order = make.order(tower, make.customer(admin), (make.product(admin, stock=0), 2))
    told = tower(
        "sale.order",
        "web_search_read",
        [["id", "=", order]],
        {
            "name": {},
            "partner_id": {"fields": {"display_name": {}}},
            "order_line": {"fields": {"product_uom_qty": {}}},
        },
    )

    assert told["length"] == 1
    assert told["records"][0]["order_line"][0]["product_uom_qty"] == 2.0
    assert told["records"][0]["partner_id"]["display_name"].startswith("Customer ")
