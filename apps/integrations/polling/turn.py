"""One turn of asking one partner: as much as breaker, budget and rests allow, each answer an ordinary message."""

import hashlib
import json
from collections.abc import Callable, Sequence, Set
from datetime import datetime
from typing import Final, Literal

import httpx
import structlog
from django.db import transaction
from uuid6 import uuid7

from apps.integrations import breaker, formats, incidents, store
from apps.integrations.formats.base import Refused
from apps.integrations.messages import rejected
from apps.integrations.models import Circuit, Poll
from apps.integrations.polling import due, shapes
from apps.integrations.polling.asking import Answer, OverBudget, PollFailed, PollRests, ask
from apps.integrations.polling.due import Due
from apps.integrations.polling.rules import Budget
from apps.journal.correlation import bound
from apps.journal.wake import wake

log = structlog.get_logger(__name__)

Outcome = Literal["known", "unknown", "over"]
"""Of one request: answered, answered that what it asks for is unknown, or no other should follow in this turn."""

_KNOWS_NONE: Final = "It answers that it does not know nearly all of the numbers it must know."
CALLS: Final = 20
"""Requests of one turn; then other partners of this worker have theirs, and the sweep comes again."""


def take_turn(poll: Poll, client: httpx.Client, clock: Callable[[], datetime]) -> int:
    """Ask what is due; returns how many requests were made, signing in aside. The caller holds this poll's lock (sweep.only_one).

    Whatever the partner does ends in a row: a message, a rest, or a failure counted by the breaker. The clock is
    looked at before each request: the calls before it may have been slow.
    """
    now = clock()
    if not _may_ask(poll, now):
        return 0
    room = min(CALLS, budget_of(poll).left(now))
    feed = shapes.is_feed(poll.path)
    batches = (
        _batches(poll, room, now) if room else []
    )  # of a feed: as many pages as may follow each other
    if not batches:
        return 0
    state = breaker.admit(poll.partner, now)
    if not state:
        return 0
    made, outcomes = 0, set[Outcome]()
    for dues in batches[:1] if state == Circuit.HALF_OPEN else batches:
        place = poll.cursor
        if not budget_of(poll).left(clock()):
            break
        made += 1
        outcome = _one(poll, client, dues, clock)
        outcomes.add(outcome)
        if outcome == "over" or (feed and poll.cursor == place):
            break
    _judge(poll, outcomes, clock())
    return made


def _may_ask(poll: Poll, now: datetime) -> bool:
    if not poll.on or poll.partner.switch != "live":
        return False
    if poll.when == "silent" and poll.standing_in_since is None:
        return False
    return poll.rest_until is None or poll.rest_until <= now


def _batches(poll: Poll, room: int, now: datetime) -> list[list[Due]]:
    """What each request asks for; `room` empty ones for a feed whose time has come."""
    if shapes.is_feed(poll.path):
        last = poll.asked_at
        is_due = last is None or (now - last).total_seconds() >= poll.moving_s
        return [[]] * room if is_due else []
    due.gather(poll, now)
    size = min(poll.numbers_per_request, shapes.most_numbers(poll.partner.format, poll.path))
    dues = due.take(poll, room * size, now)
    return [dues[start : start + size] for start in range(0, len(dues), size)]


def budget_of(poll: Poll) -> Budget:
    """What the partner allows, and what of it was used of late."""
    counted = {name: tuple((at, count) for at, count in rows) for name, rows in poll.calls.items()}
    return Budget(poll.per_minute, poll.per_hour, **counted)


def _spend(poll: Poll, now: datetime) -> None:
    """Count one request before it is made: one that kills the worker has been counted. Raises OverBudget."""
    budget = budget_of(poll)
    if not budget.left(now):
        raise OverBudget
    budget = budget.spent(now)
    poll.calls, poll.asked_at = {"seconds": budget.seconds, "minutes": budget.minutes}, now
    poll.save(update_fields=["calls", "asked_at"])


def _one(
    poll: Poll, client: httpx.Client, dues: Sequence[Due], clock: Callable[[], datetime]
) -> Outcome:
    """One request and what becomes of it."""
    numbers = [one.number for one in dues]
    now = clock()
    try:
        wanted = shapes.request(poll.partner.format, poll.path, numbers, poll.cursor)
        try:
            answer = ask(client, poll, wanted, now, lambda: _spend(poll, clock()))
        finally:
            now = clock()
        unreadable = _take(poll, dues, answer, now)
        if unreadable:
            raise PollFailed(f"Its answer cannot be read: {unreadable}")
    except OverBudget:
        return "over"
    except PollRests as rests:
        poll.rest_until, poll.says = now + rests.rest, f"It {rests}."[:300]
        poll.save(update_fields=["rest_until", "says"])
        return "over"
    except PollFailed as failed:
        _failed(poll, str(failed), now)
        return "over"
    _answered(poll, now)
    return "known" if answer.known else "unknown"


