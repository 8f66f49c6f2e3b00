"""`manage.py carrier_link`: a customer says which carrier Odoo's delivery methods stand for."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.mirror.models import DeliveryCarrier, Picking
from apps.shipments.models import CarrierLink, Package
from apps.shipments.projection import project

pytestmark = pytest.mark.django_db


@pytest.fixture
def method(db):
    """A delivery method as Odoo names it."""
    return DeliveryCarrier.objects.create(
        connection="default",
        odoo_id=7,
        name="UPS Standard",
        content_hash="x",
        read_started_at=timezone.now(),
    )


def run(*words: str) -> str:
    out = StringIO()
    call_command("carrier_link", *words, stdout=out)
    return out.getvalue()


def test_parcels_shipped_before_the_link_get_the_carrier_too(method, company):
    Picking.objects.create(
        connection="default", odoo_id=70, name="WH/OUT/00001", state="done", kind="outgoing", company=company,
        carrier_odoo_id=method.odoo_id, tracking_ref="1Z5", content_hash="x", read_started_at=timezone.now(),
    )  # fmt: skip
    project("default", pickings=[70])
    assert Package.objects.get(number="1Z5").carrier is None

    run("ups", "UPS Standard")

    package = Package.objects.get(number="1Z5", links__isnull=False)
    assert package.carrier is not None
    assert package.carrier.slug == "ups"


def test_a_method_stands_for_the_carrier_named_last(method):
    run("usps", "UPS Standard")
    run("ups", "UPS Standard")

    assert CarrierLink.objects.get().carrier.slug == "ups"
    assert run().split() == ["ups", "UPS", "Standard"]


def test_an_unknown_method_is_said_with_those_that_exist_and_nothing_is_linked(method):
    with pytest.raises(CommandError, match=r"called UPX\. It has: UPS Standard\."):
        run("ups", "UPS Standard", "UPX")

    assert not CarrierLink.objects.exists()
