"""What a message brings about carries its correlation id, also when it is applied in a crowd."""

import pytest

from apps.integrations import inbox
from apps.journal.models import Entry
from apps.shipments.models import Package, Shipment
from apps.shipments.services import rollup
from tests.integrations.factories import batch, make_partner, post, stored
from tests.shipments.factories import make_order, make_package, make_shipment

pytestmark = pytest.mark.django_db


def test_each_entry_of_a_batch_names_the_message_behind_it(company):
    shipments = [make_shipment(company, make_order(company)) for _ in range(2)]
    packages = [
        make_package(f"AB{index}", shipment, carrier=None)
        for index, shipment in enumerate(shipments)
    ]
    rollup([shipment.id for shipment in shipments])
    partner = make_partner()
    answers = [
        post(partner, batch(f"m{index}", f"AB{index}", code="delivered")) for index in range(2)
    ]
    answers.append(post(partner, batch("m2", "UNKNOWN")))

    inbox.drain()

    told = [stored(answer).correlation_id for answer in answers]
    assert len(set(told)) == 3
    assert Package.objects.count() == 3
    for shipment, package, correlation_id in zip(shipments, packages, told, strict=False):
        order = Shipment.objects.get(pk=shipment.pk).order
        for kind, subject in (
            ("package.changed", package.public_id),
            ("shipment.delivered", shipment.public_id),
            ("order.changed", order.public_id),
        ):
            last = Entry.objects.filter(kind=kind, subject=subject).order_by("-id")[0]
            assert last.correlation_id == correlation_id, kind
    unlinked = Package.objects.get(number="UNKNOWN")
    assert Entry.objects.get(subject=unlinked.public_id).correlation_id == told[2]
