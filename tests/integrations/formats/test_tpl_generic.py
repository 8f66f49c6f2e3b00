"""3PL batches and Standard Webhooks beyond the recorded messages."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from apps.integrations import formats
from apps.integrations.formats.base import Skipped, as_sample
from tests.integrations.formats.recorded import (
    NOW,
    SECRETS,
    document,
    only,
    parsed,
    refusal,
    scheme,
    written,
)

TPL = "tpl_generic"
SECRET = SECRETS[TPL]


def entry(**changes):
    found = document("tpl_generic/04_attempt_failed_naive_time.json")["events"][0]
    return found | changes


def batch(*entries):
    return {"message_id": "m1", "events": list(entries)}


def event(*, timezone=None, slug="acme", carrier=None, **changes):
    content = batch(entry(**changes))
    return only(parsed(TPL, content, timezone=timezone, slug=slug, carrier=carrier))


@pytest.mark.parametrize(
    ("code", "reason", "milestone", "found", "unmapped", "details"),
    [
        ("ATTEMPT_FAILED", "ABSENT", "delivery_attempted", "recipient_unavailable", False, {}),
        ("attempt_failed", "closed", "delivery_attempted", "business_closed", False, {}),
        ("ATTEMPT_FAILED", "DOG", "delivery_attempted", "other", False, {"reason": "DOG"}),
        ("ATTEMPT_FAILED", None, "delivery_attempted", "other", False, {}),
        ("AT_HUB", "WEATHER", "arrived_at_facility", "weather", False, {}),
        ("BEAMED_UP", "WEATHER", "info_only", "weather", True, {}),
        (7, None, "info_only", None, True, {}),
    ],
)
def test_a_listed_reason_replaces_the_one_of_the_code(
    code, reason, milestone, found, unmapped, details
):
    seen = event(event_code=code, reason=reason)

    assert (seen.milestone, seen.exception_reason, seen.unmapped, seen.details) == (
        milestone,
        found,
        unmapped,
        details,
    )


def test_bad_entries_are_skipped_with_their_reason_and_the_others_kept():
    result = parsed(
        TPL,
        batch(
            entry(),
            entry(event_time="tomorrow"),
            entry(event_code=" "),
            entry(shipment={"client_ref": "SO-1"}),
            entry(shipment={"tracking_number": "1" * 101}),
            None,
            entry(event_id="3e-22"),
        ),
    )

    assert [found.source_event_id for found in result.events] == ["3e-21", "3e-22"]
    assert result.skipped == [
        Skipped(1, "no usable time"),
        Skipped(2, "no event_code"),
        Skipped(3, "no tracking number"),
        Skipped(4, "no tracking number"),
        Skipped(5, "not an object"),
    ]


def test_a_batch_of_nothing_is_a_batch():
    result = parsed(TPL, batch())

    assert (result.events, result.skipped, result.ignored) == ([], [], None)


@pytest.mark.parametrize(
    ("shipment", "number", "references"),
    [
        ({"tracking_number": "0042", "tpl_ref": "T"}, "0042", {"shipment": "T"}),
        ({"tracking_number": 42, "client_ref": 7}, "42", {"order": "7"}),
        ({"tracking_number": " ", "tpl_ref": "3PL-1"}, "3PL-1", {"shipment": "3PL-1"}),
        ({"tracking_number": 1.5, "tpl_ref": 991}, "991", {"shipment": "991"}),
        ({"tracking_number": 10**20}, "1" + "0" * 20, {}),
    ],
)
def test_numbers_become_texts_and_keep_their_zeros(shipment, number, references):
    seen = event(shipment=shipment)

    assert (seen.tracking_number, seen.references) == (number, references)


@pytest.mark.parametrize(
    ("when", "place", "utc", "basis"),
    [
        ("2026-10-25T02:30:00", "Europe/Paris", "2026-10-25T00:30:00Z", "location_zone"),
        ("2026-03-29T02:30:00", "Europe/Paris", "2026-03-29T01:30:00Z", "location_zone"),
        ("2026-03-10T10:15:00", None, "2026-03-10T14:15:00Z", "assumed_zone"),
        ("2026-03-10T10:15:00", "Nowhere/Land", "2026-03-10T14:15:00Z", "assumed_zone"),
        ("2026-03-10", "Europe/Paris", "2026-03-09T23:00:00Z", "date_only"),
        ("2026-03-10", None, "2026-03-10T04:00:00Z", "date_only"),
        ("2026-03-10T10:15:00.250+01:00", "Asia/Tokyo", "2026-03-10T09:15:00.250Z", None),
    ],
)
def test_the_entrys_zone_comes_before_the_sources(when, place, utc, basis):
    seen = event(
        event_time=when, location={"name": "Hub", "timezone": place}, timezone="America/New_York"
    )

    assert (as_sample(seen)["occurred_at"], seen.time_basis) == (utc, basis)


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (None, None),
        ({}, None),
        ({"received_by": "", "document_url": None}, None),
        ({"document_url": "javascript:alert(1)"}, None),
        ({"document_url": "https://x/" + "a" * 2000}, None),
        ({"received_by": "Léa"}, ("Léa", None, False, False, None)),
        (
            {"signed_at": "2026-03-10T11:00:00"},
            (None, "2026-03-10T10:00:00Z", True, False, None),
        ),
        ({"document_url": "HTTPS://x/1"}, (None, None, False, True, "HTTPS://x/1")),
        (["received_by"], None),
    ],
)
def test_a_proof_says_what_there_is_and_nothing_more(pod, expected):
    names = ("received_by", "signed_at", "has_signature", "document_available", "document_url")

    assert event(pod=pod).pod == (expected and dict(zip(names, expected, strict=True)))


@pytest.mark.parametrize(
    ("value", "eta"),
    [
        ("2026-03-12", "2026-03-12"),
        ("2026-03-12T10:00:00", "2026-03-12T09:00:00Z"),
        ("2026-03-12T00:00:00Z", "2026-03-12T00:00:00Z"),
        ("soon", None),
        (None, None),
    ],
)
def test_a_promise_is_a_day_or_an_instant(value, eta):
    assert event(eta=value).eta == eta


def test_the_event_id_is_the_identity_within_its_partner():
    one = event()

    assert event(event_code="LOST").identity == one.identity
    assert event(event_code="LOST").content != one.content
    assert event().content == one.content
    assert event(slug="other").identity != one.identity


def test_without_an_event_id_the_scan_is_known_by_its_content():
    one = event(event_id=None)

    assert one.source_event_id is None
    assert event(event_id=" ", slug="other").identity == one.identity
    assert event(event_id=None, event_time="2026-03-10T10:16:00").identity != one.identity


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"events": []}, "/message_id"),
        ({"message_id": {}, "events": []}, "/message_id"),
        ({"message_id": "m"}, "/events"),
        ({"message_id": "m", "events": {}}, "/events"),
        ({"message_id": "m", "events": [0] * 20_001}, "/events"),
    ],
)
def test_a_batch_without_its_frame_is_refused(content, pointer):
    error = refusal(formats.get(TPL).check, written(content))

    assert (error.reason, error.pointer) == ("malformed_payload", pointer)


def test_long_texts_are_shortened_and_null_characters_removed():
    seen = event(note="a\x00" * 5000, location={"name": "n" * 9999, "country": "fra"})

    assert (len(seen.description), seen.description[:3]) == (500, "aaa")
    assert (len(seen.location), seen.country) == (200, None)


def test_the_library_of_the_standard_makes_the_same_signature():
    raw, now = '{"ü":1}'.encode(), datetime.now(UTC)
    headers = scheme(TPL).sign(raw, SECRET, now, "msg_1")

    Webhook(SECRET).verify(raw, headers)
    theirs = Webhook(SECRET).sign("msg_1", now, raw.decode())
    assert headers["webhook-signature"] == theirs


def test_any_of_several_signatures_and_secrets_may_match_during_a_rotation():
    signs = scheme(TPL)
    headers = signs.sign(b"{}", SECRET, NOW, "m")
    headers["webhook-signature"] = f"v1a,xyz v1,AAAA {headers['webhook-signature']} v1,"

    signs.verify(b"{}", headers, ["whsec_b2xk", SECRET], NOW)


@pytest.mark.parametrize("seconds", [301, -301, 10**9])
def test_a_signature_of_another_time_is_stale(seconds):
    signs = scheme(TPL)
    signed_at = NOW.replace(microsecond=0)
    headers = signs.sign(b"{}", SECRET, signed_at, "m")

    error = refusal(signs.verify, b"{}", headers, [SECRET], signed_at + timedelta(seconds=seconds))
    assert (error.reason, error.status) == ("stale_timestamp", 401)
    signs.verify(b"{}", headers, [SECRET], signed_at + timedelta(seconds=min(seconds, 300) % 301))


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "other"},
        {"webhook-timestamp": "1773187201"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "\u0661"},
        {"webhook-signature": "v0,AAAA"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,\u00e9\ud800"},
        {"webhook-signature": "sha1=AAAA"},
    ],
)
def test_a_changed_or_malformed_header_is_invalid(changes):
    signs = scheme(TPL)
    headers = signs.sign(b"{}", SECRET, NOW, "m") | changes

    assert refusal(signs.verify, b"{}", headers, [SECRET], NOW).reason == "invalid_signature"


def test_a_secret_that_is_no_secret_cannot_sign():
    for secret in ("", "whsec_", "whsec_é"):
        with pytest.raises(ValueError, match="whsec_"):
            scheme(TPL).sign(b"{}", secret, NOW, "m")
