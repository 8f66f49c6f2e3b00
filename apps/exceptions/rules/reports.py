"""What is wrong by what sources reported: every topic looks at all its live reports and says what holds now.

Level-triggered like the rules of goods: a later report that settles a matter makes its finding go away, whatever order
they came in. Rules: PRODUCT.md R67, R69, R71, R72, R83 to R90, R96; the list of kinds is docs/events.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from apps.exceptions.rules.facts import local
from apps.exceptions.rules.findings import Evidence
from apps.exceptions.rules.quantities import amount, announced_differs, line_words, missing_lines
from apps.exceptions.rules.slots import slot_findings

TOPICS: Final[Mapping[str, str]] = {
    "allocation.made": "allocation", "allocation.failed": "allocation",
    "picking.completed": "picking", "picking.short": "picking",
    "label.issued": "label", "label.failed": "label",
    "carrier.booked": "dispatch", "carrier.accepted": "dispatch", "carrier.rejected": "dispatch",
    "pickup.confirmed": "dispatch", "shipment.dispatched": "dispatch",
    "asn.received": "notice", "receipt.validated": "notice",
    "dock.appointment_set": "dock", "dock.appointment_changed": "dock",
    "dock.appointment_cancelled": "dock", "dock.appointment_missed": "dock",
    "customs.held": "customs", "customs.cleared": "customs",
    "quality.hold_placed": "hold", "quality.hold_released": "hold",
    "inspection.failed": "inspection", "inspection.passed": "inspection",
    "stock.adjusted": "adjustment",
    "stock.below_threshold": "threshold", "stock.replenished": "threshold",
    "shipment.cancelled": "cancelled",
}  # fmt: skip
CASES: Final[Mapping[str, str]] = {
    "allocation": "stock_shortage", "picking": "stock_shortage", "label": "label_failed",
    "dispatch": "dispatched_too_early", "notice": "asn_mismatch", "dock": "dock_conflict",
    "customs": "customs_delay", "hold": "quality_hold", "inspection": "inspection_failed",
    "adjustment": "stock_adjustment", "threshold": "stock_low", "cancelled": "cancelled_after_invoice",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportFact:
    """One live report that counts. `about` names what it is about in a sentence; `identity` decides ties."""

    ref: str
    kind: str
    about: str
    at: datetime
    identity: str
    source: str
    message_ref: str = ""
    number: str = ""  # of a ship notice
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Around:
    """What a topic weighs beside its reports. lines: of the purchase; posted: invoices; over: the goods arrived."""

    now: datetime
    customs_hold_h: int = 24
    quantity_tolerance: Decimal = Decimal(0)  # percent
    stock_tolerance: Decimal = Decimal(5)  # percent
    lines: Sequence[Mapping[str, Any]] = ()
    posted: Sequence[str] = ()
    over: bool = False


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """One deviation that holds now; key tells several of one thread apart."""

    title: str
    says: str
    reason: str
    evidence: tuple[Evidence, ...]
    key: str = ""


def report_findings(topic: str, told: Iterable[ReportFact], around: Around) -> list[ReportFinding]:
    """Everything that is wrong in one thread: all live reports of a topic about one thing."""
    ordered = sorted(told, key=lambda one: (one.at, one.identity))
    return _RULES[topic](ordered, around) if ordered else []


def settled(topic: str, told: Iterable[ReportFact]) -> str:
    """Why a case of a thread is over, as a sentence (R169)."""
    newest = max(told, key=lambda one: (one.at, one.identity), default=None)
    if newest is None:
        return "What was reported was replaced, or it is known by now what it is about."
    return f"{newest.source} reported {newest.kind.replace('.', ' ').replace('_', ' ')} on {local(newest.at, '')} UTC."


def _found(title: str, says: str, reason: str, *by: ReportFact, key: str = "") -> ReportFinding:
    return ReportFinding(title[:200], says, reason[:60], evidence_of(by), key)


def evidence_of(told: Iterable[ReportFact]) -> tuple[Evidence, ...]:
    """The reports a finding stands on, and their raw messages."""
    found: dict[tuple[str, str], Evidence] = {}
    for one in told:
        found["report", one.ref] = Evidence("report", one.ref, f"{one.source} {one.kind}", one.at)
        if one.message_ref:
            says = f"Raw message from {one.source}"
            found["message", one.message_ref] = Evidence("message", one.message_ref, says, one.at)
    return tuple(found.values())


def _allocation(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    last = told[-1]
    if last.kind != "allocation.failed" or around.over:
        return []
    lines = missing_lines(last.details)
    says = f"{last.source} could not reserve stock for {last.about}."
    return [
        _found(
            f"Stock is missing for {last.about}",
            _with_lines(says, lines),
            "allocation_failed",
            last,
        )
    ]


def _picking(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    last = told[-1]
    lines = missing_lines(last.details)
    if around.over or (last.kind == "picking.completed" and not lines):
        return []
    says = f"{last.source} picked less than ordered for {last.about}."
    return [_found(f"Picked short: {last.about}", _with_lines(says, lines), "picked_short", last)]


def _with_lines(says: str, lines: Sequence[tuple[str, Decimal, str]]) -> str:
    named = ", ".join(line_words(*line) for line in lines)
    return f"{says} Missing: {named}." if named else f"{says} It does not say what is missing."


def _label(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    last = told[-1]
    if last.kind != "label.failed" or around.over:
        return []
    why = str(last.details.get("reason") or last.details.get("error") or "no reason given")
    tries = sum(one.kind == "label.failed" for one in told)
    says = f"{last.source} could not make a label for {last.about}: {why}. Tried {tries} time{'s' * (tries != 1)}."
    return [_found(f"No label for {last.about}", says, "label_failed", last)]


def _dispatch(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    """The first dispatch against the carrier's first yes; without a booking nobody knows that one is needed."""
    left = next((one for one in told if one.kind == "shipment.dispatched"), None)
    if left is None or around.over:
        return []
    yes = next((one for one in told if one.kind in ("carrier.accepted", "pickup.confirmed")), None)
    no = next((one for one in reversed(told) if one.kind == "carrier.rejected"), None)
    booked = next((one for one in told if one.kind == "carrier.booked"), None)
    when = local(left.at, "")
    if yes is not None and yes.at <= left.at:
        return []
    if yes is not None:
        says = f"{left.about} left on {when} UTC; the carrier accepted on {local(yes.at, '')} UTC."
        by: tuple[ReportFact, ...] = (left, yes)
    elif no is not None:
        says, by = (
            f"{left.about} left on {when} UTC although the carrier had refused it.",
            (left, no),
        )
    elif booked is not None:
        says, by = (
            f"{left.about} left on {when} UTC; the carrier has not accepted it yet.",
            (left, booked),
        )
    else:
        return []
    return [
        _found(f"{left.about} left before the carrier accepted", says, "before_acceptance", *by)
    ]


