"""DCSA Track & Trace beyond the recorded messages."""

import pytest

from apps.integrations.formats.base import Skipped
from tests.integrations.formats.recorded import only, parsed

DCSA = "dcsa_tnt"


def entry(kind="EQUIPMENT", classifier="ACT", at="2026-04-12T08:00:00+08:00", **more):
    found = {
        "eventID": "e1", "eventType": kind, "eventClassifierCode": classifier,
        "eventDateTime": at, "eventCreatedDateTime": "2026-04-12T10:00:00Z",
        "equipmentReference": "MSKU0000017",
    }  # fmt: skip
    return found | more


def event(kind="EQUIPMENT", classifier="ACT", *, slug="acme", timezone=None, **more):
    return only(parsed(DCSA, [entry(kind, classifier, **more)], slug=slug, timezone=timezone))


@pytest.mark.parametrize(
    ("kind", "fields", "milestone", "reason", "unmapped"),
    [
        ("EQUIPMENT", {"equipmentEventTypeCode": "DROP"}, "delivered", None, False),
        (
            "EQUIPMENT",
            {"equipmentEventTypeCode": "DROP", "emptyIndicatorCode": "empty"},
            "info_only",
            None,
            False,
        ),
        (
            "EQUIPMENT",
            {"equipmentEventTypeCode": "????", "emptyIndicatorCode": "EMPTY"},
            "info_only",
            None,
            False,
        ),
        ("EQUIPMENT", {"equipmentEventTypeCode": "????"}, "info_only", None, True),
        ("EQUIPMENT", {}, "info_only", None, True),
        ("transport", {"transportEventTypeCode": "arri"}, "arrived_at_facility", None, False),
        (
            "SHIPMENT",
            {"shipmentEventTypeCode": "REJE", "documentTypeCode": "BKG"},
            "cancelled",
            "booking_rejected",
            False,
        ),
        (
            "SHIPMENT",
            {"shipmentEventTypeCode": "RELS", "documentTypeCode": "SRM"},
            "available_for_pickup",
            None,
            False,
        ),
        ("SHIPMENT", {"shipmentEventTypeCode": "RELS"}, "info_only", None, True),
    ],
)
def test_each_type_has_its_own_codes(kind, fields, milestone, reason, unmapped):
    found = event(kind, **fields)

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


@pytest.mark.parametrize(
    ("classifier", "milestone", "eta", "at", "unmapped"),
    [
        ("ACT", "arrived_at_facility", None, "2026-04-12T00:00:00+00:00", False),
        ("act", "arrived_at_facility", None, "2026-04-12T00:00:00+00:00", False),
        ("EST", "eta_updated", "2026-04-12T00:00:00Z", "2026-04-12T10:00:00+00:00", False),
        ("PLN", "eta_updated", "2026-04-12T00:00:00Z", "2026-04-12T10:00:00+00:00", False),
        ("REQ", "info_only", None, "2026-04-12T10:00:00+00:00", False),
        ("", "info_only", None, "2026-04-12T10:00:00+00:00", True),
        ("XYZ", "info_only", None, "2026-04-12T10:00:00+00:00", True),
    ],
)
def test_the_classifier_comes_first(classifier, milestone, eta, at, unmapped):
    found = event("TRANSPORT", classifier, transportEventTypeCode="ARRI")

    assert (found.milestone, found.eta, found.occurred_at.isoformat(), found.unmapped) == (
        milestone,
        eta,
        at,
        unmapped,
    )


@pytest.mark.parametrize(
    ("written", "eta"),
    [
        ("2026-05-01T06:00:00+05:30", "2026-05-01T00:30:00Z"),
        ("2026-05-01T06:00:00", "2026-05-01T04:00:00Z"),
        ("2026-05-01", "2026-05-01"),
        ("soon", None),
    ],
)
def test_an_estimate_is_an_instant_or_a_day(written, eta):
    found = event("TRANSPORT", "EST", at=written, timezone="Europe/Berlin")

    assert (found.eta, found.milestone, found.flags) == (eta, "eta_updated", ())


def test_the_event_id_is_the_identity_and_without_it_the_scan_is():
    one = event(equipmentEventTypeCode="LOAD")

    assert event(equipmentEventTypeCode="DISC").identity == one.identity
    assert event(equipmentEventTypeCode="DISC").content != one.content
    assert event(equipmentEventTypeCode="LOAD", slug="other").identity != one.identity
    bare = {"equipmentEventTypeCode": "LOAD", "eventID": None}
    assert event(**bare).identity == event(**bare, slug="other").identity != one.identity


def test_a_single_object_is_a_message_of_one():
    listed, single = parsed(DCSA, [entry()]), parsed(DCSA, entry())

    assert listed == single
    assert len(single.events) == 1


def test_bad_entries_are_skipped_in_their_place():
    result = parsed(
        DCSA, [entry(), None, entry("SIGNAL"), entry(equipmentReference=None), entry(at="x")]
    )

    assert len(result.events) == 1
    assert result.skipped == [
        Skipped(1, "not an object"),
        Skipped(2, "no known eventType"),
        Skipped(3, "no tracking number"),
        Skipped(4, "no usable time"),
    ]


@pytest.mark.parametrize(
    ("fields", "place", "country", "said"),
    [
        ({"transportCall": {"UNLocationCode": "NLRTM"}}, "NLRTM", "NL", ""),
        (
            {"eventLocation": {"locationName": "Rotterdam", "UNLocationCode": "NLRTM"}},
            "Rotterdam, NLRTM",
            "NL",
            "",
        ),
        (
            {"transportCall": {"UNLocationCode": "12345", "vessel": {"vesselName": "MV X"}}},
            "12345",
            None,
            "MV X",
        ),
        ({"delayReasonCode": "WEA", "changeRemark": "Gale"}, "", None, "Gale (WEA)"),
        ({"delayReasonCode": "WEA"}, "", None, "WEA"),
        ({"reason": "Papers missing"}, "", None, "Papers missing"),
    ],
)
def test_where_and_why_as_far_as_the_carrier_says(fields, place, country, said):
    found = event(**fields)

    assert (found.location, found.country, found.description) == (place, country, said)


def test_booking_and_bill_of_lading_are_named():
    papers = [
        {"documentReferenceType": "BKG", "documentReferenceValue": "B1"},
        {"documentReferenceType": "TRD", "documentReferenceValue": 7},
        {"documentReferenceType": "BKG", "documentReferenceValue": "B2"},
    ]

    assert event(documentReferences=papers).references == {"booking": "B1", "bill_of_lading": "7"}
