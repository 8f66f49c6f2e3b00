"""UPS Track beyond the recorded messages."""

import json
from datetime import UTC, datetime

import pytest

from apps.integrations import formats
from apps.integrations.formats.base import Source
from tests.integrations.formats.recorded import document, only, parsed

UPS = "ups_track"


def activity(kind="I", code="OT", number="021", **more):
    return {
        "date": "20260412", "time": "080000", "gmtDate": "20260412", "gmtTime": "12:00:00",
        "status": {"type": kind, "code": code, "statusCode": number, "description": "Out"},
    } | more  # fmt: skip


def answer(*activities, **package):
    found = {"trackingNumber": "1Z7", "activity": list(activities)} | package
    return {"trackResponse": {"shipment": [{"inquiryNumber": "1Z7", "package": [found]}]}}


def event(*activities, timezone=None, **package):
    return only(parsed(UPS, answer(*activities, **package), timezone=timezone))


@pytest.mark.parametrize(
    ("kind", "code", "number", "milestone", "reason", "unmapped"),
    [
        ("M", "DP", "", "label_created", None, False),
        ("I", "DP", "", "departed_facility", None, False),
        ("D", "2Q", "011", "available_for_pickup", None, False),
        ("D", "B0", "011", "returned_to_sender", None, False),
        ("D", "??", "", "delivered", None, False),
        ("X", "??", 64, "delivery_attempted", "recipient_refused", False),
        ("X", "??", "999", "exception", "other", False),
        ("X", "CA", "013", "exception", "oversize", False),
        (None, "OT", "021", "out_for_delivery", None, False),
        ("Q", "??", None, "info_only", None, True),
    ],
)
def test_type_and_code_then_the_number_then_the_type(
    kind, code, number, milestone, reason, unmapped
):
    found = event(activity(kind, code, number))

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


@pytest.mark.parametrize(
    ("dates", "eta"),
    [
        ([("SDD", "20260414")], "2026-04-14"),
        ([("RDD", "20260416"), ("SDD", "20260418")], "2026-04-16"),
        ([("RDD", "20260416"), ("RDD", "20260417")], "2026-04-17"),
        ([("DEL", "20260416")], None),
        ([("RDD", "soon"), ("SDD", "20260414")], "2026-04-14"),
        ([], None),
    ],
)
def test_the_rescheduled_day_comes_before_the_scheduled_one(dates, eta):
    days = [{"type": kind, "date": day} for kind, day in dates]

    assert event(activity(), deliveryDate=days).eta == eta
    assert event(activity("D", "FS", "011"), deliveryDate=days).eta is None


def test_the_proof_stands_on_the_delivery_and_its_pictures_stay_in_the_message():
    delivery = {
        "receivedBy": " ORTIZ ",
        "signature": {"image": "A" * 1000},
        "pod": {"content": ""},
        "deliveryPhoto": {"photo": None},
    }
    scans = [activity("D", "FS", "011", gmtTime="130000"), activity()]
    earlier, delivered = parsed(UPS, answer(*scans, deliveryInformation=delivery)).events

    assert earlier.pod is None
    assert delivered.pod == {
        "received_by": "ORTIZ",
        "signed_at": None,
        "has_signature": True,
        "document_available": False,
        "document_url": None,
    }
    assert "AAAA" not in repr(delivered)
    photo = event(scans[0], deliveryInformation={"deliveryPhoto": {"photo": "A"}}).pod
    assert (photo["has_signature"], photo["document_available"]) == (False, True)
    assert event(scans[0], deliveryInformation={"receivedBy": " "}).pod is None


def test_a_scan_that_is_pushed_and_polled_is_one_scan():
    pushed = only(parsed("ups_track_alert", document("ups_track_alert/01_out_for_delivery.json")))
    polled = event(
        activity(
            gmtDate="20260310", gmtTime="14:02:11",
            location={"address": {"city": "BOISE", "postalCode": "83702", "countryCode": "US"}},
        ),
        trackingNumber="1Z TEST 000000000052",
    )  # fmt: skip

    assert polled.identity == pushed.identity
    assert polled.content == pushed.content
    assert event(activity("I", "DP"), trackingNumber="1ZTEST000000000052").identity != (
        pushed.identity
    )


def test_another_carrier_setting_goes_with_the_events():
    found = parsed(UPS, answer(activity()), carrier="ups-freight").events[0]

    assert found.carrier == "ups-freight"
    assert found.identity != event(activity()).identity
    assert (found.country, found.location) == (None, "")


def test_two_places_on_one_day_without_a_time_are_two_scans():
    def scan(city):
        return {
            "location": {"address": {"city": city, "countryCode": "DE"}},
            "status": {"type": "I", "code": "DP"},
            "date": "20260310",
        }

    package = {"trackingNumber": "1Z1", "activity": [scan("Koeln"), scan("Bonn")]}
    raw = json.dumps({"trackResponse": {"shipment": [{"package": [package]}]}}).encode()
    format_ = formats.get("ups_track")
    source = Source("ups", "ups_track")
    found = format_.parse(raw, format_.load_codes(), source, datetime(2026, 3, 11, tzinfo=UTC))
    assert len({event.identity for event in found.events}) == 2
