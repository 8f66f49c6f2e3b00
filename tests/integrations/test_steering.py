"""A decision on its way to Odoo can be taken back in time, by those who may."""

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.approvals import services
from apps.integrations.models import Command
from tests.approvals.factories import deliver, make_hold, make_order, make_request, make_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def granted(company, carl, fiona, settle):
    """A release that finance granted, its command waiting for the undo window."""
    order = make_order(company)
    deliver(make_shipment(order))
    hold = make_hold(order)
    settle()
    Command.objects.update(state="applied")
    request = make_request(hold, carl)
    _, digest = services.facts_of(request)
    services.decide(request, by=fiona, verdict="grant", reason="", seen=digest, now=timezone.now())
    settle()
    request.refresh_from_db()
    return request


def take_back(client, request):
    return client.post(
        reverse("decision_take_back", args=[request.public_id]), HTTP_HX_REQUEST="true"
    )


def test_finance_takes_a_release_back_and_the_hold_stands_again(client, fiona, granted):
    client.force_login(fiona)
    assert take_back(client, granted).status_code == 204
    granted.hold.refresh_from_db()
    assert granted.hold.state == "placed"
    assert Command.objects.latest("id").state == "cancelled"


def test_what_is_on_its_way_cannot_be_taken_back(client, fiona, granted):
    Command.objects.update(state="sending")
    client.force_login(fiona)
    answer = take_back(client, granted)
    assert answer.status_code == 409
    assert "Too late" in answer.content.decode()


def test_only_those_who_steer_commands_take_one_back(client, carl, stranger, granted):
    client.force_login(carl)
    assert take_back(client, granted).status_code == 403
    client.force_login(stranger)
    assert take_back(client, granted).status_code == 403
    assert Command.objects.latest("id").state == "waiting"


def test_a_decision_of_another_company_does_not_exist(client, granted):
    from tests.factories import make_company, make_person

    client.force_login(make_person("Far Away", "finance", make_company("Elsewhere Inc")))
    assert take_back(client, granted).status_code == 404
