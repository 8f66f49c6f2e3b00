"""Whether a flow acts, only compares, or rests (DESIGN, "Flows have modes")."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from apps.integrations.models import FlowMode

LIVE: Final = "live"
SHADOW: Final = "shadow"
OFF: Final = "off"


def flow_mode(
    flow: str,
    company_id: int | None = None,
    warehouse_id: int | None = None,
    carrier_id: int | None = None,
) -> str:
    """live, shadow or off for these scope rows: the row that names most of them wins; live without one.

    Among rows that name equally many, the carrier counts before the warehouse and that before the company.
    """
    scope = {"company_id": company_id, "warehouse_id": warehouse_id, "carrier_id": carrier_id}
    fits = Q(flow=flow)
    for name, value in scope.items():
        fits &= Q(**{f"{name}__isnull": True}) | Q(**{name: value})
    rows = FlowMode.objects.filter(fits)
    best = max(
        rows,
        key=lambda row: (
            sum(v is not None for v in (row.company_id, row.warehouse_id, row.carrier_id)),
            row.carrier_id is not None,
            row.warehouse_id is not None,
        ),
        default=None,
    )
    return best.mode if best else LIVE
