"""The tables of states and stages as a page: docs/stages.md is written from here and a test compares."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Section:
    """One table: `codes` are the columns that hold a state or stage as the machine calls it; `key` its anchor."""

    key: str
    title: str
    about: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    codes: tuple[int, ...] = (0,)


def sections() -> Iterator[Section]:
    """Every table of states and stages, for the page on screen and for docs/stages.md."""
    yield _stages()
    for number, table in enumerate(TABLES):
        yield Section(
            f"table-{number}", f"{table.model}, {table.field}", f"{table.about}.",
            ("state in Odoo", "stage", "means"),
            tuple((state or "(empty)", means.stage, means.says) for state, means in table.states.items()),
            (0, 1),
        )  # fmt: skip
    yield Section(
        "milestones", "Milestones of warehouses and carriers",
        "Every code of a partner is mapped to one of these (mappings are data); one that is not opens `unmapped_code`.",
        ("milestone", "shipment", "stage of the order", "moves the state"),
        tuple(
            (name, status_of(step) if step.moves_state else "", step.order_stage or "(stays)",
             "yes" if step.moves_state else "no")
            for name, step in MILESTONES.items()
        ),
        (0, 1, 2),
    )  # fmt: skip
    yield Section(
        "shipments", "Shipments",
        "The execution status is the least advanced package's, never less than Odoo's word.",
        ("status", "in words"), tuple(TITLES.items()),
    )  # fmt: skip
    yield Section(
        "supplies", "Supplies", "Purchase orders and productions.",
        ("stage", "in words"), tuple((str(key), str(title)) for key, title in SupplyStage.choices),
    )  # fmt: skip


def how() -> list[str]:
    """How an order's stage comes about, step by step."""
    steps = [line.strip() for line in re.split(r"\n\d\. ", _HOW)[1:]]
    return [" ".join(step.split()) for step in steps]


def page() -> str:
    """The whole of docs/stages.md."""
    first, *others = sections()
    parts = [_HEAD, _markdown(first), _HOW, *map(_markdown, others)]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _stages() -> Section:
    sales = ", ".join(f"`{stage}`" for stage in Stage.values if stage in SALES_STAGES)
    return Section(
        "stages", "Stages of an order, and who owns it there",
        "Exactly one owner at all times: a person who took the order over; else, while it is "
        f"{sales}, Odoo's salesperson if that is a person of the tower; else the team of the stage.",
        ("stage", "in words", "team"),
        tuple((str(key), str(title), TEAMS[TEAM_OF[key]]) for key, title in Stage.choices),
    )  # fmt: skip


def _markdown(section: Section) -> str:
    lines = [f"| {' | '.join(section.head)} |", f"|{'---|' * len(section.head)}"]
    for row in section.rows:
        cells = (
            f"`{cell}`" if place in section.codes and cell and not cell.startswith("(") else cell
            for place, cell in enumerate(row)
        )
        lines.append(f"| {' | '.join(cells)} |")
    return f"## {section.title}\n\n{section.about}\n\n" + "\n".join(lines) + "\n"
