"""Partners that only push: how often each would have spoken by now, learned from its own weeks (B10, R240).

A dead webhook makes no error anywhere, so the only sign is the silence. How long a silence is too long depends on
the partner and the hour: nights and weekends are quiet. So the time since it last spoke is cut into slots of ten
minutes, and each is looked up in the weeks before: three slots in which it always spoke, or more of those in which
it sometimes did, are an outage. `expected within` on the partner's polling page is the fixed limit instead.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from apps.exceptions.models import Outage
from apps.integrations import incidents
from apps.integrations.models import Message, Partner, Poll, Switch
from apps.integrations.polling import silence
from apps.shipments.models import Package

AWAKE_SINCE: Final = timezone.now()
"""Of this process: while the tower itself was away nobody could be heard."""

SLOT: Final = timedelta(minutes=10)
ENOUGH: Final = 3.0
"""Slots in which it would have spoken, as a sum of shares."""
LONGEST: Final = timedelta(days=7)
"""A partner that did not speak for longer without an incident has nothing to say."""
_WEEKS: Final = tuple(timedelta(weeks=weeks) for weeks in range(1, 5))
_DAYS: Final = tuple(timedelta(days=days) for days in range(1, 7))
_LIVE_WITHIN: Final = timedelta(days=60)

# Wall clock times are compared, so that nobody is late because the clocks were changed.
_SPOKEN: Final = """
SELECT COALESCE(sum(share), 0) FROM (
    SELECT avg(CASE WHEN EXISTS (
        SELECT 1 FROM integrations_message m WHERE m.partner_id = %(partner)s
        AND m.received_at >= then_ AND m.received_at < then_ + %(slot)s::interval
    ) THEN 1.0 ELSE 0.0 END) AS share
    FROM generate_series(%(begins)s::timestamptz, %(ends)s - %(slot)s::interval, %(slot)s::interval) AS slot
    CROSS JOIN unnest(%(back)s::interval[]) AS back
    CROSS JOIN LATERAL (
        SELECT ((slot AT TIME ZONE %(zone)s) - back) AT TIME ZONE %(zone)s AS then_
    ) AS past
    WHERE then_ >= %(first)s GROUP BY slot
) AS slots
"""


def watch(now: datetime, *, awake_since: datetime | None = None) -> int:
    """Open an incident for each partner that should have spoken by now and did not; returns how many."""
    found = 0
    for partner in _pushing():
        last = silence.last_heard_by_itself(partner.pk)
        if last is None or now - last > LONGEST or _told_before(partner, last):
            continue
        since = max(last, awake_since or AWAKE_SINCE)
        if _too_long(partner, since, now) and _somebody_waits(partner, now):
            says = f"Nothing came since {last:%d %b %H:%M} UTC, and by now it should have."
            title = f"{partner.name} is silent"
            found += incidents.begin(partner, says, now, title=title) is not None
    return found


def _pushing() -> QuerySet[Partner]:
    """Live partners that nobody asks: what a breaker and a stand-in would notice is theirs to notice."""
    asked = Poll.objects.filter(on=True)
    rows = Partner.objects.filter(switch=Switch.LIVE).exclude(pk__in=asked.values("partner"))
    watched = asked.exclude(watched=None)
    return rows.exclude(pk__in=watched.values("watched")).select_related("carrier").order_by("pk")


def _told_before(partner: Partner, last: datetime) -> bool:
    """Whether there was an incident of this very silence: it lasts, or a person has closed it."""
    what = incidents.what_of(partner)
    return Outage.objects.filter(what=what, began_at__gte=last).exists()


def _too_long(partner: Partner, since: datetime, now: datetime) -> bool:
    fixed = Poll.objects.filter(partner=partner).values_list("expected_within_s", flat=True).first()
    if fixed:
        return now - since > timedelta(seconds=fixed)
    return slots_missed(partner.pk, since, now) >= ENOUGH


def slots_missed(partner_id: int, since: datetime, now: datetime) -> float:
    """In how many slots between since and now the partner would usually have spoken; 0 for one known less than a day."""
    begins = since + SLOT  # in the slot that it spoke in it was heard
    if now - begins < SLOT:
        return 0.0
    rows = Message.objects.filter(partner_id=partner_id).order_by("received_at")
    first = rows.values_list("received_at", flat=True).first()
    if first is None or since - first < timedelta(days=1):
        return 0.0
    back = _WEEKS if since - first >= _WEEKS[0] else _DAYS
    with connection.cursor() as cursor:
        cursor.execute(
            _SPOKEN,
            {
                "partner": partner_id, "begins": begins, "ends": now, "first": first,
                "slot": f"{SLOT.total_seconds():.0f} seconds", "back": list(back), "zone": settings.TEAM_TIMEZONE,
            },
        )  # fmt: skip
        return float(cursor.fetchone()[0])


def _somebody_waits(partner: Partner, now: datetime) -> bool:
    """Whether goods are on their way with its carrier, and nobody else speaks of them; without a carrier: yes."""
    if partner.carrier_id is None:
        return True
    others = Partner.objects.filter(carrier=partner.carrier_id, switch=Switch.LIVE)
    spoke = now - 3 * SLOT
    for other in others.exclude(pk=partner.pk).values_list("pk", flat=True):
        last = silence.last_heard_by_itself(other)
        if last is not None and last > spoke:
            return False
    return Package.objects.filter(
        carrier=partner.carrier_id, terminal=False, implicit=False, heard_at__gt=now - _LIVE_WITHIN
    ).exists()
