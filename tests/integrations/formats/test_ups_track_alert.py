"""UPS Track Alert beyond the recorded messages."""

import pytest

from apps.integrations import formats
from apps.integrations.formats.base import as_sample
from tests.integrations.formats.recorded import (
    NOW,
    document,
    only,
    parsed,
    refusal,
    scheme,
    written,
)

UPS = "ups_track_alert"


def alert(status=None, **changes):
    found = document("ups_track_alert/01_out_for_delivery.json") | changes
    if status is not None:
        kind, code, number = status
        found["activityStatus"] = {"type": kind, "code": code, "descriptionCode": number}
    return found


def event(status=None, *, timezone=None, **changes):
    return only(parsed(UPS, alert(status, **changes), timezone=timezone))


@pytest.mark.parametrize(
    ("status", "milestone", "reason", "unmapped"),
    [
        (("M", "DP", ""), "label_created", None, False),
        (("I", "DP", ""), "departed_facility", None, False),
        (("i", "dp", "003"), "departed_facility", None, False),
        (("D", "ZP", "011"), "available_for_pickup", None, False),
        (("D", "B0", "011"), "returned_to_sender", None, False),
        (("D", "??", "011"), "delivered", None, False),
        (("D", "??", ""), "delivered", None, False),
        (("X", "??", "64"), "delivery_attempted", "recipient_refused", False),
        (("X", "??", "999"), "exception", "other", False),
        (("X", "CA", "013"), "exception", "oversize", False),
        (("", "", "021"), "out_for_delivery", None, False),
        (("Q", "??", "999"), "info_only", None, True),
    ],
)
def test_status_is_looked_up_by_type_and_code_then_number_then_type(
    status, milestone, reason, unmapped
):
    found = event(status)

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


def test_only_the_two_schedule_codes_carry_a_promise():
    promised = {"scheduledDeliveryDate": "20260311"}

    assert event(("U", "UP", ""), **promised).eta == "2026-03-11"
    assert event(("U", "UT", ""), **promised).eta == "2026-03-11"
    assert event(("U", "PX", ""), **promised).eta is None
    assert event(("I", "OT", ""), **promised).eta is None
    assert event(("U", "UP", ""), scheduledDeliveryDate="20260231").eta is None


@pytest.mark.parametrize(
    ("times", "utc", "basis"),
    [
        ({"gmtActivityTime": "03:02:11"}, "2026-03-10T03:02:11Z", None),
        ({"gmtActivityTime": "30211"}, "2026-03-10T03:02:11Z", None),
        ({"gmtActivityDate": "", "gmtOffset": "-06.00"}, "2026-03-10T14:02:11Z", None),
        ({"gmtActivityDate": " ", "gmtOffset": " "}, "2026-03-10T14:02:11Z", "assumed_zone"),
        ({"gmtActivityTime": "", "localActivityTime": ""}, "2026-03-10T06:00:00Z", "date_only"),
        (
            {"gmtActivityTime": "", "localActivityTime": "", "gmtOffset": "-07.00"},
            "2026-03-10T07:00:00Z",
            "date_only",
        ),
        (
            {"gmtActivityTime": "", "localActivityDate": ""},
            "2026-03-10T00:00:00Z",
            "date_only",
        ),
    ],
)
def test_gmt_comes_before_local_with_offset_before_the_default_zone(times, utc, basis):
    sample = as_sample(event(timezone="America/Boise", **times))

    assert (sample["occurred_at"], sample.get("time_basis")) == (utc, basis)


def test_a_photo_is_said_to_exist_and_left_where_it_is():
    found = event(("D", "FS", ""), deliveryPhoto="/9j/" + "A" * 100_000, receivedBy=" ORTIZ ")

    assert found.pod == {
        "received_by": "ORTIZ",
        "signed_at": None,
        "has_signature": False,
        "document_available": True,
        "document_url": None,
    }
    assert "/9j/" not in repr(found)
    assert event(("D", "FS", ""), receivedBy=" ").pod is None


def test_the_photo_code_alone_is_a_document():
    assert event(("U", "PX", ""), deliveryPhoto="").pod["document_available"] is True


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"trackingNumber": " "}, "/trackingNumber"),
        ({"trackingNumber": ["1Z"]}, "/trackingNumber"),
        ({"trackingNumber": True}, "/trackingNumber"),
        ({"trackingNumber": "1" * 101}, "/trackingNumber"),
        ({"activityStatus": None}, "/activityStatus"),
        ({"activityStatus": {"type": " ", "code": "OT"}}, "/activityStatus/type"),
        (
            {"gmtActivityDate": "", "localActivityDate": "2026-03-10"},
            "/gmtActivityDate",
        ),
        ({"gmtActivityDate": "20261310", "localActivityDate": None}, "/gmtActivityDate"),
    ],
)
def test_a_message_without_its_one_event_is_refused_with_the_field(changes, pointer):
    error = refusal(formats.get(UPS).check, written(alert(**changes)))

    assert (error.reason, error.pointer) == ("malformed_payload", pointer)


def test_fields_of_another_type_count_as_absent():
    found = event(
        activityLocation=["Boise"], receivedBy={"name": "X"}, gmtOffset=7, deliveryPhoto=False
    )

    assert (found.location, found.country, found.pod) == ("", None, None)


def test_the_same_scan_has_one_identity_whoever_sends_it_and_however_it_is_written():
    one = event()

    assert event(trackingNumber="1z test-000000000052").identity == one.identity
    assert only(parsed(UPS, alert(), slug="another")).identity == one.identity
    assert event(gmtActivityTime="140212").identity != one.identity
    assert event(("I", "DP", "")).identity != one.identity


def test_a_scan_more_than_a_day_ahead_is_kept_and_flagged():
    assert event(gmtActivityDate="20260401").flags == ("suspect_time",)
    assert event().flags == ()


@pytest.mark.parametrize(
    "agent", ["curl/8", "upspubsubtrackingservice", "UPSPubSubTrackingService/2"]
)
def test_the_right_credential_from_another_sender_is_refused(agent):
    headers = {"credential": "s", "User-Agent": agent}

    error = refusal(scheme(UPS).verify, b"{}", headers, ["s"], NOW)
    assert error.reason == "invalid_signature"


def test_both_credentials_are_good_while_one_is_being_changed():
    for secret in ("old", "new-é"):
        headers = scheme(UPS).sign(b"{}", secret, NOW, "")
        scheme(UPS).verify(b"{}", headers, ["old", "new-é"], NOW)
