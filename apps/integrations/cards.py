"""The integration owner's first screen: each partner at a glance, and what is stuck beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from apps.accounts.models import User
from apps.integrations import breaker, rates
from apps.integrations.breaker import LaneState
from apps.integrations.health import backlog
from apps.integrations.models import Command, Message, MessageCount, Partner, Refusal, Switch
from apps.integrations.models.messages import Status
from apps.integrations.queries import commands_of, partners_of, refusals
from apps.journal.models import StuckEntry

SILENT_AFTER: Final = timedelta(hours=24)
_BACKLOG_S: Final = 60.0  # a message that waits longer than a minute is a backlog, not a batch
_FAILING_SHARE: Final = 0.2
_FAILING_LEAST: Final = 5
_TROUBLE: Final = (Status.REJECTED, Status.DEAD, Status.CONFLICT)
# Of each partner: its oldest waiting message; how many of a day's newest messages need a person; the median
# times from the scan to us and from us to applied, of its newest messages. All by index, none walks a table.
_PACE: Final = """
SELECT wanted.id, oldest.at, day.all_, day.bad, read_.lag_s, told.lag_s
FROM unnest(%(ids)s::bigint[]) AS wanted(id)
LEFT JOIN LATERAL (
    SELECT received_at AS at FROM integrations_message
    WHERE partner_id = wanted.id AND status = 'received' ORDER BY id LIMIT 1
) AS oldest ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS all_, count(*) FILTER (WHERE status = ANY(%(bad)s)) AS bad FROM (
        SELECT status FROM integrations_message WHERE partner_id = wanted.id AND received_at > %(since)s
        ORDER BY received_at DESC LIMIT 2000
    ) AS newest
) AS day ON true
LEFT JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM processed_at - received_at)) AS lag_s
    FROM (
        SELECT processed_at, received_at FROM integrations_message
        WHERE partner_id = wanted.id AND status = 'processed' ORDER BY received_at DESC LIMIT 50
    ) AS newest
) AS read_ ON true
LEFT JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM e.received_at - e.occurred_at)) AS lag_s
    FROM (
        SELECT id FROM integrations_message WHERE partner_id = wanted.id AND status = 'processed'
        ORDER BY received_at DESC LIMIT 50
    ) AS newest JOIN shipments_event e ON e.message_id = newest.id
) AS told ON true
"""


class Pace(NamedTuple):
    """How a partner's messages flow: times in seconds, medians of its newest 50; counts of 24 h, of 2,000 at most."""

    oldest_at: datetime | None = None
    messages: int = 0
    bad: int = 0
    read_lag_s: float | None = None
    told_lag_s: float | None = None

    @property
    def error_share(self) -> float | None:
        """Of a day's messages those that need a person; None when there was none."""
        return self.bad / self.messages if self.messages else None

    @property
    def error_percent(self) -> float | None:
        """The same for reading."""
        share = self.error_share
        return None if share is None else share * 100

    @property
    def oldest_s(self) -> float | None:
        """The age of the oldest message that waits."""
        return (timezone.now() - self.oldest_at).total_seconds() if self.oldest_at else None


@dataclass(frozen=True, slots=True)
class PartnerCard:
    """One partner at a glance; counts are of the last seven days (UTC), today's included."""

    partner: Partner
    last: Message | None
    counts: dict[str, int]
    events: int
    waiting: int
    pace: Pace
    lane: LaneState | None
    rate_left: int | None

    @property
    def messages(self) -> int:
        """All that met their fate."""
        return sum(self.counts.values())

    @property
    def errors(self) -> int:
        """Messages that need a person."""
        return sum(self.counts.get(status, 0) for status in _TROUBLE)

    @property
    def state(self) -> tuple[str, str]:
        """Tone and word: what a person has to know first."""
        share = self.pace.error_share or 0.0
        lane = self.lane
        told: tuple[tuple[bool, str, str], ...] = (
            (self.partner.switch == Switch.OFF, "risk", "switched off"),
            (self.partner.switch == Switch.PAUSED, "wait", "paused"),
            (lane is not None and lane.state != "closed", "act", "does not answer"),
            (self.pace.bad >= _FAILING_LEAST and share >= _FAILING_SHARE, "act", "failing"),
            (lane is not None and bool(lane.standing_in_since), "risk", "silent, asked instead"),
            (self.last is None, "", "never heard of"),
            (self._is_silent, "risk", "silent"),
            (self.errors > 0, "act", "needs a person"),
            (self.waiting > 0, "wait", "being read"),
        )
        return next(((tone, word) for holds, tone, word in told if holds), ("done", "live"))

    @property
    def urgency(self) -> tuple[bool, bool, bool, float, str]:
        """Trouble first: who does not answer, who is silent, an old backlog, the share of errors; then by name.

        Who was switched off by a person is silent by intent.
        """
        lane, off = self.lane, self.partner.switch == Switch.OFF
        oldest_s = self.pace.oldest_s
        return (
            lane is None or lane.state == "closed",
            off or not (self._is_silent or (lane is not None and bool(lane.standing_in_since))),
            oldest_s is None or oldest_s < _BACKLOG_S,
            -(self.pace.error_share or 0.0),
            self.partner.name.casefold(),
        )

    @property
    def _is_silent(self) -> bool:
        return self.last is not None and timezone.now() - self.last.received_at > SILENT_AFTER


