"""Shippo beyond the recorded messages."""

from datetime import UTC, datetime

import pytest

from apps.integrations import formats
from tests.integrations.formats.recorded import only, parsed, written

SHIPPO = "shippo"


def entry(status="TRANSIT", code=None, at="2026-04-12T08:00:00Z", **more):
    return {"status": status, "substatus": code and {"code": code}, "status_date": at} | more


def message(*history, **data):
    found = {"tracking_number": "SH1", "carrier": "usps", "tracking_history": list(history)} | data
    return {"event": "track_updated", "data": found}


def event(*history, slug="acme", **data):
    return only(parsed(SHIPPO, message(*history, **data), slug=slug))


@pytest.mark.parametrize(
    ("status", "code", "milestone", "reason", "unmapped"),
    [
        ("TRANSIT", "delayed", "delayed", "other", False),
        ("TRANSIT", "other", "in_transit", None, False),
        ("RETURNED", "return_to_sender", "return_in_transit", None, False),
        ("RETURNED", None, "return_in_transit", None, False),
        ("unknown", "", "info_only", None, False),
        ("FAILURE", "brand_new", "exception", "other", False),
        ("WARPED", None, "info_only", None, True),
        ("TRANSIT", "delivery_rescheduled", "eta_updated", None, False),
    ],
)
def test_the_substatus_comes_before_the_status(status, code, milestone, reason, unmapped):
    found = event(entry(status, code))

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


@pytest.mark.parametrize("substatus", [None, [], "delayed", {}, {"code": None}, 7])
def test_a_substatus_of_another_shape_is_none(substatus):
    assert event(entry() | {"substatus": substatus}).milestone == "in_transit"


def test_the_entrys_own_id_is_its_identity_within_the_partner():
    one = event(entry(object_id="st_1"))

    assert event(entry("DELIVERED", object_id="st_1")).identity == one.identity
    assert event(entry("DELIVERED", object_id="st_1")).content != one.content
    assert event(entry(object_id="st_1"), slug="other").identity != one.identity
    assert (one.source_event_id, event(entry()).source_event_id) == ("st_1", None)
    assert event(entry()).identity == event(entry(object_id=" "), slug="other").identity


def test_the_status_repeats_the_newest_entry_and_is_told_only_without_a_history():
    status = entry("DELIVERED", at="2026-04-12T09:00:00Z")

    assert event(entry(), tracking_status=status).milestone == "in_transit"
    assert event(tracking_status=status).milestone == "delivered"
    assert event(tracking_status=status, tracking_history=None).milestone == "delivered"


@pytest.mark.parametrize("kind", ["transaction_created", "transaction_updated", "batch_created"])
def test_other_events_are_acknowledged_and_not_used(kind):
    other = {"event": kind, "data": "anything"}

    assert formats.get(SHIPPO).check(written(other)).ignored
    assert parsed(SHIPPO, other).events == []


def test_the_promise_goes_with_the_newest_entry():
    history = [entry(at="2026-04-11T08:00:00Z"), entry()]
    told = {"status": "TRANSIT", "object_created": "2026-04-12T08:01:00Z", "object_updated": None}
    older, newest = parsed(
        SHIPPO, message(*history, eta="2026-04-15T00:00:00Z", tracking_status=told)
    ).events

    assert (older.eta, newest.eta) == (None, "2026-04-15")
    assert newest.told_at == datetime(2026, 4, 12, 8, 1, tzinfo=UTC)
    assert event(entry("DELIVERED"), eta="2026-04-15T00:00:00Z").eta is None


def test_what_the_sender_wrote_on_it_is_the_order_when_it_can_be_one():
    assert event(entry(), metadata=" SO-1 ").references == {"order": "SO-1"}
    for metadata in (None, "", {"a": 1}, "x" * 101):
        assert event(entry(), metadata=metadata).references == {}
