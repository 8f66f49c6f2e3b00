"""AfterShip beyond the recorded messages."""

from datetime import UTC, datetime

import pytest

from apps.integrations import formats
from tests.integrations.formats.recorded import only, parsed, written

AFTERSHIP = "aftership"
TS = 1776000000  # 2026-04-12T13:20:00Z


def checkpoint(tag="InTransit", subtag="InTransit_003", at="2026-04-12T08:00:00Z", **more):
    return {"tag": tag, "subtag": subtag, "checkpoint_time": at} | more


def message(*checkpoints, event="tracking_update", key="e1", ts=TS, **msg):
    found = {"tracking_number": "AS1", "slug": "gls", "checkpoints": list(checkpoints)} | msg
    return {"event": event, "event_id": key, "ts": ts, "msg": found}


def event(*checkpoints, carrier=None, **more):
    return only(parsed(AFTERSHIP, message(*checkpoints, **more), carrier=carrier))


@pytest.mark.parametrize(
    ("tag", "subtag", "milestone", "reason", "unmapped"),
    [
        ("Delivered", "Delivered_004", "delivered", None, False),
        ("Exception", "exception_019", "delayed", "transport_late", False),
        ("Exception", "Exception_099", "exception", "other", False),
        ("Expired", None, "info_only", None, False),
        ("Lost", "Lost_001", "info_only", None, True),
        ("OutForDelivery", "OutForDelivery_004", "eta_updated", None, False),
    ],
)
def test_the_subtag_comes_before_the_tag(tag, subtag, milestone, reason, unmapped):
    found = event(checkpoint(tag, subtag))

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


def test_the_message_id_is_the_key_and_never_the_identity_of_a_scan():
    first, again = message(checkpoint()), message(checkpoint(), key="e2")

    keys = {formats.get(AFTERSHIP).check(written(one)).key for one in (first, again)}
    assert keys == {"e1", "e2"}
    assert only(parsed(AFTERSHIP, first)).identity == only(parsed(AFTERSHIP, again)).identity


def test_a_revised_promise_is_one_event_at_the_time_of_the_message():
    found = event(checkpoint(), event="edd_revise", expected_delivery="2026-04-16T18:00:00+02:00")

    assert (found.milestone, found.eta) == ("eta_updated", "2026-04-16T16:00:00Z")
    assert found.occurred_at == found.told_at == datetime(2026, 4, 12, 13, 20, tzinfo=UTC)
    later = event(event="edd_revise", ts=TS + 1, expected_delivery="2026-04-17")
    assert later.identity != found.identity
    withdrawn = event(event="edd_revise", expected_delivery=None)
    assert (withdrawn.eta, withdrawn.identity) == (None, found.identity)
    assert withdrawn.content != found.content


@pytest.mark.parametrize("ts", ["1776000000", 1776000000])
def test_the_promise_of_a_snapshot_goes_with_its_newest_checkpoint(ts):
    points = [checkpoint(at="2026-04-12T09:00:00Z"), checkpoint()]
    older, newest = parsed(
        AFTERSHIP, message(*points, ts=ts, expected_delivery="2026-04-16")
    ).events

    assert (older.eta, newest.eta) == (None, "2026-04-16")
    assert newest.told_at == datetime(2026, 4, 12, 13, 20, tzinfo=UTC)


def test_who_signed_belongs_to_the_delivery():
    points = [checkpoint("Delivered", "Delivered_003"), checkpoint(at="2026-04-11T08:00:00Z")]
    before, delivered = parsed(AFTERSHIP, message(*points, signed_by="L. Moreau")).events

    assert before.pod is None
    assert (delivered.pod["received_by"], delivered.pod["has_signature"]) == ("L. Moreau", False)
    assert event(checkpoint(), signed_by="L. Moreau").pod is None


@pytest.mark.parametrize(
    ("given", "country"),
    [("FRA", "FR"), ("gbr", "GB"), ("DE", "DE"), ("XXX", None), (None, None), (["FRA"], None)],
)
def test_countries_of_three_letters_become_two(given, country):
    assert event(checkpoint(country_iso3=given)).country == country


def test_the_carrier_is_the_slug_and_the_order_is_named():
    found = event(checkpoint(), carrier="dhl", order_id="O-1", order_number="SO-1")

    assert (found.carrier, found.references) == ("gls", {"order": "SO-1"})
    assert event(checkpoint(), carrier="dhl", slug=None).carrier == "dhl"
    assert event(checkpoint(), order_id="O" * 200).references == {"order": "O" * 99 + "…"}
