"""The raw bytes of a message are for those whose goods it speaks of."""

import pytest

from apps.integrations import inbox, queries
from apps.shipments.services import rollup
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post, stored
from tests.shipments.factories import make_order, make_package, make_shipment

pytestmark = pytest.mark.django_db


def test_a_message_that_repeats_anothers_scans_is_no_window_on_them(company, ines):
    elsewhere = make_company("Elsewhere Inc")
    theirs = make_person("Ida Elsewhere", "integration", elsewhere)
    shipment = make_shipment(company, make_order(company))
    make_package("AB1", shipment, carrier=None)
    rollup([shipment.id])
    partner = make_partner()
    document = batch("m1", "AB1")
    first = stored(post(partner, document))
    again = stored(post(partner, {**document, "message_id": "m2"}))
    inbox.drain()

    for message in (first, again):
        message.refresh_from_db()
        assert queries.messages_of(ines).filter(pk=message.pk).exists()
        assert not queries.messages_of(theirs).filter(pk=message.pk).exists(), message.status


def test_nor_is_one_that_contradicts_it_under_the_same_id(company, ines):
    theirs = make_person("Ida Elsewhere", "integration", make_company("Elsewhere Inc"))
    shipment = make_shipment(company, make_order(company))
    make_package("AB1", shipment, carrier=None)
    rollup([shipment.id])
    partner = make_partner()
    post(partner, batch("m1", "AB1"))
    inbox.drain()
    other = stored(post(partner, batch("m1", "AB1", code="delivered")))

    assert other.status == "conflict"
    assert queries.messages_of(ines).filter(pk=other.pk).exists()
    assert not queries.messages_of(theirs).filter(pk=other.pk).exists()
