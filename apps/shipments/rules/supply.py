"""A purchase order or a production as the tower sees it: stage, dates and slip; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from apps.shipments.rules.facts import Why, fact, when
from apps.shipments.rules.states import PRODUCTION, PURCHASE, UNKNOWN, Means

RULE: Final = "supply.1"
PROMISED: Final = frozenset({"ordered", "in_progress", "partly_received"})  # somebody said when
OVER: Final = frozenset({"received", "finished", "cancelled"})
_TABLES: Final[Mapping[str, Mapping[str, Means]]] = {"purchase": PURCHASE, "production": PRODUCTION}
_NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class SupplyLine:
    """One product of a supply, in `unit`. first_expected_at is what was said when it was first seen confirmed."""

    odoo_id: int
    product_odoo_id: int | None
    product: str
    code: str
    ordered: Decimal
    received: Decimal
    unit: str
    expected_at: datetime | None
    first_expected_at: datetime | None = None

    @property
    def missing(self) -> Decimal:
        """What is still to come."""
        return max(self.ordered - self.received, _NONE)

    @property
    def slip(self) -> timedelta:
        """How much later than first said it comes; nothing once it is here."""
        if self.expected_at is None or self.first_expected_at is None or not self.missing:
            return timedelta(0)
        return max(self.expected_at - self.first_expected_at, timedelta(0))


@dataclass(frozen=True, slots=True)
class SupplierSays:
    """The newest date that the supplier itself reported: `ref` is the report's public id."""

    at: datetime
    ref: str
    told_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class SupplyState:
    """What is derived of one supply."""

    stage: Why
    lines: tuple[SupplyLine, ...]
    expected_at: datetime | None
    first_expected_at: datetime | None
    expected: Why
    slip_h: int
    open: bool


def supply_state(
    kind: str, state: str, lines: Sequence[SupplyLine], *, gone: bool,
    stored: Mapping[int, datetime | None], was_promised: bool, planned_at: datetime | None = None,
    supplier: SupplierSays | None = None,
) -> SupplyState:  # fmt: skip
    """Stage, dates and slip of a purchase order or production.

    lines: without their first dates; stored: the first dates known so far, by the line's Odoo id;
    was_promised: whether the supply was confirmed when they were kept. Before that a date is a wish and
    the first one follows it. planned_at speaks while no line is known. Expected is the latest of what is
    still to come, its slip that of the worst line. A date that the supplier itself reported counts where it is later
    than Odoo's: nobody plans on the earlier of two words. Rule: PRODUCT.md R3, R6, R82.
    """
    stage = _stage(kind, state, lines, gone)
    known = stored if was_promised and stage.value not in ("planned", UNKNOWN) else {}
    dated = tuple(
        _moved(
            replace(line, first_expected_at=known.get(line.odoo_id) or line.expected_at), supplier
        )
        for line in lines
    )
    coming = [line for line in dated if line.missing] or list(dated)
    expected_at = _latest(line.expected_at for line in coming) if coming else planned_at
    if not coming and supplier is not None:
        expected_at = _latest((planned_at, supplier.at))
    first_at = _latest(line.first_expected_at for line in coming) if coming else planned_at
    late = max(coming, key=lambda line: (line.slip, line.odoo_id), default=None)
    slip = late.slip if late is not None and stage.value in PROMISED else timedelta(0)
    return SupplyState(
        stage, dated, expected_at, first_at, _expected(kind, expected_at, late, slip, supplier),
        int(slip.total_seconds() // 3600), stage.value not in OVER,
    )  # fmt: skip


def _moved(line: SupplyLine, supplier: SupplierSays | None) -> SupplyLine:
    """What is still to come comes no earlier than its supplier says."""
    if supplier is None or not line.missing or (line.expected_at or supplier.at) > supplier.at:
        return line
    first = line.first_expected_at or supplier.at
    return replace(line, expected_at=supplier.at, first_expected_at=first)


def _stage(kind: str, state: str, lines: Sequence[SupplyLine], gone: bool) -> Why:
    said = (fact("odoo", "", f"Odoo says {state}"),)
    if gone:
        return Why("cancelled", RULE, "No longer in Odoo", said)
    means = _TABLES[kind].get(state)
    if means is None:
        return Why(UNKNOWN, RULE, f"Odoo says “{state}”, which nobody has mapped", said)
    if kind == "production" or means.stage != "ordered":
        return Why(means.stage, RULE, means.says, said)
    wanted = [line for line in lines if line.ordered > 0]
    if wanted and not any(line.missing for line in wanted):
        return Why("received", RULE, "Every line is received", said)
    if any(line.received for line in wanted):
        here = sum(not line.missing for line in wanted)
        return Why("partly_received", RULE, f"{here} of {len(wanted)} lines are complete", said)
    return Why("ordered", RULE, "Ordered, nothing received yet", said)


def _expected(
    kind: str, expected_at: datetime | None, late: SupplyLine | None, slip: timedelta,
    supplier: SupplierSays | None,
) -> Why:  # fmt: skip
    if expected_at is None:
        return Why("", RULE, "Odoo gives no date")
    if supplier is not None and expected_at == supplier.at:
        first = (
            f"first {when(late.first_expected_at)}, now"
            if late is not None and slip
            else "expected"
        )
        says = (
            f"{supplier.source} reported on {when(supplier.told_at)}: {first} {when(supplier.at)}"
        )
        return Why("", RULE, says, (fact("report", supplier.ref, "The supplier's own word"),))
    whose = "The supplier's date" if kind == "purchase" else "The planned finish"
    if late is None or not slip:
        return Why("", RULE, f"{whose} of what is still to come: {when(expected_at)}")
    says = f"{late.product}: first {when(late.first_expected_at)}, now {when(late.expected_at)}"
    return Why("", RULE, says)


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def line_json(line: SupplyLine) -> dict[str, Any]:
    """A line as it is stored: quantities as decimal texts, times as ISO 8601."""
    return {
        "odoo_id": line.odoo_id, "product_odoo_id": line.product_odoo_id, "product": line.product,
        "code": line.code, "ordered": str(line.ordered), "received": str(line.received), "unit": line.unit,
        "expected_at": line.expected_at.isoformat() if line.expected_at else None,
        "first_expected_at": line.first_expected_at.isoformat() if line.first_expected_at else None,
    }  # fmt: skip
