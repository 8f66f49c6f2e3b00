"""Master data as a small company has it in Odoo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.mirror.services import Changes, upsert

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
Take = Callable[..., Changes]


def take(model: str, *records: dict[str, Any], after_s: float = 0, of: str = "default") -> Changes:
    """Store records as read `after_s` seconds after AT."""
    return upsert(of, model, records, AT + timedelta(seconds=after_s))


def named(*pairs: tuple[int, str], **more: Any) -> Sequence[dict[str, Any]]:
    return [{"id": odoo_id, "name": name, **more} for odoo_id, name in pairs]


@pytest.fixture
def world(db: None) -> None:
    """Two companies with a warehouse each; customers Azure (with Brandon) and Gemini; the supplier Wood Corner."""
    take("res.company", *named((3, "Gent Ltd"), (4, "Lyon SA"), currency="EUR"))
    take("stock.warehouse", {"id": 5, "name": "Gent", "code": "GNT", "company_id": 3})
    take("stock.warehouse", {"id": 6, "name": "Lyon", "code": "LYN", "company_id": 4})
    for odoo_id, code, warehouse in (
        (11, "incoming", 5), (12, "outgoing", 5), (13, "mrp_operation", 5), (14, "outgoing", 6),
        (15, "dropship", False), (16, "internal", 5),
    ):  # fmt: skip
        take(
            "stock.picking.type",
            {"id": odoo_id, "name": code, "code": code, "warehouse_id": warehouse},
        )
    for odoo_id, name, commercial in (
        (21, "Azure", 21), (22, "Azure, Brandon", 21), (23, "Gemini", 23), (31, "Wood Corner", 31),
    ):  # fmt: skip
        take(
            "res.partner",
            {"id": odoo_id, "complete_name": name, "commercial_partner_id": commercial},
        )
    for odoo_id, usage, warehouse, company in (
        (41, "internal", 5, 3), (42, "internal", 5, False), (43, "internal", 6, 4),
        (44, "transit", False, False),
    ):  # fmt: skip
        take(
            "stock.location",
            {
                "id": odoo_id, "complete_name": f"place {odoo_id}", "usage": usage,
                "warehouse_id": warehouse, "company_id": company,
            },
        )  # fmt: skip
    take("product.product", {"id": 51, "name": "Desk", "unit": "Units", "is_storable": True})
    take("product.product", {"id": 52, "name": "Board", "unit": "m", "is_storable": True})
