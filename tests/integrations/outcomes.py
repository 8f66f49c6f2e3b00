"""What became of recorded messages, in the words of their index."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from apps.integrations import partners
from apps.integrations.models import Message, Partner
from apps.shipments.models import Event, Report
from tests.integrations.formats.recorded import LATER, parse_sample

# milestone or kind, number or what it is about, time, reason, basis of the time, unmapped, flags
Said = tuple[str, str, datetime, str, str, bool, tuple[str, ...]]


def receive_as_recorded(
    sample: dict[str, Any], partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set the receiver's clock and the partner's zone as the sample's index says."""
    zone = sample.get("source_config", {}).get("default_timezone", "")
    Partner.objects.filter(pk=partner.pk).update(timezone=zone)
    partners.forget(partner.slug)
    told = sample.get("received_at")
    at = datetime.fromisoformat(told) if told else LATER
    monkeypatch.setattr(timezone, "now", lambda: at)


def as_recorded(sample: dict[str, Any], messages: Iterable[Message]) -> bool:
    """Whether these messages brought exactly the events that the sample's index names (compared by pytest).

    Reports that follow from an event of a package (a ship notice, an invoice) are not in the index.
    """
    ids = [message.pk for message in messages]
    events, reports = _events(ids), _reports(ids)
    wanted_events = _expected([one for one in sample["events"] if "subject" not in one])
    wanted_reports = _expected([one for one in sample["events"] if "subject" in one])
    assert events == wanted_events, sample["file"]
    assert wanted_reports <= reports, sample["file"]
    return True


def _events(ids: list[int]) -> Counter[Said]:
    rows = Event.objects.filter(message_id__in=ids, superseded_at=None, voids="")
    return Counter(
        (
            row.milestone,
            row.tracking_number,
            row.occurred_at,
            row.exception_reason,
            row.time_basis,
            row.unmapped,
            tuple(row.flags),
        )
        for row in rows
    )


def _reports(ids: list[int]) -> Counter[Said]:
    rows = Report.objects.filter(message_id__in=ids, superseded_at=None)
    return Counter(
        (
            row.kind,
            f"{row.subject_kind} {row.subject_ref}",
            row.occurred_at,
            "",
            row.time_basis,
            False,
            tuple(row.flags),
        )
        for row in rows
    )


def _expected(events: list[dict[str, Any]]) -> Counter[Said]:
    return Counter(
        (
            event.get("kind") or event["milestone"],
            " ".join(event["subject"]) if "subject" in event else event["tracking_number"],
            datetime.fromisoformat(event["occurred_at"]).astimezone(UTC),
            event["exception_reason"] or "",
            event.get("time_basis", ""),
            event.get("unmapped", False),
            tuple(event.get("flags", ())),
        )
        for event in events
    )


def repeated(sample: dict[str, Any]) -> int:
    """How many of its events are known by the time it comes, in the order of the index."""
    events = [event for event in parse_sample(sample).events if not event.voids]
    return len(events) - len(sample["events"])
