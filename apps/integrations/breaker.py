"""The circuit breaker of the calls to one partner: its state is a row, so that all workers share it (R238, R247).

Our own and not a library's: those keep their state in the process or in a cache, and neither can be locked with
the rows it decides about, forced by a person until a time, or shown on a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from apps.integrations.errors import BadPartner
from apps.integrations.models import Breaker, Circuit, Partner, Poll, WhenOpen
from apps.integrations.polling import rules
from apps.journal.services import NewEntry, append

_LONGEST_FORCE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LaneState:
    """How the line to one partner stands, for cards and pages: state is a Circuit, says one sentence for a banner."""

    state: str
    says: str
    forced: str = ""
    until: datetime | None = None
    since: datetime | None = None
    standing_in_since: datetime | None = None

    @property
    def is_well(self) -> bool:
        """Nothing that a person need know."""
        return self.state == Circuit.CLOSED and not self.forced and not self.standing_in_since


@transaction.atomic
def admit(partner: Partner, now: datetime) -> str:
    """Whether a call may be made: "" for no, else the state it is made in; half_open: one call alone.

    An open circuit whose rest is over lets one caller through, and nobody else until that one has reported
    or a minute has passed.
    """
    row = _locked(partner)
    forced = _forced(row, now)
    if forced:
        return "" if forced == "open" else Circuit.CLOSED
    if row.state == Circuit.CLOSED:
        return Circuit.CLOSED
    if row.try_at is None or row.try_at > now:
        return ""
    row.state, row.try_at = Circuit.HALF_OPEN, now + timedelta(minutes=1)
    row.save(update_fields=["state", "try_at"])
    return Circuit.HALF_OPEN


@transaction.atomic
def succeeded(partner: Partner, now: datetime) -> bool:
    """The other side answered; True when this closed the circuit."""
    row = _locked(partner)
    if row.state == Circuit.CLOSED and not row.failures:
        return False
    was = row.state
    row.state, row.failures, row.openings = Circuit.CLOSED, 0, 0
    row.opened_at = row.try_at = None
    row.says = ""
    row.save()
    if was == Circuit.CLOSED:
        return False
    _tell(partner, Circuit.CLOSED, "It answers again.", "system")
    return True


@transaction.atomic
def failed(partner: Partner, says: str, when_open: str, now: datetime) -> bool:
    """The other side did not answer, or answered nonsense; True when this opened the circuit anew.

    when_open is a WhenOpen: it decides how long the circuit rests.
    """
    row = _locked(partner)
    row.failures, row.says = row.failures + 1, says[:300]
    fresh = row.state == Circuit.CLOSED
    if row.state == Circuit.CLOSED and row.failures < rules.OPENS_AFTER:
        row.save(update_fields=["failures", "says"])
        return False
    row.openings += 1
    rest = rules.rest_of(row.openings, when_open)
    row.state, row.try_at = Circuit.OPEN, None if rest is None else now + rest
    row.opened_at = row.opened_at or now
    row.save()
    if fresh:
        _tell(partner, Circuit.OPEN, says, "system")
    return fresh


@transaction.atomic
def force(
    partner: Partner, position: str, *, why: str, actor: str, until: datetime | None, now: datetime
) -> None:
    """Hold the circuit open or closed until then (None: until taken back); "" takes it back and tries at once.

    Raises BadPartner without a reason, for another position, or a time that is past or further than 30 days.
    """
    if position not in ("", "open", "closed"):
        raise BadPartner("A circuit is forced open or closed, or not at all.")
    why = why.strip()[:300]
    if not why:
        raise BadPartner("Say why: whoever finds it forced will ask.")
    if until is not None and not now < until <= now + _LONGEST_FORCE:
        raise BadPartner("The end lies within the next 30 days.")
    row = _locked(partner)
    row.forced, row.forced_until = position, until if position else None
    row.forced_by, row.forced_why = actor[:120], why
    if not position and row.state != Circuit.CLOSED:
        row.try_at = now
    row.save()
    _tell(partner, position or "free", why, actor)


def state_of(partner_ids: Sequence[int], now: datetime | None = None) -> dict[int, LaneState]:
    """The line's state for each partner that has a poll or ever had trouble; two queries."""
    now = now or timezone.now()
    polls = {one.partner_id: one for one in Poll.objects.filter(partner_id__in=partner_ids)}
    breakers = {one.partner_id: one for one in Breaker.objects.filter(partner_id__in=partner_ids)}
    return {
        partner_id: _state(breakers.get(partner_id), polls.get(partner_id), now)
        for partner_id in {*polls, *breakers}
    }


def _state(row: Breaker | None, poll: Poll | None, now: datetime) -> LaneState:
    standing = poll.standing_in_since if poll and poll.on else None
    if row is None:
        return LaneState(Circuit.CLOSED, _closed_says(poll), standing_in_since=standing)
    forced = _forced(row, now)
    if forced:
        held = (
            "held shut: no call is made" if forced == "open" else "held closed: every call is made"
        )
        says = f"A person {held}. {row.forced_why}"
        return LaneState(row.state, says, forced, row.forced_until, row.opened_at, standing)
    if row.state == Circuit.CLOSED:
        return LaneState(row.state, _closed_says(poll), standing_in_since=standing)
    policy = poll.when_open if poll else WhenOpen.PAUSE
    mode = {
        WhenOpen.PAUSE: "Asking is paused; one call tries again after each rest.",
        WhenOpen.SLOWER: "It is asked more slowly, once a minute.",
        WhenOpen.MANUAL: "It is not asked until a person says so.",
    }[WhenOpen(policy)]
    return LaneState(
        row.state, f"{row.says} {mode}".strip(), "", row.try_at, row.opened_at, standing
    )


def _closed_says(poll: Poll | None) -> str:
    if poll is None or not poll.on:
        return "It is not asked."
    if poll.standing_in_since:
        return "Its webhook is silent, so it is asked instead."
    return (
        "It is asked only while its webhook is silent." if poll.when == "silent" else "It is asked."
    )


def _locked(partner: Partner) -> Breaker:
    Breaker.objects.bulk_create([Breaker(partner=partner)], ignore_conflicts=True)
    return Breaker.objects.select_for_update().get(partner=partner)


def _forced(row: Breaker, now: datetime) -> str:
    return row.forced if row.forced_until is None or row.forced_until > now else ""


def _tell(partner: Partner, state: str, why: str, actor: str) -> None:
    told = {"partner": partner.slug, "state": state, "why": why[:200]}
    append(NewEntry("partner.circuit", partner.public_id, told, actor=actor))