@transaction.atomic
def _take(poll: Poll, dues: Sequence[Due], answer: Answer, now: datetime) -> str:
    """Store an answer with what was asked, in one transaction; returns why it cannot be read, else nothing.

    What cannot be read is kept as a rejected message, and its numbers wait like unknown ones: they must not
    stand before all others for ever.
    """
    if not answer.known:
        if not dues:
            raise PollFailed(
                "It does not know the address that is asked, or the place in its feed."
            )
        due.asked(poll, list(dues), now, missed=True)
        return ""
    cursor = _cursor(poll, answer.raw)
    if not dues and not shapes.has_entries(answer.raw):
        _move_to(poll, cursor)  # an empty page is no message
        return ""
    numbers = [one.number for one in dues]
    with bound(None) as correlation_id:
        message = store.NewMessage(
            public_id=uuid7(),
            partner_id=poll.partner_id,
            key=shapes.key_of(poll.partner.format, numbers or ["feed"], answer.raw),
            digest=hashlib.sha256(answer.raw).hexdigest(),
            received_at=now,
            correlation_id=correlation_id,
            media_type=answer.media_type,
            headers=json.dumps({"source": "poll", "asked": numbers[:100]}),
            raw=answer.raw,
        )
        try:
            formats.get(poll.partner.format).check(answer.raw)
        except Refused as refused:
            rejected(message, refused, poll.partner.slug)
            due.asked(poll, list(dues), now, missed=True)
            return refused.detail
        if store.insert(message) is None:
            known = store.find(poll.partner_id, message.key)
            if known is not None:
                store.count_repeat(known.id)
    _move_to(poll, cursor)
    due.asked(poll, list(dues), now, missed=False)
    transaction.on_commit(lambda: wake("inbox.drain"))
    return ""


def _cursor(poll: Poll, raw: bytes) -> str:
    try:
        return shapes.next_cursor(raw, poll.cursor_at)
    except ValueError as error:
        raise PollFailed(
            f"The cursor of its feed has more than {shapes.LONGEST_CURSOR} characters."
        ) from error


def _move_to(poll: Poll, cursor: str) -> None:
    if cursor and cursor != poll.cursor:
        poll.cursor = cursor
        poll.save(update_fields=["cursor"])


def _failed(poll: Poll, says: str, now: datetime) -> None:
    poll.says = says[:300]
    poll.save(update_fields=["says"])
    if breaker.failed(poll.partner, says, poll.when_open, now):
        log.warning("circuit_opened", partner=poll.partner.slug, says=says)
        incidents.begin(poll.partner, says, now)


def _answered(poll: Poll, now: datetime) -> None:
    poll.answered_at, poll.says, poll.rest_until = now, "", None
    poll.save(update_fields=["answered_at", "says", "rest_until"])
    if breaker.succeeded(poll.partner, now):
        log.warning("circuit_closed", partner=poll.partner.slug)


def _judge(poll: Poll, outcomes: Set[Outcome], now: datetime) -> None:
    """What the answers of a turn say of the partner: out while it knows nearly nothing, else its outage is over.

    Its breaker stays closed: it does answer, and each number is asked for at its cadence only. A person who closed
    the case has heard of it: until it knows its numbers again, it is not told again.
    """
    if outcomes.isdisjoint(("known", "unknown")):
        return
    lasting = incidents.lasting(poll.partner)
    if not lasting and "unknown" not in outcomes:
        return
    if due.knows_none(poll, now):
        is_open = any(one.caught_up_at is None for one in lasting)
        if not is_open and any(one.says == _KNOWS_NONE for one in lasting):
            return
        if not is_open:
            log.warning("partner_knows_none", partner=poll.partner.slug)
        incidents.begin(
            poll.partner,
            _KNOWS_NONE,
            now,
            title=f"{poll.partner.name} does not know our parcels",
            mode="It is asked on; nothing that was heard before is lost.",
        )
    elif lasting:
        incidents.end(poll.partner, now)


def rests(poll: Poll, now: datetime) -> str:
    """Why this poll asks nothing now, as a sentence; empty when it may."""
    if not poll.on:
        return "Asking is switched off."
    if poll.partner.switch != "live":
        return f"The partner is {poll.partner.switch}."
    if poll.when == "silent" and poll.standing_in_since is None:
        return "Its webhook speaks, so it is not asked."
    if poll.rest_until is not None and poll.rest_until > now:
        return "The other side asked for a rest."
    return "" if budget_of(poll).left(now) else "The rate budget is used up for the moment."
