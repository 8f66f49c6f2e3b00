"""USPS Tracking beyond the recorded messages."""

import pytest

from tests.integrations.formats.recorded import only, parsed

USPS = "usps_tracking"


def entry(code="TL", local="2026-04-12T08:00:00", **more):
    return {"eventCode": code, "eventTimestamp": local, "eventType": "Moving"} | more


def answer(*entries, **more):
    return {"trackingNumber": "9400", "trackingEvents": list(entries)} | more


def event(*entries, timezone=None, **more):
    return only(parsed(USPS, answer(*entries, **more), timezone=timezone))


@pytest.mark.parametrize(
    ("times", "utc", "basis"),
    [
        ({"GMTTimestamp": "2026-04-12T15:00:07Z"}, "2026-04-12T15:00:07+00:00", None),
        ({"GMTTimestamp": "2026-04-12T15:00:07"}, "2026-04-12T15:00:07+00:00", None),
        ({"GMTTimestamp": "", "GMTOffset": "-05:00"}, "2026-04-12T13:00:00+00:00", None),
        ({"GMTTimestamp": None, "GMTOffset": "EST"}, "2026-04-12T15:00:00+00:00", "assumed_zone"),
        ({"eventTimestamp": "2026-04-12"}, "2026-04-12T07:00:00+00:00", "date_only"),
    ],
)
def test_the_gmt_time_wins_then_the_offset_then_the_sources_zone(times, utc, basis):
    found = event(entry(**times), timezone="America/Los_Angeles")

    assert (found.occurred_at.isoformat(), found.time_basis) == (utc, basis)


@pytest.mark.parametrize(
    ("code", "category", "milestone", "unmapped"),
    [
        (None, "Delivered", "delivered", False),
        ("", "delivery attempt", "delivery_attempted", False),
        (None, "Brand new", "info_only", True),
        (None, None, "info_only", True),
        ("ZZ", "Delivered", "info_only", True),
        ("of", "Delivered", "out_for_delivery", False),
        ("SF", "Delivered", "departed_facility", False),
    ],
)
def test_the_category_speaks_only_where_the_newest_event_has_no_code(
    code, category, milestone, unmapped
):
    found = event(entry(code), statusCategory=category)

    assert (found.milestone, found.unmapped) == (milestone, unmapped)


def test_a_scan_stays_the_same_when_the_category_goes_over_to_the_next():
    first = event(entry(None), statusCategory="Accepted")
    scans = [entry(None, "2026-04-12T09:00:00"), entry(None)]
    again, newest = parsed(USPS, answer(*scans, statusCategory="In Transit")).events

    assert (first.milestone, again.milestone, again.unmapped) == ("picked_up", "info_only", True)
    assert (again.identity, again.content) == (first.identity, first.content)
    assert newest.milestone == "in_transit"
    assert newest.identity != first.identity


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Ground Advantage<SUP>&#153;</SUP>", "Ground Advantage\u2122"),
        ("a < b & c > d", "a < b & c > d"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "alert(1)"),
        ("<!-- x -->A<br/>\n\tB", "A B"),
        ("&#0;&#xD800;", "\ufffd\ufffd"),
        ("<a" * 3000, "<a" * 250),
    ],
)
def test_html_in_a_text_is_taken_out(written, plain):
    found = event(entry(eventType=written)).description

    assert found.removesuffix("…") == plain[: len(found.removesuffix("…"))]
    assert len(found) <= 500


def test_the_mail_piece_keeps_used_numbers_apart_and_nothing_is_said_of_a_proof():
    found = event(entry("01"), uniqueMailPieceID=900000001, proofOfDeliveryEnabled="true")

    assert (found.generation_hint, found.pod) == ("900000001", None)


@pytest.mark.parametrize(
    ("more", "eta"),
    [
        ({"expectedDeliveryTimeStamp": "2026-04-14T21:00:00-05:00"}, "2026-04-15T02:00:00Z"),
        ({"expectedDeliveryTimeStamp": "2026-04-14T21:00:00"}, "2026-04-14"),
        (
            {"expectedDeliveryTimeStamp": "soon", "expectedDeliveryDate": "2026-04-16"},
            "2026-04-16",
        ),
    ],
)
def test_the_expected_time_comes_before_the_expected_day(more, eta):
    assert event(entry(), **more).eta == eta
    assert event(entry("01"), **more).eta is None
