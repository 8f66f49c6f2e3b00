"""One search shows all that one cause brought about: webhook, worker, journal, case, command, note in Odoo (R237)."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.exceptions.models import Case
from apps.integrations import inbox
from apps.integrations.models import Command
from apps.journal.models import Entry
from apps.mirror.models import Picking
from tests.approvals.factories import make_invoice, make_order, make_package, make_shipment
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post, stored
from tests.shipments.factories import at, mirrored

pytestmark = pytest.mark.django_db


def page(person, address, **query) -> str:
    client = Client()
    client.force_login(person)
    return client.get(address, query).content.decode()


@pytest.fixture
def delivered(company, settle):
    """Two orders' parcels delivered without proof, each by a webhook that brings a gateway's correlation id."""
    partner = make_partner("tpl_generic", "Gent 3PL", company)
    answers = []
    for number in (1, 2):
        shipment = make_shipment(make_order(company))
        make_invoice(shipment.order)
        make_package(shipment, tracking_number=f"1Z{number}")
        told = batch(f"order-told-{number}", f"1Z{number}", code="delivered")
        answers.append(post(partner, told, **{"X-Correlation-ID": f"gateway-2026-{number}"}))
    inbox.drain()
    settle()
    return [stored(answer) for answer in answers]


def test_what_a_webhook_brings_about_in_a_crowd_carries_its_own_id_up_to_the_command(delivered):
    commands = Command.objects.filter(kind="hold_invoice").order_by("pk")
    assert {one.correlation_id for one in commands} == {"gateway-2026-1", "gateway-2026-2"}
    for message in delivered:
        number = message.key[-1]
        case = Case.objects.get(kind="missing_proof", shipment__packages__number=f"1Z{number}")
        opened = Entry.objects.get(kind="case.opened", subject=case.public_id)
        held = Entry.objects.get(
            kind="hold.placed", payload__case=case.public_id, correlation_id=message.correlation_id
        )
        assert opened.correlation_id == message.correlation_id == f"gateway-2026-{number}"
        assert Command.objects.get(cause=held.subject).correlation_id == message.correlation_id


def test_one_search_for_the_gateways_id_shows_the_whole_story(delivered, ines):
    story = reverse("correlation", args=["gateway-2026-1"])
    assert story in page(ines, reverse("find"), q="gateway-2026-1")
    command = Command.objects.get(correlation_id="gateway-2026-1")
    command.state = "applied"
    command.save()

    shown = page(ines, story)

    assert reverse("message", args=[delivered[0].public_id]) in shown
    assert "settled by a worker" in shown
    assert reverse("command", args=[command.public_id]) in shown
    assert f"noted on {command.record_name} in Odoo" in shown
    for kind in ("shipment.delivered", "case.opened", "hold.placed"):
        assert kind in shown, kind
    assert reverse("message", args=[delivered[1].public_id]) not in shown


def test_messages_commands_and_partners_are_found_by_id_and_name_and_by_nobody_else(
    delivered, ines, carl, stranger
):
    command = Command.objects.first()
    by_ids = {
        delivered[0].public_id: reverse("message", args=[delivered[0].public_id]),
        "order-told-2": reverse("message", args=[delivered[1].public_id]),
        command.public_id: reverse("command", args=[command.public_id]),
        "gent": reverse("partner", args=["gent-3pl"]),
    }
    for text, address in by_ids.items():
        assert address in page(ines, reverse("find"), q=text), text
        assert address not in page(stranger, reverse("find"), q=text), text
    assert by_ids["gent"] not in page(carl, reverse("find"), q="gent")
    assert reverse("correlation", args=["gateway-2026-1"]) not in page(
        stranger, reverse("find"), q="gateway-2026-1"
    )


def test_a_message_says_whose_goods_its_events_are_about(company, ines):
    """R227: customer, promise, value and priority beside the number."""
    shipment = make_shipment(
        make_order(company), deadline_at=at("2026-03-05 16:00"), value="120.50", currency="EUR"
    )
    make_package(shipment, tracking_number="1Z9")
    mirrored(
        Picking, shipment.picking_odoo_id, name=shipment.reference, state="done", kind="outgoing", priority="1",
        company=company,
    )  # fmt: skip
    answer = post(make_partner("tpl_generic", "Gent 3PL", company), batch("m1", "1Z9", "1Z0"))
    inbox.drain()

    shown = page(ines, reverse("message", args=[stored(answer).public_id]))

    assert reverse("shipment", args=[shipment.public_id]) in shown
    for words in ("urgent", "Azure Interior", "promised", "2026-03-05T16:00", "120", "no shipment yet"):  # fmt: skip
        assert words in shown, words


def test_a_tracking_number_leads_to_its_messages_before_any_shipment_has_it(company, ines):
    message = stored(
        post(make_partner("tpl_generic", "Gent 3PL", company), batch("m1", "LOST0001"))
    )
    inbox.drain()

    stranger = make_person("Sees None", "integration", make_company("Other"))
    found = page(ines, reverse("find"), q="lost 0001")

    assert reverse("message", args=[message.public_id]) in found
    assert message.public_id not in page(stranger, reverse("find"), q="LOST0001")
    assert message.public_id not in page(ines, reverse("find"), q="LOST000")
