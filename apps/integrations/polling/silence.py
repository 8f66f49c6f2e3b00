"""A webhook that normally speaks and now is silent: asked instead, until it speaks again (R240, R242)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from apps.integrations.models import Message, Poll, PolledPackage
from apps.integrations.polling import due, rules
from apps.journal.services import NewEntry, append

_HEARD = 200


def watch(now: datetime) -> int:
    """Let polls stand in for silent webhooks, and send them back; returns how many changed."""
    changed = 0
    for poll in Poll.objects.filter(on=True, when="silent").select_related("partner", "watched"):
        silent_since = _silent_since(poll, now)
        if silent_since and poll.standing_in_since is None and _somebody_waits(poll, now):
            changed += _turn(poll, now, "poll", silent_since)
        elif silent_since is None and poll.standing_in_since is not None:
            changed += _turn(poll, None, "webhook", now)
    return changed


def expected(poll: Poll) -> timedelta:
    """How long the watched webhook may be silent: as set, else learned from its last 200 messages."""
    if poll.expected_within_s:
        return timedelta(seconds=poll.expected_within_s)
    heard = _pushed(poll).values_list("received_at", flat=True)[:_HEARD]
    return rules.expected_within(list(heard))


def last_pushed(poll: Poll) -> datetime | None:
    """When the watched webhook last spoke."""
    return _pushed(poll).values_list("received_at", flat=True).first()


def _pushed(poll: Poll) -> QuerySet[Message]:
    return _by_itself(poll.watched_id or poll.partner_id)


def last_heard_by_itself(partner_id: int) -> datetime | None:
    """When a partner last spoke without being asked."""
    return _by_itself(partner_id).values_list("received_at", flat=True).first()


def _by_itself(partner_id: int) -> QuerySet[Message]:
    """What came by itself, newest first; answers to our own questions are none of it."""
    return (
        Message.objects.filter(partner_id=partner_id)
        .exclude(key__startswith="poll:")
        .order_by("-received_at")
    )


def _silent_since(poll: Poll, now: datetime) -> datetime | None:
    """Since when the webhook owes us something; None while it does not. One that never spoke owes us from the start."""
    last = last_pushed(poll)
    if last is None:
        return poll.partner.created_at
    return last if now - last > expected(poll) else None


def _somebody_waits(poll: Poll, now: datetime) -> bool:
    """Whether any live package is there to be told of: without one, silence is no news."""
    due.gather(poll, now)
    return PolledPackage.objects.filter(poll=poll).exists()


@transaction.atomic
def _turn(poll: Poll, standing_in_since: datetime | None, way: str, since: datetime) -> int:
    unchanged = Poll.objects.select_for_update().filter(
        pk=poll.pk, standing_in_since=poll.standing_in_since
    )
    if not unchanged.update(standing_in_since=standing_in_since):
        return 0
    watched = poll.watched or poll.partner
    told = {
        "partner": poll.partner.slug,
        "by": way,
        "webhook": watched.slug,
        "since": since.isoformat(),
    }
    append(NewEntry("partner.heard_by", poll.partner.public_id, told))
    return 1
