"""DHL Unified beyond the recorded messages."""

import pytest

from tests.integrations.formats.recorded import only, parsed

DHL = "dhl_unified"


def entry(code="transit", at="2026-04-12T08:00:00Z", **more):
    return {"timestamp": at, "statusCode": code} | more


def event(*events, timezone=None, **shipment):
    found = {"id": "JD01", "events": list(events)} | shipment
    return only(parsed(DHL, {"shipments": [found]}, timezone=timezone))


@pytest.mark.parametrize(
    ("coarse", "fine", "milestone", "reason", "unmapped"),
    [
        ("transit", "srted", "arrived_at_facility", None, False),
        ("failure", "NDELV", "delivery_attempted", "other", False),
        ("failure", "xxxxx", "exception", "other", False),
        ("unknown", None, "info_only", None, False),
        ("DELIVERED", "", "delivered", None, False),
        (None, "dlvrd", "delivered", None, False),
        ("customs", "xxxxx", "info_only", None, True),
    ],
)
def test_the_detailed_code_where_it_is_listed_else_the_coarse_one(
    coarse, fine, milestone, reason, unmapped
):
    found = event(entry(coarse, statusDetailed=fine, description="Recipient refused", status="X"))

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


def test_the_status_repeats_the_newest_event_and_is_not_told_twice():
    status = entry("delivered", at="2026-04-12T09:00:00+02:00")

    assert event(entry(), status=status).milestone == "in_transit"
    assert event(status=status).milestone == "delivered"
    assert parsed(DHL, {"shipments": [{"id": 1, "status": "delivered"}]}).events == []


@pytest.mark.parametrize(
    ("told", "received_by", "signed_at", "signature", "url"),
    [
        ({"signed": {"name": "H. Gruber"}}, "H. Gruber", None, False, None),
        ({"signed": {"givenName": "H.", "familyName": "Gruber"}}, "H. Gruber", None, False, None),
        ({"signed": "Gruber"}, "Gruber", None, False, None),
        ({"timestamp": "2026-04-12T10:00:00"}, None, "2026-04-12T08:00:00Z", False, None),
        ({"signatureUrl": "https://x/s"}, None, None, True, None),
        ({"documentUrl": "HTTPS://x/d"}, None, None, False, "HTTPS://x/d"),
    ],
)
def test_a_proof_says_what_dhl_has(told, received_by, signed_at, signature, url):
    details = {"proofOfDelivery": told}

    assert event(entry("delivered"), details=details, timezone="Europe/Berlin").pod == {
        "received_by": received_by,
        "signed_at": signed_at,
        "has_signature": signature,
        "document_available": bool(url),
        "document_url": url,
    }
    assert event(entry("transit"), details=details).pod is None


@pytest.mark.parametrize(
    "told",
    [None, [], {"documentUrl": "javascript:alert(1)"}, {"documentUrl": "https://x/" + "a" * 2000}],
)
def test_a_proof_of_nothing_is_none(told):
    assert event(entry("delivered"), details={"proofOfDelivery": told}).pod is None


@pytest.mark.parametrize(
    ("shipment", "eta"),
    [
        ({"estimatedTimeOfDelivery": "2026-04-15"}, "2026-04-15"),
        ({"estimatedTimeOfDelivery": "2026-04-15T00:00:00Z"}, "2026-04-15"),
        ({"estimatedTimeOfDelivery": "2026-04-15T18:00:00"}, "2026-04-15"),
        (
            {
                "estimatedTimeOfDelivery": "?",
                "estimatedDeliveryTimeFrame": {
                    "estimatedFrom": "2026-04-15T08:00:00+02:00",
                    "estimatedThrough": "2026-04-15T12:00:00+02:00",
                },
            },
            "2026-04-15T10:00:00Z",
        ),
        ({"estimatedDeliveryTimeFrame": {"estimatedFrom": "2026-04-15"}}, "2026-04-15"),
        ({}, None),
    ],
)
def test_a_promise_is_the_estimated_time_or_the_end_of_the_frame(shipment, eta):
    assert event(entry(), **shipment).eta == eta


def test_another_language_is_no_other_content():
    german = event(entry(description="Zugestellt", status="ZUGESTELLT"))
    english = event(entry(description="Delivered", status="DELIVERED"))

    assert (german.identity, german.content) == (english.identity, english.content)
    assert german.description == "Zugestellt"
