"""FedEx Track beyond the recorded messages."""

import pytest

from tests.integrations.formats.recorded import only, parsed

FEDEX = "fedex_track"


def scan(kind="IT", trouble="", at="2026-04-12T08:00:00Z", **more):
    return {"date": at, "eventType": kind, "exceptionCode": trouble} | more


def result(*scans, unique="1~7~FX", number="794600000077", **more):
    info = {"trackingNumber": number, "trackingNumberUniqueId": unique}
    return {"trackingNumberInfo": info, "scanEvents": list(scans)} | more


def answer(*results):
    return {"output": {"completeTrackResults": [{"trackResults": list(results)}]}}


def event(*scans, timezone=None, **more):
    return only(parsed(FEDEX, answer(result(*scans, **more)), timezone=timezone))


@pytest.mark.parametrize(
    ("kind", "trouble", "milestone", "reason"),
    [
        ("DE", "08", "delivery_attempted", "recipient_unavailable"),
        ("DE", "14", "return_in_transit", None),
        ("DE", "99", "delivery_attempted", "other"),
        ("se", "a25", "customs_hold", "customs_processing"),
        ("CP", "29", "info_only", "customer_requested_change"),
        ("DY", " 84 ", "delayed", "weather"),
        ("DD", 84, "delayed", "weather"),
        ("IT", "84", "in_transit", None),
        ("DL", "10", "delivered", None),
        ("OW", None, "in_transit", None),
        ("CA", "", "cancelled", None),
    ],
)
def test_an_exception_code_counts_with_six_types_only(kind, trouble, milestone, reason):
    found = event(scan(kind, trouble))

    assert (found.milestone, found.exception_reason, found.unmapped) == (milestone, reason, False)


def test_the_derived_code_is_not_asked():
    found = event(scan("??", derivedStatusCode="DL"))

    assert (found.milestone, found.unmapped) == ("info_only", True)


@pytest.mark.parametrize(
    ("kind", "at", "basis"),
    [
        ("PU", "2026-04-12T00:00:00-05:00", "date_only"),
        ("px", "2026-04-12T00:00:00", "date_only"),
        ("PU", "2026-04-12T00:00:01-05:00", None),
        ("IT", "2026-04-12T00:00:00-05:00", None),
        ("IT", "2026-04-12T00:00:00", "assumed_zone"),
    ],
)
def test_a_pickup_at_midnight_is_a_pickup_on_that_day(kind, at, basis):
    found = event(scan(kind, at=at), timezone="America/Chicago")

    assert found.time_basis == basis
    assert found.occurred_at.isoformat().startswith("2026-04-12T05:00:0")


@pytest.mark.parametrize(
    ("more", "eta"),
    [
        ({"estimatedDeliveryTimeWindow": {"window": {"ends": "2026-04-14T20:00:00-05:00"}}},
         "2026-04-15T01:00:00Z"),
        ({"estimatedDeliveryTimeWindow": {"window": {"begins": "2026-04-14T08:00:00"}}},
         "2026-04-14"),
        ({"estimatedDeliveryTimeWindow": {"window": {"ends": ""}},
          "standardTransitTimeWindow": {"window": {"ends": "2026-04-16"}}}, "2026-04-16"),
        ({"dateAndTimes": [{"type": "SHIP", "dateTime": "2026-04-10T00:00:00"},
                           {"type": "ESTIMATED_DELIVERY", "dateTime": "2026-04-17T00:00:00"}]},
         "2026-04-17"),
        ({"estimatedDeliveryTimeWindow": None, "dateAndTimes": None}, None),
    ],
)  # fmt: skip
def test_the_estimated_window_then_the_standard_one_then_the_estimated_delivery(more, eta):
    assert event(scan(), **more).eta == eta
    assert event(scan("DL"), **more).eta is None


def test_the_unique_id_keeps_shipments_of_one_number_apart():
    now = result(scan(at="2026-04-12T08:00:00Z"), unique="2~7~FX")
    then = result(scan("DL", at="2024-04-12T08:00:00Z"))
    for both in ((now, then), (then, now)):
        found = only(parsed(FEDEX, answer(*both)))
        assert (found.generation_hint, found.milestone) == ("2~7~FX", "in_transit")
    assert event(scan(), unique="").generation_hint is None


def test_other_numbers_of_the_answer_are_all_kept():
    events = parsed(FEDEX, answer(result(scan()), result(scan(), number="794600000088"))).events

    assert [one.tracking_number for one in events] == ["794600000077", "794600000088"]


@pytest.mark.parametrize(
    ("images", "signature", "document"),
    [
        ([], False, False),
        ([{"type": "BILL_OF_LADING"}], False, False),
        ([{"type": "PROOF_OF_DELIVERY"}], False, True),
        ([{"type": "SIGNATURE_PROOF_OF_DELIVERY"}], True, True),
        ([None, {"type": None}], False, False),
    ],
)
def test_a_name_is_no_signature_and_only_a_listed_document_is_one(images, signature, document):
    pod = event(
        scan("DL"), availableImages=images, deliveryDetails={"receivedByName": "R.SILVA"}
    ).pod

    assert (pod["received_by"], pod["has_signature"], pod["document_available"]) == (
        "R.SILVA",
        signature,
        document,
    )


def test_the_words_of_the_scan_and_of_its_exception_stand_together():
    found = event(
        scan("SE", "84", eventDescription="Shipment exception", exceptionDescription="Snow<br>")
    )

    assert found.description == "Shipment exception: Snow"
    assert found.source_code == "SE/84"
