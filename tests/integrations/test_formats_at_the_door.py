"""Every recorded message of every format through HTTP and the drain, signed as its source signs."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.integrations import formats, inbox, partners
from apps.integrations.models import Message, Partner
from apps.shipments.models import Event, Package
from tests.integrations.factories import make_partner, post, stored
from tests.integrations.formats.recorded import SAMPLES, body

pytestmark = pytest.mark.django_db
NAMES = (
    "ups_track", "fedex_track", "dhl_unified", "usps_tracking", "aftership", "shippo", "dcsa_tnt",
    "shipengine", "seventeentrack",
)  # fmt: skip


def send(partner: Partner, sample: dict[str, Any]):
    """Post a recorded message as a partner whose zone is the one the sample needs."""
    zone = sample.get("source_config", {}).get("default_timezone", "")
    Partner.objects.filter(pk=partner.pk).update(timezone=zone)
    partners.forget(partner.slug)
    media = formats.get(sample["format"]).media_types[0]
    return post(partner, body(sample["file"]), content_type=media)


def told(message: Message) -> Counter:
    rows = Event.objects.filter(message_id=message.pk, superseded_at=None)
    return Counter(
        (row.milestone, row.package.tracking_number, row.occurred_at, row.exception_reason or None)
        for row in rows.select_related("package")
    )


def expected(sample: dict[str, Any]) -> Counter:
    return Counter(
        (
            event["milestone"],
            event["tracking_number"],
            datetime.fromisoformat(event["occurred_at"]).astimezone(UTC),
            event["exception_reason"],
        )
        for event in sample["events"]
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_message_is_answered_and_gives_exactly_its_new_events(name):
    partner = make_partner(name)
    for sample in (one for one in SAMPLES if one["format"] == name):
        answer = send(partner, sample)
        if "refused" in sample:
            assert (answer.status_code, answer.json()["reason"]) == (400, sample["refused"])
            continue
        assert answer.status_code in {200, 202}, (sample["file"], answer.content)
        inbox.drain()
        if answer.status_code == 200:
            assert not sample["events"], sample["file"]
            continue
        message = stored(answer)
        assert told(message) == expected(sample), sample["file"]
        assert message.events == len(sample["events"])
        assert not message.conflicts, sample["file"]
        assert message.status in {"processed", "duplicate"}


@pytest.mark.parametrize("name", NAMES)
def test_coming_again_in_another_order_changes_nothing(name):
    partner = make_partner(name)
    mine = [one for one in SAMPLES if one["format"] == name and "refused" not in one]
    for sample in reversed(mine):
        send(partner, sample)
        inbox.drain()
    state = set(Package.objects.values_list("tracking_number", "milestone", "event_count"))
    events = Event.objects.count()
    for sample in mine:
        send(partner, sample)
        inbox.drain()

    assert set(Package.objects.values_list("tracking_number", "milestone", "event_count")) == state
    assert Event.objects.count() == events
    assert not Message.objects.filter(status__in=["received", "dead", "conflict"]).exists()


def test_a_scan_that_ups_pushed_and_that_was_polled_is_one_event():
    pushed, polled = make_partner("ups_track_alert"), make_partner("ups_track")
    alert = b"""{"trackingNumber": "1ZOWN000000000099", "gmtActivityDate": "20260412",
        "gmtActivityTime": "140211", "activityLocation": {"city": "Boise"},
        "activityStatus": {"type": "I", "code": "OT", "description": "Out"}}"""
    answer = b"""{"trackResponse": {"shipment": [{"package": [{"trackingNumber":
        "1ZOWN000000000099", "activity": [{"gmtDate": "20260412", "gmtTime": "14:02:11",
        "status": {"type": "I", "code": "OT", "statusCode": "021", "description": "OUT TODAY"},
        "location": {"address": {"city": "BOISE", "countryCode": "US"}}}]}]}]}}"""
    post(pushed, alert)
    post(polled, answer)
    inbox.drain()

    assert Event.objects.get().milestone == "out_for_delivery"
    assert set(Message.objects.values_list("status", "conflicts")) == {
        ("processed", 0),
        ("duplicate", 0),
    }
