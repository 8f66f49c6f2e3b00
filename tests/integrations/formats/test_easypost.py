"""EasyPost trackers beyond the recorded messages."""

import pytest

from apps.integrations import formats
from apps.integrations.formats.base import Skipped, as_sample
from tests.integrations.formats.recorded import (
    NOW,
    document,
    only,
    parsed,
    refusal,
    scheme,
    written,
)

EASYPOST = "easypost"


def snapshot(*details, **tracker):
    found = document("easypost/04_exception_damaged.json")
    found["result"] |= {"est_delivery_date": None, "tracking_details": list(details)} | tracker
    return found


def detail(status="in_transit", status_detail="unknown", when="2026-03-09T08:00:00Z", **more):
    return {"status": status, "status_detail": status_detail, "datetime": when} | more


@pytest.mark.parametrize(
    ("status", "status_detail", "milestone", "reason", "unmapped"),
    [
        ("delivered", "arrived_at_destination", "delivered", None, False),
        ("Delivered", "", "delivered", None, False),
        ("return_to_sender", "refused", "return_in_transit", "recipient_refused", False),
        ("delivered", "delivery_exception", "delivered", None, False),
        ("cancelled", "label_created", "cancelled", None, False),
        ("in_transit", "status_update", "in_transit", None, False),
        ("in_transit", "arrived_at_destination", "arrived_at_facility", None, False),
        ("in_transit", "weather_delay", "delayed", "weather", False),
        ("failure", "brand_new_detail", "exception", "other", False),
        ("failure", None, "exception", "other", False),
        ("teleported", "status_update", "info_only", None, True),
        (None, None, "info_only", None, True),
    ],
)
def test_five_statuses_win_then_the_detail_then_the_status(
    status, status_detail, milestone, reason, unmapped
):
    found = only(parsed(EASYPOST, snapshot(detail(status, status_detail))))

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


def test_an_empty_history_gives_one_event_from_the_tracker():
    tracker = {"status": "pre_transit", "status_detail": "label_created"}
    for history in ([], None):
        found = only(parsed(EASYPOST, snapshot(**tracker, tracking_details=history)))
        assert as_sample(found) == {
            "milestone": "label_created",
            "tracking_number": "EZ1000000022",
            "occurred_at": "2026-03-10T00:00:00Z",
            "exception_reason": None,
        }


@pytest.mark.parametrize("status", ["unknown", "Unknown", "", None])
def test_an_empty_history_of_unknown_status_gives_nothing(status):
    result = parsed(EASYPOST, snapshot(status=status, updated_at=None))

    assert (result.events, result.skipped, result.ignored) == ([], [], None)


def test_an_empty_history_without_a_time_is_refused():
    raw = written(snapshot(status="in_transit", updated_at="soon"))

    error = refusal(formats.get(EASYPOST).check, raw)
    assert error.pointer == "/result/updated_at"


def test_entries_without_time_are_skipped_and_the_others_kept():
    entries = [detail(when=None), detail(), "noise", detail(when="2026-02-30T00:00:00Z"), None]
    result = parsed(EASYPOST, snapshot(*entries))

    assert len(result.events) == 1
    assert result.skipped == [
        Skipped(0, "no usable time"),
        Skipped(2, "not an object"),
        Skipped(3, "no usable time"),
        Skipped(4, "not an object"),
    ]


def test_a_time_without_offset_is_read_in_the_sources_zone():
    found = only(
        parsed(EASYPOST, snapshot(detail(when="2026-07-09T08:00:00")), timezone="America/Chicago")
    )

    assert as_sample(found)["occurred_at"] == "2026-07-09T13:00:00Z"
    assert found.time_basis == "assumed_zone"


@pytest.mark.parametrize("kind", ["batch.updated", "scan_form.created", "payment.failed"])
def test_other_kinds_of_events_are_acknowledged_and_not_used(kind):
    other = {"object": "Event", "id": "evt_1", "description": kind, "result": None}

    assert formats.get(EASYPOST).check(written(other)).ignored.startswith(f"easypost {kind}")
    result = parsed(EASYPOST, other)
    assert (result.events, result.ignored) == ([], f"easypost {kind}: not a tracking event")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"object": "Batch"}, "/object"),
        ({"description": None}, "/description"),
        ({"id": ""}, "/id"),
        ({"result": []}, "/result"),
        ({"result": {"object": "Batch"}}, "/result"),
        ({"result": {"object": "Tracker", "tracking_code": None}}, "/result/tracking_code"),
        (
            {"result": {"object": "Tracker", "tracking_code": "1", "tracking_details": {}}},
            "/result/tracking_details",
        ),
    ],
)
def test_a_missing_field_is_refused_by_name(changes, pointer):
    error = refusal(formats.get(EASYPOST).check, written(snapshot(detail()) | changes))

    assert (error.reason, error.pointer) == ("malformed_payload", pointer)


