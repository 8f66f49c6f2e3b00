"""What a feed no longer says changes nothing (R240), and what a site stored while it was offline counts by its own time (R244)."""

import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.integrations import inbox
from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.models import Message
from apps.shipments.models import Package, PackageLink, Shipment
from tests.integrations.factories import make_partner, post
from tests.integrations.formats.recorded import SECRETS, document
from tests.shipments.factories import make_order, make_shipment, states

pytestmark = pytest.mark.django_db
FULL = {
    "ups_track": "ups_track/01_delivered_with_pod.json",
    "fedex_track": "fedex_track/01_delivered_with_pod.json",
    "dhl_unified": "dhl_unified/01_delivered_with_pod.json",
    "usps_tracking": "usps_tracking/01_delivered.json",
    "easypost": "easypost/01_delivered.json",
    "aftership": "aftership/01_delivered_signed.json",
}


def emptied(name: str, full: Any) -> Any:
    """The same number's answer on a bad day: no history, no promise, no proof."""
    body = deepcopy(full)
    if name == "ups_track":
        package = body["trackResponse"]["shipment"][0]["package"][0]
        for key in set(package) - {"trackingNumber"}:
            del package[key]
        package["activity"] = []
    elif name == "fedex_track":
        result = body["output"]["completeTrackResults"][0]["trackResults"][0]
        for key in set(result) - {"trackingNumberInfo"}:
            del result[key]
        result["scanEvents"] = None
    elif name == "dhl_unified":
        [shipment] = body["shipments"]
        body["shipments"] = [{"id": shipment["id"], "service": shipment["service"], "events": []}]
    elif name == "usps_tracking":
        body = {"trackingNumber": body["trackingNumber"], "trackingEvents": []}
    elif name == "easypost":
        body |= {"id": "evt_emptied"}
        body["result"] |= {
            "status": "unknown",
            "tracking_details": [],
            "est_delivery_date": None,
            "signed_by": None,
        }
    elif name == "aftership":
        body |= {"event_id": "emptied"}
        body["msg"] |= {"checkpoints": [], "expected_delivery": None, "signed_by": None}
    return body  # fmt: skip


@pytest.mark.parametrize("name", sorted(FULL))
def test_an_answer_that_says_less_than_the_one_before_takes_nothing_back(name):
    full = document(FULL[name])
    partner = make_partner(name)
    assert post(partner, full).status_code == 202
    inbox.drain()
    before = states()
    assert [one["milestone"] for one in before if one["holds"]] != []

    answer = post(partner, emptied(name, full))
    inbox.drain()

    assert answer.status_code in (200, 202, 400)
    assert states() == before
    assert not Message.objects.filter(status__in=["received", "dead", "conflict"]).exists()


def test_what_was_last_heard_long_ago_is_marked_stale_and_stays(company, olga):
    partner = make_partner("tpl_generic", "Gent 3PL", company)
    shipment = make_shipment(company, make_order(company))
    told = {"event_id": "e1", "event_code": "in_transit", "event_time": "2026-03-10T09:00:00Z"}
    post(partner, {"message_id": "m1", "events": [told | {"shipment": {"tracking_number": "AB1"}}]})
    inbox.drain()
    PackageLink.objects.create(package=Package.objects.get(), shipment=shipment, said_by="odoo")
    heard = timezone.now() - timedelta(hours=30)
    Package.objects.update(heard_at=heard)
    Shipment.objects.update(heard_at=heard, execution_status="in_transit")
    client = Client()
    client.force_login(olga)

    shown = client.get(reverse("shipment", args=[shipment.public_id])).content.decode()

    assert "stale" in shown
    assert "n transit" in shown


STORED = [
    ("order.allocated", "08:00"),
    ("pick.completed", "09:10"),
    ("pack.completed", "09:40"),
    ("label.printed", "09:50"),
    ("shipment.shipped", "11:00"),
]


def from_site(kind: str, clock: str) -> dict[str, Any]:
    """One handheld's event, with the site's own clock and zone."""
    return {
        "id": f"evt-{kind}", "type": kind, "timestamp": f"2026-03-10T{clock}:00+01:00",
        "data": {"order_ref": "S1", "shipment_ref": "WH/OUT/1", "tracking_number": "1Z1", "device_id": "scan-7"},
    }  # fmt: skip


@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [2, 0, 4, 1, 3]])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_site_that_was_offline_is_told_in_its_own_order_when_it_is_back(order, at_once, company):
    site = make_partner("wms_generic", "Site")
    for index in order:
        event = from_site(*STORED[index])
        answer = post(site, event, **_signed_as(event))
        assert answer.status_code == 202, answer.content
        if not at_once:
            inbox.drain()
    inbox.drain()
    parcel = Package.objects.get(number="1Z1")
    told = list(parcel.events.order_by("occurred_at").values_list("source_code", flat=True))
    assert told == [kind for kind, _ in STORED]
    in_order = _state(parcel)

    again = make_partner("wms_generic", "Another site")
    for kind, clock in STORED:
        event = from_site(kind, clock)
        event["data"]["tracking_number"] = "1Z2"
        post(again, event, **_signed_as(event))
        inbox.drain()
    assert in_order == _state(Package.objects.get(number="1Z2"))


def _state(parcel: Package) -> tuple[Any, ...]:
    return (
        parcel.milestone, parcel.status, parcel.terminal, parcel.last_event_at, parcel.event_count,
        parcel.exception_reason,
    )  # fmt: skip


def _signed_as(event: dict[str, Any]) -> dict[str, str]:
    """A site's envelope carries its own id as the webhook's."""
    raw, secret = json.dumps(event).encode(), SECRETS["wms_generic"]
    return SCHEMES["standard_webhooks"].sign(raw, secret, timezone.now(), event["id"])
