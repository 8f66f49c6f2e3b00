"""What the day is done with, and what becomes of it: customers, products and shelves, renamed and archived."""

from __future__ import annotations

from typing import Any

from tests.day.office import Office

PLENTY = 10_000.0


def open_shop(office: Office) -> None:
    """Customers with people and addresses, products with and without stock, a carrier."""
    customers = [
        {
            "name": office.name("Customer"),
            "is_company": True,
            "email": "shop@example.com",
            "child_ids": [[0, 0, {"name": office.name("Buyer"), "email": "buyer@example.com"}]],
        }
        for _ in range(office.share(0.2, 5))
    ]
    office.stock["customer"] = office("res.partner", "create", customers)
    vendors = [
        {"name": office.name("Vendor"), "is_company": True, "email": "v@example.com"}
        for _ in range(office.share(0.05, 3))
    ]
    office.stock["vendor"] = office("res.partner", "create", vendors)
    office.stock["product"] = _products(office, office.share(0.1, 6))
    office.stock["scarce"] = _products(office, 3)
    office.stock["part"] = _products(office, 4)
    fee = office("product.product", "create", {"name": office.name("Fee"), "type": "service"})
    carrier = {"name": office.name("Carrier"), "product_id": fee, "delivery_type": "fixed"}
    office.stock["carrier"] = [office("delivery.carrier", "create", carrier)]
    count_stock(office, office.stock["product"] + office.stock["part"], PLENTY)
    count_stock(office, office.stock["scarce"], 5.0)
    office.note("master data", sum(len(made) for made in office.stock.values()))


def _products(office: Office, count: int) -> list[int]:
    return list(
        office(
            "product.product",
            "create",
            [
                {
                    "name": office.name("Product"),
                    "default_code": office.name("SKU"),
                    "type": "consu",
                    "is_storable": True,
                    "list_price": float(office.dice.randrange(5, 500)),
                    "taxes_id": [[5]],
                    "supplier_taxes_id": [[5]],
                    "invoice_policy": "delivery",
                }
                for _ in range(count)
            ],
        )
    )


def shelf(office: Office) -> int:
    """The stock location of the first warehouse of the first company."""
    house = office(
        "stock.warehouse",
        "search_read",
        [["company_id", "=", 1]],
        ["lot_stock_id"],
        order="id",
        limit=1,
    )
    return int(house[0]["lot_stock_id"][0])


def count_stock(office: Office, products: list[int], quantity: float) -> None:
    """An inventory adjustment; applied once, because 19 takes a second one for a count of zero (FACTS 7)."""
    if "shelf" not in office.stock:
        office.stock["shelf"] = [shelf(office)]
    place = {"location_id": office.stock["shelf"][0], "inventory_quantity": quantity}
    quants = office(
        "stock.quant",
        "create",
        [{"product_id": product, **place} for product in products],
        context={"inventory_mode": True},
    )
    office("stock.quant", "action_apply_inventory", quants)


def change_master_data(office: Office) -> None:
    """Names, prices, archives and deletions; no document is touched by them."""
    steps: list[tuple[str, Any]] = [
        ("customer renamed", lambda: _rename(office, "res.partner", "customer")),
        ("product renamed", lambda: _rename(office, "product.product", "product")),
        ("product priced", lambda: _price(office)),
        ("buyer archived", lambda: _archive_buyer(office)),
        ("customer archived", lambda: _archive(office, "res.partner", "customer")),
        ("product archived", lambda: _archive(office, "product.product", "product")),
        ("stock adjusted", lambda: count_stock(office, [office.pick("product")], PLENTY - 7)),
        ("scarce goods arrived", lambda: count_stock(office, [office.pick("scarce")], 9.0)),
        ("customer deleted", lambda: _delete_unused(office)),
        ("location added", lambda: _location(office)),
    ]
    for kind, work in steps:
        for _ in range(min(office.share(0.02), 10)):
            office.attempt(kind, work)


def _rename(office: Office, model: str, kind: str) -> None:
    office(model, "write", [office.pick(kind)], {"name": office.name("Renamed")})


def _price(office: Office) -> None:
    price = float(office.dice.randrange(5, 500))
    office("product.product", "write", [office.pick("product")], {"list_price": price})


def _archive_buyer(office: Office) -> None:
    found = office.ids("res.partner", ["parent_id", "=", office.pick("customer")])
    if found:
        office("res.partner", "write", found[:1], {"active": False})


def _archive(office: Office, model: str, kind: str) -> None:
    """Archived goods and customers stay on their documents; half of them come back the same day."""
    chosen = office.pick(kind)
    office(model, "write", [chosen], {"active": False})
    if office.dice.random() < 0.5:
        office(model, "write", [chosen], {"active": True})
    elif len(office.stock[kind]) > 3:
        office.stock[kind].remove(chosen)


def _delete_unused(office: Office) -> None:
    made = office("res.partner", "create", {"name": office.name("Nobody")})
    office("res.partner", "write", [made], {"city": "Nowhere"})
    office("res.partner", "unlink", [made])


def _location(office: Office) -> None:
    name = office.name("Shelf")
    made = office(
        "stock.location",
        "create",
        {"name": name, "usage": "internal", "location_id": office.stock["shelf"][0]},
    )
    office("stock.location", "write", [made], {"name": f"{name} B"})
