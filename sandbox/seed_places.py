"""The warehouse of each company in a fresh sandbox, with the ids it has in every Odoo."""

from __future__ import annotations

from typing import Any

from .env import Env
from .store import Row


def fixed(env: Env, model: str, row_id: int, **values: Any) -> None:
    """A row with a known id, as in every Odoo."""
    stamps = dict.fromkeys(("create_date", "write_date"), env.stamp)
    row: Row = {**stamps, "create_uid": 1, "write_uid": 1, **values}
    env.changes.setdefault(model, {})[row_id] = row
    while env.store.next_value(model) < row_id:
        continue


def house(env: Env, company: int, title: str, code: str, start: int) -> None:
    """A one-step warehouse with its locations and operation types."""
    if company == 1:
        for row_id, name, full, usage, above in (
            (1, "Physical Locations", "Physical Locations", "view", False),
            (2, "Partners", "Partners", "view", False),
            (3, "Virtual Locations", "Virtual Locations", "view", False),
            (4, "Vendors", "Partners/Vendors", "supplier", 2),
            (5, "Customers", "Partners/Customers", "customer", 2),
            (6, "Inter-company transit", "Virtual Locations/Inter-company transit", "transit", 3),
        ):
            fixed(
                env,
                "stock.location",
                row_id,
                name=name,
                complete_name=full,
                usage=usage,
                location_id=above,
                company_id=False,
                active=True,
            )
    view = 7 if company == 1 else start + 7
    stock, output, loss, made = view + 1, view + 4, view + 7, view + 8
    warehouse, first, making = company, (1 if company == 1 else 11), (19 if company == 1 else 20)
    for row_id, name, full, usage, above in (
        (view, code, code, "view", 1),
        (stock, "Stock", f"{code}/Stock", "internal", view),
        (output, "Output", f"{code}/Output", "internal", view),
        (loss, "Inventory adjustment", "Virtual Locations/Inventory adjustment", "inventory", 3),
        (made, "Production", "Virtual Locations/Production", "production", 3),
    ):
        fixed(
            env,
            "stock.location",
            row_id,
            name=name,
            complete_name=full,
            usage=usage,
            location_id=above,
            company_id=company,
            active=row_id != output,
            warehouse_id=warehouse if above in (1, view) else False,
        )
    for row_id, name, kind, letters, source, target in (
        (first, "Receipts", "incoming", "IN", 4, stock),
        (first + 1, "Delivery Orders", "outgoing", "OUT", stock, 5),
        (first + 2, "Pick", "internal", "PICK", stock, output),
        (first + 6, "Internal Transfers", "internal", "INT", stock, stock),
        (making, "Manufacturing", "mrp_operation", "MO", stock, stock),
    ):
        back = {"incoming": first + 1, "outgoing": first}.get(kind, False)
        fixed(
            env,
            "stock.picking.type",
            row_id,
            name=name,
            code=kind,
            sequence_code=letters,
            warehouse_id=warehouse,
            company_id=company,
            default_location_src_id=source,
            default_location_dest_id=target,
            active=letters != "PICK",
            reservation_method="at_confirm",
            create_backorder="ask",
            move_type="direct",
            sequence=row_id,
            return_picking_type_id=back,
        )
    fixed(
        env,
        "stock.warehouse",
        warehouse,
        name=title,
        code=code,
        company_id=company,
        active=True,
        partner_id=1 if company == 1 else 6,
        view_location_id=view,
        lot_stock_id=stock,
        wh_output_stock_loc_id=output,
        in_type_id=first,
        out_type_id=first + 1,
        pick_type_id=first + 2,
        int_type_id=first + 6,
        manu_type_id=making,
        reception_steps="one_step",
        delivery_steps="ship_only",
        sequence=10,
    )
