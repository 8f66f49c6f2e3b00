"""Policies that every installation starts with; a changed one is a new version and is never overwritten."""

from __future__ import annotations

from typing import Any, Final

FINANCE: Final = {"role": "finance", "limit": None}
OPERATIONS: Final = {"role": "operations", "limit": None}

POLICIES: Final[tuple[dict[str, Any], ...]] = (
    {
        "slug": "invoice_release",
        "name": "Release of a held invoice",
        "text": (
            "An invoice that is held because the proof of delivery is missing may be released on other evidence. "
            "Finance decides; who asked, added the evidence or worked on the delivery cannot."
        ),
        "steps": [FINANCE],
    },
    {
        "slug": "command_set_carrier",
        "name": "Another carrier",
        "text": "Another carrier or service changes what the delivery costs. Finance decides (R173).",
        "steps": [FINANCE],
    },
    {
        "slug": "command_reallocate_stock",
        "name": "Goods given to another order",
        "text": "Reserved goods are taken from one order for another. Somebody else of operations decides (R175).",
        "steps": [OPERATIONS],
    },
    {
        "slug": "command_authorise_return",
        "name": "A return of goods",
        "text": "Goods that were delivered may come back. Finance decides (R180).",
        "steps": [FINANCE],
    },
    {
        "slug": "command_cancel_order",
        "name": "An order cancelled after it was invoiced",
        "text": "An order that was invoiced is cancelled. Operations and finance both decide (R181).",
        "steps": [OPERATIONS, FINANCE],
        "when": {"invoiced": True},
    },
    {
        "slug": "command_cancel_transfer",
        "name": "A transfer cancelled after its order was invoiced",
        "text": "A transfer of an invoiced order is cancelled. Operations and finance both decide (R96, R147, R181).",
        "steps": [OPERATIONS, FINANCE],
        "when": {"invoiced": True},
    },
    {
        "slug": "compensation",
        "name": "Making good what was decided on a wrong reading",
        "text": (
            "A carrier's messages were read wrongly, and something was decided and written to Odoo on that. Finance "
            "decides whether it is taken up again there (B12)."
        ),
        "steps": [FINANCE],
    },
    {
        "slug": "stock_adjustment",
        "name": "A change of stock beyond the tolerance",
        "text": (
            "A warehouse changed its stock by more than is routine. Finance accepts it or has it counted again; who "
            "asked cannot decide (R89)."
        ),
        "steps": [FINANCE],
    },
    {
        "slug": "command_release_credit",
        "name": "Release of an order's credit",
        "text": "An order goes on though its credit is not enough. Finance decides, never who entered it (R190).",
        "steps": [FINANCE],
    },
)


def plant(**_: object) -> None:
    """Add what is missing (PRODUCT.md R173-R192). Safe to run after every migration."""
    from apps.approvals.models import Policy

    known = set(Policy.objects.values_list("slug", flat=True))
    Policy.objects.bulk_create(
        [
            Policy(**policy, version=1, due_min=240)
            for policy in POLICIES
            if policy["slug"] not in known
        ],
        ignore_conflicts=True,
    )
