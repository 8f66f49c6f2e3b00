"""Warehouse events beyond the recorded messages."""

import pytest

from apps.integrations import formats
from tests.integrations.formats.recorded import document, only, parsed, refusal, written

WMS = "wms_generic"


def message(**data):
    found = document("wms_generic/04_shipped.json")
    return found | {"data": data}


def check(content):
    return refusal(formats.get(WMS).check, written(content))


def test_each_package_with_a_number_is_an_event_of_its_own():
    packages = [
        {"package_ref": "P1", "tracking_number": "T1", "sscc": "0004", "weight_g": 4200},
        {"package_ref": "P2", "tracking_number": "T2"}, {"tracking_number": "T1"}, {"package_ref": "P3"}, 7,
    ]  # fmt: skip

    first, second = parsed(WMS, message(shipment_ref="SHP", packages=packages)).events

    assert (first.tracking_number, second.tracking_number) == ("T1", "T2")
    assert first.details["sscc"] == "0004"
    assert first.details["weight_g"] == 4200
    assert first.identity != second.identity


def test_the_shipments_number_goes_before_the_packages_and_its_reference_after():
    packages = [{"tracking_number": "T1"}]

    both = message(tracking_number="T9", shipment_ref="SHP", packages=packages)
    assert only(parsed(WMS, both)).tracking_number == "T9"
    assert only(parsed(WMS, message(shipment_ref="SHP", packages=[]))).tracking_number == "SHP"


@pytest.mark.parametrize(
    ("kind", "data", "subject", "named"),
    [
        ("inventory.adjusted", {"lines": [{"sku": "DESK-1", "adjusted": -3}]}, ("product", "DESK-1"), "stock.adjusted"),
        ("inventory.adjusted", {"sku": "DESK-1"}, ("product", "DESK-1"), "stock.adjusted"),
        ("order.allocated", {"order_ref": "S00012"}, ("order", "S00012"), "allocation.made"),
        ("dock.cleaned", {"order_ref": "S00012"}, ("order", "S00012"), "dock.cleaned"),
    ],
)  # fmt: skip
def test_a_step_without_goods_on_their_way_is_about_its_order_or_product(
    kind, data, subject, named
):
    event = only(parsed(WMS, message(**data) | {"type": kind}))

    assert (event.tracking_number, event.subject, event.kind) == ("", subject, named)


def test_lines_and_the_device_are_kept_as_told():
    event = only(parsed(WMS, document("wms_generic/02_pick_short.json")))
    handheld = only(parsed(WMS, message(shipment_ref="S", device_id="HH-07")))

    assert event.details["lines"] == [
        {"sku": "SKU-2", "ordered": 12, "picked": 9, "reason": "not_found"}
    ]
    assert event.references == {"order": "SO-70011", "shipment": "SHP-70011"}
    assert handheld.details["device"] == "HH-07"


def test_an_unlisted_type_stays_unmapped():
    event = only(parsed(WMS, message(shipment_ref="S") | {"type": "robot.dreamt"}))

    assert (event.milestone, event.unmapped) == ("info_only", True)


def test_a_local_time_is_read_in_the_partners_zone():
    content = message(shipment_ref="S") | {"timestamp": "2026-03-10T10:00:00"}

    event = only(parsed(WMS, content, timezone="America/Los_Angeles"))

    assert (event.occurred_at.hour, event.time_basis) == (17, "assumed_zone")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"id": "x" * 101}, "/id"),
        ({"type": ""}, "/type"),
        ({"timestamp": "yesterday"}, "/timestamp"),
        ({"timestamp": 1773165600}, "/timestamp"),
        ({"data": []}, "/data"),
        ({"data": {}}, "/data/shipment_ref"),
        ({"data": {"tracking_number": "x" * 101}}, "/data/shipment_ref"),
        ({"data": {"packages": "P1", "lines": {}}}, "/data/shipment_ref"),
    ],
)
def test_what_every_message_must_have_is_named_when_it_is_missing(changes, pointer):
    error = check(document("wms_generic/04_shipped.json") | changes)

    assert (error.reason, error.pointer) == ("malformed_payload", pointer)
