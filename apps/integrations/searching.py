"""Messages found by what a person knows of them: an id, a number, a partner, a reason, a time, a word of the bytes."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from psycopg import errors as pg

from apps.accounts.models import User
from apps.integrations.formats.identity import normalise_number
from apps.integrations.models import Message, Partner, Repetition
from apps.integrations.models.messages import Status
from apps.integrations.queries import PAGE, messages_of, partners_of
from apps.journal.ids import to_uuid
from apps.shipments.models import Event

MOST_DAYS: Final = 7
"""The longest time in which the bytes themselves are searched, in days: they are in no index."""
SEARCH_S: Final = 4.0
HITS: Final = 500
EXPORTED: Final = 50_000
_PLUS: Final = re.compile(r"(T[0-9:.]+) (\d\d:\d\d)$")  # a plus of an address that was not escaped
_WINDOW: Final = timedelta(hours=6)
_FOUND: Final = """
SELECT m.id FROM integrations_message m
JOIN integrations_messagebody b ON b.message_id = m.id AND b.received_at = m.received_at
WHERE m.partner_id = %s AND m.received_at >= %s AND m.received_at < %s
AND b.received_at >= %s AND b.received_at < %s AND position(%s::bytea IN b.raw) > 0
ORDER BY m.received_at DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What messages are narrowed to. since and until are ISO 8601 texts; payload is searched in the bytes, as
    it stands there; before is the last message of the page before (its public id).
    """

    partner: str = ""
    status: str = ""
    reason: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    payload: str = ""
    before: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        """Read from an address or a form; what is no status and no time filters nothing."""
        status = query.get("status", "")
        return cls(
            partner=query.get("partner", "")[:60],
            status=status if status in Status.values else "",
            reason=query.get("reason", "").strip()[:60],
            text=query.get("q", "").strip()[:200],
            since=_iso(query.get("since", "")),
            until=_iso(query.get("until", "")),
            payload=query.get("payload", "").strip()[:200],
            before=query.get("before", "")[:40],
        )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Filters":
        """As as_dict gave them."""
        return cls(**{f.name: str(values.get(f.name, "")) for f in fields(cls)})

    def as_dict(self) -> dict[str, str]:
        """What is set, without the page."""
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "before"}
        return {name: value for name, value in named.items() if value}

    @property
    def query(self) -> str:
        """As part of an address, without the page."""
        return urlencode(
            {"q" if name == "text" else name: value for name, value in self.as_dict().items()}
        )

    @property
    def any(self) -> bool:
        """Whether anything is narrowed at all."""
        return bool(self.as_dict())


def _iso(text: str) -> str:
    """A time as a form or an address gives it, aware; "" when it is none. Without a zone: the person's."""
    text = _PLUS.sub(r"\1+\2", text.strip()[:40])
    try:
        found = parse_datetime(text)
        if found is None:
            day = parse_date(text)
            found = datetime(day.year, day.month, day.day) if day else None  # noqa: DTZ001
    except ValueError:
        return ""
    if found is None:
        return ""
    return (timezone.make_aware(found) if timezone.is_naive(found) else found).isoformat()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of messages, one row more than PAGE when there is another; says: why it is not all, "" otherwise."""

    rows: list[Message]
    says: str = ""


def search(user: User, filters: Filters) -> Found:
    """One page of messages, newest first. Looks into bytes only for one partner and MOST_DAYS at most."""
    rows, says = narrowed(user, filters)
    last = Message.objects.filter(public_id=filters.before).first() if filters.before else None
    if last is not None:
        rows = rows.filter(
            Q(received_at__lt=last.received_at) | Q(received_at=last.received_at, pk__lt=last.pk)
        )
    return Found(list(rows.order_by("-received_at", "-pk")[: PAGE + 1]), says)


def narrowed(user: User, filters: Filters) -> tuple[QuerySet[Message], str]:
    """The person's messages that the filters leave, in no order, and why it may not be all of them."""
    rows = messages_of(user)
    if filters.partner:
        rows = rows.filter(partner__slug=filters.partner)
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.reason:
        rows = rows.filter(reason=filters.reason)
    if filters.since:
        rows = rows.filter(received_at__gte=datetime.fromisoformat(filters.since))
    if filters.until:
        rows = rows.filter(received_at__lt=datetime.fromisoformat(filters.until))
    if filters.text:
        rows = rows.filter(_named(filters.text))
    if not filters.payload:
        return rows, ""
    ids, says = _in_bytes(user, filters)
    return rows.filter(pk__in=ids), says