def _notice(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    notices: dict[tuple[str, str], ReportFact] = {}
    for one in told:
        if one.kind == "asn.received":
            notices[one.source, one.number or one.ref] = one
    live = [
        one
        for one in notices.values()
        if str(one.details.get("purpose", "")) not in ("01", "cancel")
    ]
    receipts = [one for one in told if one.kind == "receipt.validated"]
    wrong = announced_differs(
        around.lines, [one.details for one in live], [one.details for one in receipts],
        around.quantity_tolerance,
    )  # fmt: skip
    if not wrong or not around.lines:
        return []
    about = (live or receipts)[-1].about
    title = f"{'Ship notice' if live else 'Receipt'} differs from {about}"
    return [_found(title, ". ".join(wrong) + ".", "quantity_differs", *live, *receipts)]


def _customs(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    last = told[-1]
    if last.kind != "customs.held" or around.over:
        return []
    first = last
    for one in reversed(told):
        if one.kind != "customs.held":
            break
        first = one
    if around.now - first.at <= timedelta(hours=around.customs_hold_h):
        return []
    why = str(last.details.get("reason") or "").replace("_", " ")
    says = f"{last.source} reports {last.about} held by customs since {local(first.at, '')} UTC"
    says += f": {why}." if why else "; no reason was given."
    return [_found(f"Customs holds {last.about}", says, "customs_hold", first, last)]


def _until(
    bad: str, title: str, reason: str
) -> Callable[[Sequence[ReportFact], Around], list[ReportFinding]]:
    def rule(told: Sequence[ReportFact], _around: Around) -> list[ReportFinding]:
        last = told[-1]
        if last.kind != bad:
            return []
        why = str(last.details.get("reason") or last.details.get("note") or "").replace("_", " ")
        says = f"{last.source} reported it on {local(last.at, '')} UTC{f': {why}' if why else ''}."
        return [_found(title.format(about=last.about), says, reason, last)]

    return rule


def _adjustment(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    return [finding for one in told if (finding := _adjusted(one, around.stock_tolerance))]


def _adjusted(one: ReportFact, tolerance: Decimal) -> ReportFinding | None:
    """Beyond the tolerance, in percent of what was there; what cannot be compared is beyond it."""
    before, after = amount(one.details.get("before")), amount(one.details.get("after"))
    delta = amount(one.details.get("delta") or one.details.get("quantity"))
    if delta is None and before is not None and after is not None:
        delta = after - before
    if before is None and after is not None and delta is not None:
        before = after - delta
    if delta is None or not delta or (before and abs(delta) * 100 <= tolerance * abs(before)):
        return None
    of = f" of {before.normalize():f}" if before is not None else ""
    why = str(one.details.get("reason") or "").replace("_", " ")
    says = f"{one.source} changed the stock of {one.about} by {delta.normalize():+f}{of}{f': {why}' if why else ''}."
    return _found(
        f"Stock of {one.about} changed by {delta.normalize():+f}",
        says,
        "stock_adjusted",
        one,
        key=one.ref,
    )


def _threshold(told: Sequence[ReportFact], _around: Around) -> list[ReportFinding]:
    newest: dict[str, ReportFact] = {}
    for one in told:
        newest[str(one.details.get("warehouse") or "")] = one
    found = []
    for place, one in newest.items():
        if one.kind != "stock.below_threshold":
            continue
        have, least = amount(one.details.get("quantity")), amount(one.details.get("threshold"))
        says = (
            f"{one.source} reports {one.about}{f' in {place}' if place else ''} below its threshold"
        )
        if have is not None and least is not None:
            says += f": {have.normalize():f} of {least.normalize():f}"
        found.append(
            _found(f"{one.about} is running out", says + ".", "below_threshold", one, key=place)
        )
    return found


def _cancelled(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    if not around.posted:
        return []
    last, bills = told[-1], ", ".join(around.posted)
    says = (
        f"{last.source} cancelled {last.about} on {local(last.at, '')} UTC, and {bills} is posted."
    )
    return [_found(f"{last.about} cancelled after {bills}", says, "cancelled_after_invoice", last)]


def _dock(told: Sequence[ReportFact], around: Around) -> list[ReportFinding]:
    return [
        _found(title, says, reason, *by, key=key)
        for title, says, reason, by, key in slot_findings(told, around.now)
    ]


_RULES: Final[Mapping[str, Callable[[Sequence[ReportFact], Around], list[ReportFinding]]]] = {
    "allocation": _allocation, "picking": _picking, "label": _label, "dispatch": _dispatch,
    "notice": _notice, "dock": _dock, "customs": _customs,
    "hold": _until("quality.hold_placed", "Quality holds {about}", "quality_hold"),
    "inspection": _until("inspection.failed", "{about} failed its inspection", "inspection_failed"),
    "adjustment": _adjustment, "threshold": _threshold, "cancelled": _cancelled,
}  # fmt: skip
