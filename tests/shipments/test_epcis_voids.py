"""A correction takes an event back, from the format to the stored event, in whatever order they come."""

import json
from datetime import UTC, datetime
from itertools import permutations

import pytest

from apps.integrations import formats
from apps.integrations.formats.base import Source
from apps.shipments.apply import apply
from apps.shipments.models import Event, Package
from tests.shipments.factories import message

pytestmark = pytest.mark.django_db

SSCC = "urn:epc:id:sscc:4012345.0000000017"


def event(number, step, day, **changes):
    return {
        "type": "ObjectEvent", "eventID": f"urn:uuid:{number}", "epcList": [SSCC], "bizStep": step,
        "eventTime": f"2026-03-{day:02}T10:00:00Z",
    } | changes  # fmt: skip


SHIPPED = event(1, "shipping", 9)
RECEIVED = event(2, "receiving", 10)
VOID = RECEIVED | {"errorDeclaration": {"declarationTime": "2026-03-11T10:00:00Z"}}


def read(*events):
    raw = json.dumps({"type": "EPCISDocument", "epcisBody": {"eventList": list(events)}}).encode()
    format_ = formats.get("epcis_2_0")
    source = Source("gs1", "epcis_2_0")
    return format_.parse(
        raw, format_.load_codes(), source, datetime(2026, 3, 12, tzinfo=UTC)
    ).events


@pytest.mark.parametrize("order", permutations([SHIPPED, RECEIVED, VOID]))
@pytest.mark.parametrize("together", [False, True])
def test_the_event_taken_back_does_not_count_whenever_the_correction_comes(order, together):
    batches = [read(*order)] if together else [read(one) for one in order]
    for events in batches:
        apply([message(*events)])

    assert Package.objects.get().milestone == "departed_facility"
    assert Event.objects.count() == 3
    assert Event.objects.get(milestone="goods_received").voided_at is not None