def partner_cards(user: User) -> list[PartnerCard]:
    """A card for each partner the person may see, trouble first; the same few queries whatever their number."""
    partners = list(partners_of(user).select_related("carrier").prefetch_related("companies"))
    ids = [partner.pk for partner in partners]
    counts, events = _counts(ids)
    newest = {message.partner_id: message for message in _newest(ids)}
    paces, lanes = _paces(ids), breaker.state_of(ids)
    # Counted to the end: a long backlog is what this screen is for, and its index holds nothing else.
    waiting = dict(
        Message.objects.filter(status=Status.RECEIVED, partner_id__in=ids)
        .values_list("partner_id")
        .annotate(count=Count("pk"))
        .values_list("partner_id", "count")
    )
    cards = [
        PartnerCard(
            partner,
            newest.get(partner.pk),
            counts.get(partner.pk, {}),
            events.get(partner.pk, 0),
            waiting.get(partner.pk, 0),
            paces.get(partner.pk, Pace()),
            lanes.get(partner.pk),
            rates.left(partner.pk, partner.rate_per_minute) if partner.rate_per_minute else None,
        )
        for partner in partners
    ]
    return sorted(cards, key=lambda card: card.urgency)


def _counts(ids: Sequence[int]) -> tuple[dict[int, dict[str, int]], dict[int, int]]:
    since = timezone.now().date() - timedelta(days=6)
    counts: dict[int, dict[str, int]] = {}
    events: dict[int, int] = {}
    for row in (
        MessageCount.objects.filter(partner_id__in=ids, day__gte=since)
        .values("partner_id", "status")
        .annotate(messages=Sum("messages"), events=Sum("events"))
    ):
        counts.setdefault(row["partner_id"], {})[row["status"]] = row["messages"]
        events[row["partner_id"]] = events.get(row["partner_id"], 0) + row["events"]
    return counts, events


def _paces(ids: Sequence[int]) -> dict[int, Pace]:
    values: dict[str, Any] = {
        "ids": list(ids),
        "bad": [status.value for status in _TROUBLE],
        "since": timezone.now() - timedelta(hours=24),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PACE, values)
        return {row[0]: Pace(*row[1:]) for row in cursor.fetchall()}


def _newest(partner_ids: Sequence[int]) -> list[Message]:
    return list(
        Message.objects.raw(
            "SELECT m.* FROM unnest(%s::bigint[]) AS wanted(id) CROSS JOIN LATERAL"
            " (SELECT * FROM integrations_message WHERE partner_id = wanted.id"
            " ORDER BY received_at DESC LIMIT 1) AS m",
            [list(partner_ids)],
        )
    )


@dataclass(frozen=True, slots=True)
class Pipes:
    """The state of all pipes for the integration screen."""

    cards: list[PartnerCard]
    backlog: int
    oldest_s: float
    stuck: list[StuckEntry]
    refusals: list[Refusal]
    troubled_commands: list[Command]


def pipes(user: User) -> Pipes:
    """Everything on the integration owner's first screen."""
    waiting, oldest_s = backlog()
    return Pipes(
        cards=partner_cards(user),
        backlog=waiting,
        oldest_s=oldest_s,
        stuck=list(StuckEntry.objects.filter(resolved_at=None).order_by("-pk")[:20]),
        refusals=refusals(user)[:10],
        troubled_commands=list(
            commands_of(user).filter(state__in=["unsure", "refused", "parked"])[:10]
        ),
    )
