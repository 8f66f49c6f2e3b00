"""The page of how a partner is asked, and an incident's page: who sees them, who changes what."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.integrations import incidents
from apps.integrations.models import Breaker, Poll
from apps.shipments.models import Carrier
from tests.factories import make_company, make_person
from tests.integrations.factories import make_partner
from tests.integrations.polling_ground import make_poll
from tests.shipments.factories import make_order, make_shipment

pytestmark = pytest.mark.django_db


def as_(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def form(**fields):
    values = {
        "on": "on", "when": "always", "base_url": "https://api.example", "auth": "api_key", "header": "X-Key",
        "key": "s3cret", "moving_s": "3600", "out_s": "900", "waiting_s": "7200", "per_minute": "10",
        "per_hour": "", "numbers_per_request": "1", "when_open": "slower",
    }  # fmt: skip
    return values | fields


def test_the_integration_owner_sets_how_a_partner_is_asked_and_the_key_is_never_shown(ines):
    partner = make_partner("dhl_unified", "DHL", carrier="dhl")
    page = f"/integrations/partners/{partner.slug}/polling/"

    assert as_(ines).post(f"{page}change/", form()).status_code == 302

    poll = Poll.objects.get(partner=partner)
    assert (poll.on, poll.per_minute, poll.per_hour, poll.when_open) == (True, 10, None, "slower")
    shown = as_(ines).get(page).content.decode()
    assert "https://api.example" in shown
    assert "s3cret" not in shown
    as_(ines).post(f"{page}change/", form(key="", per_minute="20"))
    assert Poll.objects.get(partner=partner).sealed == poll.sealed


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("base_url", "http://api.example", "https"),
        ("base_url", "https://user:pass@api.example", "no name or password"),
        ("moving_s", "5", "a minute to seven days"),
        ("per_minute", "lots", "whole number"),
        ("numbers_per_request", "2", "1 to 1 numbers"),
        ("auth", "magic", "auth is one of"),
        ("header", "X Key", "header"),
        ("path", "track/{number}", "slash"),
        ("watched", "nobody", "no partner nobody"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_stored(ines, field, value, says):
    partner = make_partner("dhl_unified", "DHL", carrier="dhl")

    answer = as_(ines).post(
        f"/integrations/partners/{partner.slug}/polling/change/", form(**{field: value})
    )

    assert answer.status_code == 409
    page = answer.content.decode()
    beside = page.split(f'id="{field}_error" role="alert">', 1)[1]
    assert says in beside.split("</span>", 1)[0]
    assert page.count(" autofocus") == 1
    assert re.search(f'name="{field}"[^>]* autofocus', page), "the reader is led to it"
    assert not Poll.objects.exists()


def test_what_was_typed_stays_beside_what_is_wrong_with_it_and_the_key_is_not_repeated(ines):
    partner = make_partner("dhl_unified", "DHL", carrier="dhl")
    sent = form(per_minute="lots", moving_s="4321", user="north", watched="", on="")

    page = as_(ines).post(f"/integrations/partners/{partner.slug}/polling/change/", sent)

    shown = page.content.decode()
    for kept in ('value="lots"', 'value="4321"', 'value="north"', 'value="https://api.example"'):
        assert kept in shown
    assert "s3cret" not in shown
    assert re.search(r'name="on"(?! checked)', shown)


def test_operations_sees_the_line_and_may_not_change_it(olga):
    poll = make_poll()
    page = f"/integrations/partners/{poll.partner.slug}/polling/"

    assert as_(olga).get(page).status_code == 200
    assert as_(olga).post(f"{page}change/", form()).status_code == 403
    assert as_(olga).post(f"{page}breaker/", {"position": "open", "why": "x"}).status_code == 403


def test_a_partner_of_another_company_is_nobodys_here(ines):
    other = make_partner("dhl_unified", "Theirs", make_company("Elsewhere"), carrier="dhl")

    assert as_(ines).get(f"/integrations/partners/{other.slug}/polling/").status_code == 404


def test_a_person_holds_the_breaker_with_a_reason(ines):
    poll = make_poll()
    page = f"/integrations/partners/{poll.partner.slug}/polling/"

    assert as_(ines).post(f"{page}breaker/", {"position": "open", "why": ""}).status_code == 409
    as_(ines).post(f"{page}breaker/", {"position": "open", "hours": "4", "why": "their test day"})

    row = Breaker.objects.get()
    assert (row.forced, row.forced_by) == ("open", ines.public_id)
    assert row.forced_until > timezone.now()
    assert "their test day" in as_(ines).get(page).content.decode()


def test_an_incidents_page_costs_as_many_queries_for_fifty_shipments_as_for_one(ines, company):
    poll = make_poll()
    mover = Carrier.objects.get(slug="ups")
    outage = incidents.begin(poll.partner, "It answers HTTP 503.", timezone.now())
    page = f"/integrations/incidents/{outage.case.public_id}/"
    costs = []
    for count in (1, 49):
        for _ in range(count):
            make_shipment(
                company, make_order(company), carrier=mover, execution_status="in_transit"
            )
        as_(ines).get(page)
        client = as_(ines)
        with CaptureQueriesContext(
            connection,
        ) as spent:
            shown = client.get(page)
        assert shown.status_code == 200
        costs.append(len(spent))

    assert "UPS asked does not answer" in shown.content.decode()
    assert costs[0] == costs[1]


def test_an_odoo_outage_has_the_same_page(ines, company):
    from apps.exceptions.services import open_case

    case = open_case(
        "integration_down",
        "odoo:default",
        now=timezone.now(),
        title="Odoo cannot be reached",
        subject="odoo:default",
    )

    shown = as_(ines).get(f"/integrations/incidents/{case.public_id}/").content.decode()

    assert "Odoo cannot be reached" in shown
    assert (
        as_(make_person("Fiona", "finance", company))
        .get(f"/integrations/incidents/{case.public_id}/")
        .status_code
        == 403
    )
