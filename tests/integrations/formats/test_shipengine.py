"""ShipEngine tracking: messages of our own, as FORMATS 16 describes them."""

import pytest

from apps.integrations import formats
from apps.integrations.formats.base import Skipped, as_sample
from tests.integrations.formats.recorded import only, parsed, refusal, written

SHIPENGINE = "shipengine"


def entry(status="IT", at="2026-04-12T08:00:00Z", **more):
    return {"status_code": status, "occurred_at": at, "event_code": "X1"} | more


def message(*events, **data):
    found = {"tracking_number": "1Z9", "carrier_code": "ups", "events": list(events)} | data
    return {"resource_type": "API_TRACK", "resource_url": "https://x/track", "data": found}


def event(*events, timezone=None, **data):
    return only(parsed(SHIPENGINE, message(*events, **data), timezone=timezone))


@pytest.mark.parametrize(
    ("status", "milestone", "reason", "unmapped"),
    [
        ("de", "delivered", None, False),
        ("SP", "available_for_pickup", None, False),
        ("EX", "exception", "other", False),
        ("UN", "info_only", None, False),
        ("ZZ", "info_only", None, True),
        (None, "info_only", None, True),
    ],
)
def test_each_event_has_its_own_status_code(status, milestone, reason, unmapped):
    found = event(entry(status), status_code="DE")

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


@pytest.mark.parametrize(
    ("times", "utc", "basis"),
    [
        ({"carrier_occurred_at": "2026-04-12T03:00:00Z"}, "2026-04-12T08:00:00Z", None),
        (
            {"at": None, "carrier_occurred_at": "2026-04-12T03:00:00Z"},
            "2026-04-12T08:00:00Z",
            "assumed_zone",
        ),
        ({"at": "2026-04-12"}, "2026-04-12T05:00:00Z", "date_only"),
    ],
)
def test_the_carriers_own_time_is_local_even_when_it_is_written_with_a_z(times, utc, basis):
    found = as_sample(event(entry(**times), timezone="America/Chicago"))

    assert (found["occurred_at"], found.get("time_basis")) == (utc, basis)


def test_the_events_are_told_oldest_first_and_those_without_time_skipped():
    result = parsed(
        SHIPENGINE,
        message(entry("DE", "2026-04-13T08:00:00Z"), entry(at="soon"), None, entry()),
    )

    assert [one.milestone for one in result.events] == ["in_transit", "delivered"]
    assert result.skipped == [Skipped(1, "no usable time"), Skipped(2, "not an object")]


def test_the_signer_of_the_newest_delivery_is_the_proof():
    scans = [
        entry("DE", "2026-04-13T08:00:00Z", signer="LEE", proof_of_delivery_url="https://x/p"),
        entry("DE", signer="KIM"),
        entry("IT", "2026-04-11T08:00:00Z", signer="DESK"),
    ]
    first, second, last = parsed(SHIPENGINE, message(*scans)).events

    assert (first.pod, second.pod) == (None, None)
    assert (last.pod["received_by"], last.pod["document_url"]) == ("LEE", "https://x/p")
    assert last.pod["has_signature"] is False


def test_the_promise_goes_with_the_newest_scan():
    promise = {"estimated_delivery_date": "2026-04-15T00:00:00Z"}

    assert event(entry(), **promise).eta == "2026-04-15"
    assert event(entry("DE"), **promise).eta is None


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"data": {}}, "/resource_type"),
        ({"resource_type": "API_TRACK"}, "/data"),
        ({"resource_type": "API_TRACK", "data": {}}, "/data/tracking_number"),
        (
            {"resource_type": "API_TRACK", "data": {"tracking_number": "1", "events": {}}},
            "/data/events",
        ),
    ],
)
def test_a_message_without_its_frame_is_refused(content, pointer):
    assert refusal(formats.get(SHIPENGINE).check, written(content)).pointer == pointer


def test_other_resources_are_acknowledged_and_not_used():
    other = {"resource_type": "API_BATCH", "data": []}

    assert formats.get(SHIPENGINE).check(written(other)).ignored
    assert parsed(SHIPENGINE, other).events == []
    assert parsed(SHIPENGINE, message(events=None)).events == []
