"""Every recorded message of every format through HTTP and the drain, signed as its source signs."""

from typing import Any

import pytest

from apps.integrations import formats, inbox
from apps.integrations.models import Message, Partner
from apps.shipments.models import Event, Package
from tests.integrations.factories import make_partner, post, stored
from tests.integrations.formats.recorded import body, each
from tests.integrations.outcomes import as_recorded, receive_as_recorded, repeated

pytestmark = pytest.mark.django_db
OF_EACH_FORMAT = pytest.mark.parametrize("name", sorted(formats.FORMATS))
MEDIA = {".xml": "application/xml", ".ndjson": "application/x-ndjson"}


def send(partner: Partner, sample: dict[str, Any]):
    """Post a recorded message with the headers it was recorded with, or signed as its source would."""
    own = formats.get(sample["format"]).media_types[0]
    media = next((MEDIA[end] for end in MEDIA if sample["file"].endswith(end)), own)
    return post(partner, body(sample["file"]), content_type=media, **sample["headers"])


@OF_EACH_FORMAT
def test_each_message_is_answered_and_gives_exactly_its_new_events(name, monkeypatch):
    partner = make_partner(name)
    compared = 0
    for sample in each(name):
        receive_as_recorded(sample, partner, monkeypatch)
        answer = send(partner, sample)
        compared += 1
        if "refused" in sample:
            assert (answer.status_code, answer.json()["reason"]) == (400, sample["refused"])
            continue
        assert answer.status_code in {200, 202}, (sample["file"], answer.content)
        inbox.drain()
        if answer.status_code == 200:
            assert not sample["events"], sample["file"]
            assert answer.json()["status"] == "duplicate"
            continue
        message = stored(answer)
        assert as_recorded(sample, [message])
        assert message.events - len(sample.get("voids", ())) == len(sample["events"])
        assert message.duplicates == repeated(sample), sample["file"]
        assert message.skipped_events == sample.get("skipped", 0), sample["file"]
        assert not message.conflicts, sample["file"]
        assert message.status in {"processed", "duplicate"}
    assert compared >= 3


@OF_EACH_FORMAT
def test_coming_again_in_another_order_changes_nothing(name, monkeypatch):
    partner = make_partner(name)
    mine = [sample for sample in each(name) if "refused" not in sample]
    for sample in reversed(mine):
        receive_as_recorded(sample, partner, monkeypatch)
        send(partner, sample)
        inbox.drain()
    state = set(Package.objects.values_list("tracking_number", "milestone", "event_count"))
    events = Event.objects.count()
    for sample in mine:
        receive_as_recorded(sample, partner, monkeypatch)
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
