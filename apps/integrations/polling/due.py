"""Which packages are to be asked for: gathered set-based, the least recently heard first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from apps.integrations.models import Poll, PolledPackage
from apps.integrations.polling import rules

_STRIDE: Final = 50_000  # package ids looked through in one go
_OVERLAP: Final = 5_000  # ids may become visible out of their order
_ANEW: Final = timedelta(
    hours=6
)  # packages that got their carrier later are found by going through all again
_GIVE_UP: Final = timedelta(days=60)
_WINDOW: Final = 2000
_WINDOWS: Final = 3

_GATHER: Final = """
WITH part AS (SELECT id, tracking_number FROM shipments_package WHERE id > %(after)s AND id <= %(upto)s
    AND carrier_id = %(carrier)s AND NOT terminal AND NOT implicit
    AND (heard_at IS NULL OR heard_at > %(oldest)s)
    AND (%(companies)s::bigint[] = '{}' OR company_id IS NULL OR company_id = ANY(%(companies)s)))
INSERT INTO integrations_polledpackage (poll_id, package_id, next_at, misses)
SELECT %(poll)s, id, %(now)s, 0 FROM part ON CONFLICT DO NOTHING
"""
_LOOK: Final = """
WITH due AS (SELECT id, package_id, asked_at, misses FROM integrations_polledpackage
    WHERE poll_id = %s AND next_at <= %s ORDER BY next_at LIMIT %s)
SELECT due.id, p.tracking_number, p.milestone, p.terminal, p.heard_at, due.asked_at, due.misses
FROM due JOIN shipments_package p ON p.id = due.package_id
ORDER BY GREATEST(p.heard_at, due.asked_at) NULLS FIRST, due.id
"""
_ROUND: Final = timedelta(hours=25)  # the longest rest of a number is a day
_KNOWN: Final = timedelta(days=7)  # carriers forget: what it knew longer ago it need not know
_NEWEST: Final = """
SELECT n.id, COALESCE(n.answered_at > %(known)s, false), n.answered_at IS NULL OR n.answered_at < n.asked_at
FROM integrations_polledpackage n JOIN shipments_package p ON p.id = n.package_id
WHERE n.poll_id = %(poll)s AND n.asked_at > %(since)s
    AND (n.answered_at > %(known)s OR p.milestone <> ALL(%(waiting)s))
ORDER BY n.asked_at DESC, n.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One package to ask for now."""

    id: int  # of its PolledPackage
    number: str
    misses: int


def gather(poll: Poll, now: datetime) -> int:
    """Take up packages of the partner's carrier that are new, a stretch of ids at a time; returns how many."""
    carrier_id = poll.partner.carrier_id
    if carrier_id is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM shipments_package")
        newest = int(cursor.fetchone()[0])
        if poll.passed_at is None or now - poll.passed_at > _ANEW:
            poll.seen_package_id, poll.passed_at = 0, now
        upto = min(newest, poll.seen_package_id + _STRIDE)
        cursor.execute(
            _GATHER,
            {
                "after": poll.seen_package_id,
                "upto": upto,
                "carrier": carrier_id,
                "oldest": now - _GIVE_UP,
                "companies": list(poll.partner.companies.values_list("pk", flat=True)),
                "poll": poll.pk,
                "now": now,
            },
        )
        found = cursor.rowcount
    poll.seen_package_id = upto if upto < newest else max(0, newest - _OVERLAP)
    poll.save(update_fields=["seen_package_id", "passed_at"])
    return found


def take(poll: Poll, limit: int, now: datetime) -> list[Due]:
    """At most `limit` packages whose turn it is; those that arrived are let go, those not due yet put off."""
    cadences = {"moving": poll.moving_s, "out": poll.out_s, "waiting": poll.waiting_s}
    soon = now + timedelta(seconds=min(cadences.values()))
    found: list[Due] = []
    for _ in range(_WINDOWS):
        over: list[int] = []
        later: dict[int, datetime] = {}
        rows = _window(poll, now)
        for row_id, number, milestone, terminal, heard, asked, misses in rows:
            last = max(filter(None, (heard, asked)), default=None)
            if terminal or (heard is not None and now - heard > _GIVE_UP):
                over.append(row_id)
                continue
            at = rules.due_at(last, cadences[rules.phase(milestone)], misses, now)
            if at <= now:
                found.append(Due(row_id, number, misses))
            else:  # a push spoke meanwhile, or the phase is a slower one
                later[row_id] = min(at, soon)
        PolledPackage.objects.filter(pk__in=over).delete()
        _put_off(later)
        if found or len(rows) < _WINDOW:
            break
    return found[:limit]


def _window(poll: Poll, now: datetime) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [poll.pk, now, _WINDOW])
        return cursor.fetchall()


def _put_off(until: dict[int, datetime]) -> None:
    if not until:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_polledpackage AS n SET next_at = later.at"
            " FROM unnest(%s::bigint[], %s::timestamptz[]) AS later(id, at) WHERE n.id = later.id",
            [list(until), list(until.values())],
        )


def asked(poll: Poll, dues: list[Due], now: datetime, *, missed: bool) -> None:
    """Note that these were asked for; missed: the partner does not know them."""
    soon = now + timedelta(seconds=min(poll.moving_s, poll.out_s, poll.waiting_s))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_polledpackage SET asked_at = %(now)s, next_at = %(soon)s,"
            " answered_at = CASE WHEN %(missed)s THEN answered_at ELSE %(now)s END,"
            " misses = CASE WHEN %(missed)s THEN LEAST(misses + 1, 100) ELSE 0 END"
            " WHERE id = ANY(%(ids)s)",
            {"now": now, "soon": soon, "missed": missed, "ids": [one.id for one in dues]},
        )


def knows_none(poll: Poll, now: datetime) -> bool:
    """Whether the partner knows nearly none of the numbers it must know, in its newest askings (rules.is_lost).

    New numbers say nothing: goods that are not with the carrier yet, and that it never knew. If so, theirs are no
    misses: each is asked for again at its cadence.
    """
    size = poll.numbers_per_request
    about: dict[str, Any] = {
        "poll": poll.pk,
        "since": now - _ROUND,
        "known": now - _KNOWN,
        "waiting": list(rules.WAITING),
        "most": rules.ROUND * size,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, about)
        rows = cursor.fetchall()
        if not rules.is_lost([(known, missed) for _, known, missed in rows], size):
            return False
        cursor.execute(
            "UPDATE integrations_polledpackage SET misses = 0 WHERE id = ANY(%s)",
            [[row_id for row_id, _, _ in rows]],
        )
    return True


def left_since(poll: Poll, since: datetime) -> tuple[int, int]:
    """(packages that live, those of them neither asked for nor heard of since then)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE (n.asked_at IS NULL OR n.asked_at < %s)"
            " AND (p.heard_at IS NULL OR p.heard_at < %s)) FROM integrations_polledpackage n"
            " JOIN shipments_package p ON p.id = n.package_id WHERE n.poll_id = %s AND NOT p.terminal",
            [since, since, poll.pk],
        )
        living, left = cursor.fetchone()
    return int(living), int(left)