def _named(text: str) -> Q:
    """A message id, a correlation id, the source's own id, or a tracking number (told first or told again)."""
    if to_uuid("msg", text):
        return Q(public_id=text)
    number = normalise_number(text)
    numbered = Event.objects.filter(package__number=number, message_id__isnull=False)
    again = Repetition.objects.filter(event__package__number=number)
    return (
        Q(correlation_id=text)
        | Q(key=text)
        | Q(pk__in=numbered.values("message_id"))
        | Q(pk__in=again.values("message_id"))
    )


def _in_bytes(user: User, filters: Filters) -> tuple[list[int], str]:
    """Messages whose bytes hold the text, some hours at a time, the newest first, for SEARCH_S seconds."""
    partner = partners_of(user).filter(slug=filters.partner).first()
    until = datetime.fromisoformat(filters.until) if filters.until else timezone.now()
    if partner is None or not filters.since:
        return [], "The bytes are searched for one partner, from a day on: choose both."
    since = datetime.fromisoformat(filters.since)
    if until - since > timedelta(days=MOST_DAYS):
        return [], f"The bytes are searched for {MOST_DAYS} days at most: choose a shorter time."
    return _walk(partner, filters.payload.encode(), since, until)


def _walk(
    partner: Partner, wanted: bytes, since: datetime, until: datetime
) -> tuple[list[int], str]:
    ends = time.monotonic() + SEARCH_S
    ids: list[int] = []
    while until > since:
        begins = max(since, until - _WINDOW)
        left_ms = int((ends - time.monotonic()) * 1000)
        some = _window(partner, wanted, begins, until, HITS - len(ids), left_ms)
        if some is None:
            return (
                ids,
                f"It took too long: only what came after {until:%Y-%m-%d %H:%M} UTC was searched.",
            )
        ids += some
        if len(ids) >= HITS:
            return (
                ids,
                f"Only the newest {HITS} that hold the text are shown: choose a shorter time.",
            )
        until = begins
    return ids, ""


def _window(
    partner: Partner, wanted: bytes, since: datetime, until: datetime, most: int, left_ms: int
) -> list[int] | None:
    """Hits in some hours; None when the time is over."""
    if left_ms <= 0:
        return None
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(left_ms)])
            cursor.execute(_FOUND, [partner.pk, since, until, since, until, wanted, most])
            found = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return found
    except OperationalError as error:
        if isinstance(error.__cause__, pg.QueryCanceled):
            return None
        raise


def reasons() -> list[str]:
    """Reasons that the newest settled messages name, for the filter's list: words of ours, nobody's content."""
    newest = Message.objects.exclude(reason="").order_by("-pk").values("reason")[:2000]
    return sorted({row["reason"] for row in newest})


def exported(user: User, filters: Filters) -> Iterator[list[Any]]:
    """Heads of what the filters leave as rows of a table with a heading, the newest EXPORTED of them."""
    rows, says = narrowed(user, replace(filters, before=""))
    yield [
        "message", "partner", "format", "status", "reason", "detail", "their_id", "received_at", "processed_at",
        "correlation_id", "mapping_version", "events", "duplicates", "conflicts", "skipped", "attempts", "size",
    ]  # fmt: skip
    for one in rows.order_by("-received_at", "-pk")[:EXPORTED].iterator(chunk_size=1000):
        yield [
            one.public_id, one.partner.slug, one.partner.format, one.status, one.reason, one.detail, one.key,
            one.received_at.isoformat(), one.processed_at.isoformat() if one.processed_at else "",
            one.correlation_id, one.mapping_version, one.events, one.duplicates, one.conflicts,
            one.skipped_events, one.attempts, one.size,
        ]  # fmt: skip
    if says:
        yield [says]