def test_the_signer_belongs_to_the_newest_delivery_only():
    scans = [
        detail("delivered", when="2026-03-10T09:00:00Z"),
        detail("in_transit", when="2026-03-09T09:00:00Z"),
        detail("delivered", when="2026-03-08T09:00:00Z"),
    ]
    newest, *others = parsed(EASYPOST, snapshot(*scans, signed_by="K LEE")).events

    assert newest.pod["received_by"] == "K LEE"
    assert newest.pod["has_signature"] is False
    assert [event.pod for event in others] == [None, None]
    assert only(parsed(EASYPOST, snapshot(detail(), signed_by="K LEE"))).pod is None


@pytest.mark.parametrize(
    ("promised", "eta"),
    [
        ("2026-03-12T00:00:00Z", "2026-03-12"),
        ("2026-03-12", "2026-03-12"),
        ("2026-03-12T00:00:00", "2026-03-12"),
        ("2026-03-12T17:30:00Z", "2026-03-12T17:30:00Z"),
        ("2026-03-12T00:00:00-05:00", "2026-03-12T05:00:00Z"),
        ("someday", "2026-03-13"),
        (None, "2026-03-13"),
    ],
)
def test_a_promise_at_midnight_z_is_a_day_and_the_carriers_own_day_is_the_fallback(promised, eta):
    local = {"est_delivery_date_local": "2026-03-13"}
    content = snapshot(detail(), est_delivery_date=promised, carrier_detail=local)

    assert only(parsed(EASYPOST, content)).eta == eta


def test_the_promise_goes_with_the_newest_scan_and_ends_with_the_delivery():
    scans = [detail(when="2026-03-10T09:00:00Z"), detail(when="2026-03-09T09:00:00Z")]
    promise = {"est_delivery_date": "2026-03-12T00:00:00Z"}

    assert [e.eta for e in parsed(EASYPOST, snapshot(*scans, **promise)).events] == [
        "2026-03-12",
        None,
    ]
    done = [*scans, detail("delivered", when="2026-03-11T09:00:00Z")]
    assert {e.eta for e in parsed(EASYPOST, snapshot(*done, **promise)).events} == {None}


def test_a_scan_keeps_its_identity_in_every_snapshot_and_under_every_message_id():
    first = only(parsed(EASYPOST, snapshot(detail())))
    content = snapshot(detail(), detail("delivered"), signed_by="K LEE") | {"id": "evt_other"}
    later = parsed(EASYPOST, content).events

    assert later[0].identity == first.identity
    assert later[0].content == first.content
    assert later[1].identity != first.identity


def test_the_carrier_of_the_message_comes_before_the_sources():
    assert only(parsed(EASYPOST, snapshot(detail()), carrier="dhl")).carrier == "USPS"
    assert only(parsed(EASYPOST, snapshot(detail(), carrier=None), carrier="dhl")).carrier == "dhl"


@pytest.mark.parametrize(
    "value",
    ["hmac-sha1-hex=" + "0" * 40, "0" * 64, "hmac-sha256-hex=", "hmac-sha256-hex=" + "é" * 64],
)
def test_a_weak_or_malformed_signature_is_invalid(value):
    error = refusal(scheme(EASYPOST).verify, b"{}", {"X-Hmac-Signature": value}, ["secret"], NOW)

    assert error.reason == "invalid_signature"


def test_the_secret_counts_in_its_decomposed_form():
    signs = scheme(EASYPOST)
    headers = signs.sign(b"{}", "caf\u00e9", NOW, "")

    signs.verify(b"{}", headers, ["cafe\u0301"], NOW)
    assert refusal(signs.verify, b"{} ", headers, ["caf\u00e9"], NOW).status == 401
