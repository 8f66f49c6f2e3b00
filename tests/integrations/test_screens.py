"""The integration screens and the message API: who sees what, and with how many queries."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.integrations import inbox
from apps.integrations.cards import partner_cards
from apps.integrations.models import Breaker, Command, Message, Partner
from apps.shipments.models import Package
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(company):
    """One applied message of a partner of the company."""
    answer = post(make_partner("tpl_generic", "Gent 3PL", company), batch("m1", "AB1", "AB2"))
    inbox.drain()
    return stored(answer)


def as_(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


PAGES = {
    "/integrations/": {"integration", "operations"},
    "/integrations/messages/": {"operations", "customer_service", "finance", "integration"},
    "/integrations/refusals/": {"integration", "operations"},
    "/integrations/commands/": {"operations", "customer_service", "finance", "integration"},
}


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize(
    "role", ["operations", "customer_service", "finance", "integration", "customer"]
)
def test_each_page_opens_for_the_roles_that_may_and_is_refused_to_the_others(url, role, company):
    answer = as_(make_person("Somebody Else", role, company)).get(url)
    assert answer.status_code == (200 if role in PAGES[url] else 403)


@pytest.mark.parametrize("url", PAGES)
def test_who_is_not_signed_in_is_sent_to_sign_in(url, db):
    answer = Client().get(url)
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_a_message_page_shows_bytes_headers_verdict_and_events(told, ines):
    page = as_(ines).get(f"/integrations/messages/{told.public_id}/").content.decode()

    assert "Gent 3PL" in page
    assert "AB1" in page
    assert "webhook-signature" in page
    assert "v1," not in page
    assert told.digest in page


def test_the_exact_bytes_can_be_saved_and_are_never_shown_by_the_browser(told, ines):
    answer = as_(ines).get(f"/integrations/messages/{told.public_id}/raw")

    assert json.loads(answer.content)["message_id"] == "m1"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_what_a_partner_wrote_is_text_on_our_page(company, ines):
    evil = "<script>alert(1)</script>"
    answer = post(make_partner("tpl_generic", "Evil", company), batch("m1", "AB1", note=evil))
    inbox.drain()

    page = as_(ines).get(f"/integrations/messages/{stored(answer).public_id}/").content.decode()
    assert evil not in page


def test_a_message_of_another_companys_partner_is_not_there(told, ines):
    other = make_company("Elsewhere")
    answer = post(make_partner("tpl_generic", "Other 3PL", other), batch("x1", "ZZ1"))
    inbox.drain()
    hidden = stored(answer)

    for url in (
        f"/integrations/messages/{hidden.public_id}/",
        f"/api/v1/messages/{hidden.public_id}/",
    ):
        assert as_(ines).get(url).status_code == 404
    page = as_(ines).get("/integrations/messages/").content.decode()
    assert told.public_id in page
    assert hidden.public_id not in page


def test_a_partner_for_all_companies_is_seen_by_whoever_has_one_and_by_no_stranger(ines, db):
    answer = post(make_partner(), batch("m1", "AB1"))
    nobody = make_person("Nora Nobody", "integration")

    url = f"/api/v1/messages/{stored(answer).public_id}/"
    assert as_(ines).get(url).status_code == 200
    assert as_(nobody).get(url).status_code == 404


def test_a_message_about_goods_outside_the_scope_is_hidden(told, ines):
    Package.objects.filter(tracking_number="AB2").update(company=make_company("Elsewhere"))
    assert as_(ines).get(f"/api/v1/messages/{told.public_id}/").status_code == 404


def test_the_api_tells_a_messages_fate(told, ines):
    fate = as_(ines).get(f"/api/v1/messages/{told.public_id}/").json()

    assert (fate["status"], fate["events"], fate["duplicates"], fate["conflicts"]) == (
        "processed",
        2,
        0,
        0,
    )
    assert (fate["skipped_events"], fate["repeats"], fate["mapping_version"]) == (0, 0, 1)
    assert len(fate["event_ids"]) == 2
    assert fate["event_ids"][0].startswith("evt_")
    assert fate["correlation_id"] == told.correlation_id
    assert fate["received_at"]
    assert fate["processed_at"]


def test_the_api_wants_a_sign_in_and_a_role(told, customer_user):
    url = f"/api/v1/messages/{told.public_id}/"
    assert Client().get(url).status_code == 401
    assert as_(customer_user).get(url).status_code == 403
    assert as_(customer_user).get("/api/v1/messages/msg_" + "0" * 32 + "/").status_code == 403


def test_only_the_integration_owner_may_replay(told, olga, ines):
    url = f"/api/v1/messages/{told.public_id}/replay/"
    assert as_(olga).post(url).status_code == 403

    answer = as_(ines).post(url)
    assert answer.status_code == 202
    assert answer.json() == {"message_id": told.public_id, "status": "received", "replayed": True}
    assert as_(ines).post(url).json()["replayed"] is False
    assert Message.objects.get().status == "received"


def test_a_message_is_found_by_id_correlation_and_tracking_number(told, ines):
    for text in (told.public_id, told.correlation_id, "m1", "ab 1"):
        page = as_(ines).get("/integrations/messages/", {"q": text}).content.decode()
        assert told.public_id in page, text
    assert (
        told.public_id
        not in as_(ines).get("/integrations/messages/", {"q": "ZZ9"}).content.decode()
    )


def test_a_list_leads_on_to_older_messages(company, ines):
    partner = make_partner("tpl_generic", "Gent 3PL", company)
    first = stored(post(partner, batch("first", "AB1")))
    for number in range(50):
        post(partner, batch(f"m{number}", "AB1"))

    page = as_(ines).get("/integrations/messages/")
    assert first.public_id not in page.content.decode()
    older = as_(ines).get("/integrations/messages/", {"before": page.context["next"]})
    assert first.public_id in older.content.decode()


@pytest.mark.parametrize("url", ["/integrations/", "/integrations/messages/"])
def test_fifty_rows_cost_as_many_queries_as_one(url, company, ines):
    counts = []
    for size in (1, 49):
        for number in range(size):
            post(
                make_partner("tpl_generic", f"P{size} {number}", company),
                batch(f"m{size}-{number}", "AB1"),
            )
        client = as_(ines)
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_command_page_shows_every_attempt(company, ines):
    command = Command.objects.create(
        connection="default",
        kind="hold_invoice",
        model="account.move",
        record_odoo_id=7,
        key="k1",
        intent="Hold INV/7",
        cause="hld_1",
        actor="system",
        not_before=timezone.now(),
        company=company,
        correlation_id="cor_12345678",
    )
    command.tries.create(at=timezone.now(), outcome="refused", says="somebody changed it")
    page = as_(ines).get(f"/integrations/commands/{command.public_id}/").content.decode()
    assert "somebody changed it" in page
    everything = as_(ines).get("/integrations/correlations/cor_12345678/").content.decode()
    assert "Hold INV/7" in everything


def test_partners_in_trouble_stand_first_then_by_name(company, ines):
    now = timezone.now()
    well = {
        name: make_partner("tpl_generic", name, company)
        for name in ("Alpha", "Zulu", "Off", "Late", "Shut", "Mute", "Wrong")
    }
    for name, hours, status in (
        ("Alpha", 1, "processed"), ("Mute", 30, "processed"), ("Wrong", 1, "dead"), ("Late", 1, "received"), ("Off", 99, "processed")
    ):  # fmt: skip
        post(well[name], batch(f"m-{name}", f"N{name}"))
        Message.objects.filter(partner=well[name]).update(
            status=status, received_at=now - timedelta(hours=hours)
        )
    Partner.objects.filter(pk=well["Off"].pk).update(switch="off")
    Breaker.objects.create(partner=well["Shut"], state="open")

    cards = [card.partner.name for card in partner_cards(ines)]

    assert cards == ["Shut", "Mute", "Late", "Wrong", "Alpha", "Off", "Zulu"]
