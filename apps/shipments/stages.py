"""The tables of states and stages as a page: docs/stages.md is written from here and a test compares."""

from collections.abc import Iterable

from apps.shipments.milestones import MILESTONES
from apps.shipments.models import Stage, SupplyStage
from apps.shipments.rules.fold import status_of
from apps.shipments.rules.owner import SALES_STAGES, TEAM_OF, TEAMS
from apps.shipments.rules.rollup import TITLES
from apps.shipments.rules.states import TABLES

_HEAD = """# Stages: what each state means

Written by `manage.py stages > docs/stages.md`; a test keeps both in step. Every state of Odoo and every milestone
brings an order, a shipment or a supply to exactly one canonical stage. A state that is not here is somebody's
extension of Odoo: nothing is guessed from it, the order stands `on_hold` (a shipment or supply is `unknown`) until
the goods themselves say more, and a case opens (`unmapped_state`). Events are never refused for their order: a
shipment's state is computed over all of them, and a sequence that cannot be opens a case (`impossible_sequence`).
"""
_HOW = """## How an order's stage comes about

1. A quotation is `quoted`; a cancelled order, or one that is no longer in Odoo, is `cancelled`.
2. The least advanced outgoing shipment decides until all are delivered. One whose every shipment came back is `returned`.
3. A hold that blocks shipping, and a state that nobody has mapped, show as `on_hold` until the goods have left.
4. After delivery proof, invoices and payment decide. Delivered is not closed: without valid proof of delivery an order
   is neither `pod_validated` nor `invoice_released` nor `closed`, however much is paid.
"""


def page() -> str:
    """The whole of docs/stages.md."""
    parts = [_HEAD, _stages(), _HOW]
    for table in TABLES:
        rows = (
            (f"`{state}`" if state else "(empty)", f"`{means.stage}`", means.says)
            for state, means in table.states.items()
        )
        title = f"## {table.model}, {table.field}\n\n{table.about}."
        parts.append(f"{title}\n\n{_table(('state in Odoo', 'stage', 'means'), rows)}")
    parts.append(
        "## Milestones of warehouses and carriers\n\n"
        "Every code of a partner is mapped to one of these (mappings are data); one that is not opens `unmapped_code`.\n\n"
        + _table(
            ("milestone", "shipment", "stage of the order", "moves the state"),
            (
                (f"`{name}`", f"`{status_of(step)}`" if step.moves_state else "",
                 f"`{step.order_stage}`" if step.order_stage else "(stays)", "yes" if step.moves_state else "no")
                for name, step in MILESTONES.items()
            ),
        )
    )  # fmt: skip
    parts.append(
        "## Shipments\n\nThe execution status is the least advanced package's, never less than Odoo's word.\n\n"
        + _table(("status", "in words"), ((f"`{key}`", title) for key, title in TITLES.items()))
    )
    parts.append(
        "## Supplies\n\nPurchase orders and productions.\n\n"
        + _table(("stage", "in words"), ((f"`{key}`", title) for key, title in SupplyStage.choices))
    )
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _stages() -> str:
    sales = ", ".join(f"`{stage}`" for stage in Stage.values if stage in SALES_STAGES)
    return (
        "## Stages of an order, and who owns it there\n\n"
        "Exactly one owner at all times: a person who took the order over; else, while it is "
        f"{sales}, Odoo's salesperson if that is a person of the tower; else the team of the stage.\n\n"
        + _table(
            ("stage", "in words", "team"),
            ((f"`{key}`", title, TEAMS[TEAM_OF[key]]) for key, title in Stage.choices),
        )
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
