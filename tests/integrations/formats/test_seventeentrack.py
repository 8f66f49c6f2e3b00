"""17TRACK: messages of our own, as FORMATS 16 describes them."""

import pytest

from apps.integrations import formats
from apps.integrations.formats.base import Skipped, as_sample
from tests.integrations.formats.recorded import only, parsed, refusal, written

TRACK17 = "seventeentrack"


def entry(fine="InTransit_Arrival", at="2026-04-12T08:00:00Z", **more):
    return {"sub_status": fine, "stage": None, "time_utc": at, "description": "Moving"} | more


def message(*providers):
    tracking = {"providers": [{"provider": {"key": 1}, "events": one} for one in providers]}
    info = {"latest_status": {"status": "Delivered", "sub_status": "Delivered_Other"}}
    return {
        "event": "TRACKING_UPDATED",
        "data": {"number": "RR1", "track_info": info | {"tracking": tracking}},
    }


def event(*events, timezone=None):
    return only(parsed(TRACK17, message(list(events)), timezone=timezone))


@pytest.mark.parametrize(
    ("fine", "stage", "milestone", "reason", "unmapped"),
    [
        ("InTransit_Departure", "Arrival", "departed_facility", None, False),
        ("exception_lost", None, "lost", "lost", False),
        (None, "PickedUp", "picked_up", None, False),
        ("InTransit_New", "arrival", "arrived_at_facility", None, False),
        (None, "Returned", "returned_to_sender", None, False),
        (None, "OutForDelivery", "out_for_delivery", None, False),
        (None, "InfoReceived", "label_created", None, False),
        ("Teleported_Other", "Beam", "info_only", None, True),
        (None, None, "info_only", None, True),
    ],
)
def test_the_sub_status_comes_before_the_stage(fine, stage, milestone, reason, unmapped):
    found = event(entry(fine, stage=stage))

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


@pytest.mark.parametrize(
    ("times", "utc", "basis"),
    [
        ({"at": "2026-04-12T08:00:00"}, "2026-04-12T08:00:00Z", None),
        ({"at": None, "time_iso": "2026-04-12T08:00:00+08:00"}, "2026-04-12T00:00:00Z", None),
        ({"at": "", "time_iso": "2026-04-12T08:00:00"}, "2026-04-12T06:00:00Z", "assumed_zone"),
        ({"at": "", "time_iso": "2026-04-12"}, "2026-04-11T22:00:00Z", "date_only"),
    ],
)
def test_the_utc_time_comes_before_the_one_with_an_offset(times, utc, basis):
    found = as_sample(event(entry(**times), timezone="Europe/Berlin"))

    assert (found["occurred_at"], found.get("time_basis")) == (utc, basis)


def test_the_scans_of_all_carriers_of_a_journey_make_one_history():
    first = [entry("InTransit_Departure", "2026-04-11T08:00:00Z"), entry("InfoReceived", "x")]
    second = [entry("Delivered_Other", "2026-04-13T08:00:00Z"), None, entry()]
    result = parsed(TRACK17, message(second, first, None, "x"))

    assert [one.milestone for one in result.events] == [
        "departed_facility",
        "arrived_at_facility",
        "delivered",
    ]
    assert result.skipped == [Skipped(1, "not an object"), Skipped(4, "no usable time")]


def test_two_scans_without_any_code_are_kept_apart_by_their_words():
    one, other = entry(None), entry(None, description="Sorted")

    assert event(one).identity == event(one).identity != event(other).identity


def test_place_and_country_as_far_as_they_are_given():
    found = event(entry(address={"city": "Lyon", "country": "FR"}))

    assert (found.location, found.country) == ("Lyon, FR", "FR")
    assert event(entry(location="Hub", address=None)).location == "Hub"


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"data": {}}, "/event"),
        ({"event": "TRACKING_UPDATED", "data": []}, "/data"),
        ({"event": "TRACKING_UPDATED", "data": {"number": ""}}, "/data/number"),
        ({"event": "TRACKING_UPDATED", "data": {"number": 1}}, "/data/track_info"),
        (message([0] * 20_000), "/data/track_info"),
    ],
)
def test_a_message_without_its_frame_is_refused(content, pointer):
    assert refusal(formats.get(TRACK17).check, written(content)).pointer == pointer


def test_a_stopped_tracking_is_acknowledged_and_not_used():
    other = {"event": "TRACKING_STOPPED", "data": {"number": "RR1"}}

    assert formats.get(TRACK17).check(written(other)).ignored
    assert parsed(TRACK17, other).events == []
