"""Dock slots: one missed, and two receipts in one (PRODUCT.md R37, R84, R137); pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from apps.exceptions.rules.facts import local

if TYPE_CHECKING:
    from apps.exceptions.rules.reports import ReportFact

_FROM: Final = ("from", "start", "starts_at", "slot_start")
_TO: Final = ("to", "end", "ends_at", "slot_end")
Found = tuple[str, str, str, tuple["ReportFact", ...], str]


@dataclass(frozen=True, slots=True)
class _Slot:
    dock: str
    begins: datetime
    ends: datetime
    by: ReportFact


def slot_findings(told: Sequence[ReportFact], now: datetime) -> list[Found]:
    """Missed appointments that got no new slot, and pairs that overlap on one dock; told in order of time.

    An appointment is known by its id, else by the receipt it is for. What is past can no longer collide.
    """
    newest: dict[str, ReportFact] = {}
    for one in told:
        newest[_appointment(one)] = one
    found: list[Found] = []
    slots: list[_Slot] = []
    for key, one in newest.items():
        if one.kind == "dock.appointment_missed":
            dock = _dock(one)
            title = f"Dock slot missed: {_whom(one)}"
            says = f"{one.source} reports on {local(one.at, '')} UTC that {_whom(one)} did not come{f' to {dock}' if dock else ''}."
            found.append((title, says, "dock_missed", (one,), f"missed:{key}"))
        elif one.kind != "dock.appointment_cancelled" and (slot := _slot(one)) and slot.ends > now:
            slots.append(slot)
    for index, first in enumerate(
        sorted(slots, key=lambda one: (one.dock, one.begins, one.by.ref))
    ):
        for second in sorted(slots, key=lambda one: (one.dock, one.begins, one.by.ref))[
            index + 1 :
        ]:
            if first.dock == second.dock and second.begins < first.ends:
                found.append(_taken_twice(first, second))
    return found


def _taken_twice(first: _Slot, second: _Slot) -> Found:
    title = f"Two receipts at {first.dock} on {local(second.begins, '')}"
    says = (
        f"{_whom(first.by)} has {first.dock} from {local(first.begins, '')} to {local(first.ends, '')} UTC, "
        f"{_whom(second.by)} from {local(second.begins, '')} UTC."
    )
    key = f"taken:{first.dock}:{second.begins:%Y-%m-%dT%H:%M}"
    return title, says, "dock_taken_twice", (first.by, second.by), key


def _appointment(one: ReportFact) -> str:
    named = one.details.get("appointment") or one.details.get("appointment_id")
    return str(named or _whom(one))[:80]


def _whom(one: ReportFact) -> str:
    """The receipt an appointment is for, as a sentence names it."""
    references = one.details.get("references")
    named: Mapping[str, Any] = references if isinstance(references, dict) else {}
    for name in ("purchase", "shipment", "receipt", "asn"):
        if one.details.get(name) or named.get(name):
            return str(one.details.get(name) or named.get(name))
    return str(one.details.get("appointment") or one.about)


def _dock(one: ReportFact) -> str:
    named = one.details.get("dock")
    return str(named or (one.about if one.about.startswith("dock ") else "")).removeprefix("dock ")


def _slot(one: ReportFact) -> _Slot | None:
    begins, ends = _time(one.details, _FROM), _time(one.details, _TO)
    dock = _dock(one)
    return _Slot(dock, begins, ends, one) if begins and ends and dock else None


def _time(details: Mapping[str, Any], names: Sequence[str]) -> datetime | None:
    for name in names:
        said = details.get(name)
        if isinstance(said, str):
            try:
                at = datetime.fromisoformat(said)
            except ValueError:
                continue
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None
