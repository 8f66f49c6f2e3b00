"""Dead letters and searches: found, explained with the bytes beside it, mended, replayed."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.integrations import inbox, jobs
from apps.integrations.models import Message
from apps.integrations.rendering import lay_out
from apps.shipments.models import Package
from tests.dashboards.browser import chromium_of_this_machine
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post, stored
from tests.integrations.test_replaying import correct

pytestmark = pytest.mark.django_db


def as_(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_the_place_of_a_fault_is_marked_in_the_laid_out_bytes():
    raw = json.dumps({"a": [{"b": 1}, {"b": {"c": "<x>"}}], "d": 2}).encode()

    laid = lay_out(raw, "/a/1/b")

    assert laid.marked.replace(" ", "") == '{\n"c":"<x>"\n}'
    assert json.loads(laid.before + laid.marked + laid.after) == json.loads(raw)
    assert lay_out(raw, "/a/1/gone").marked.strip().startswith("{")
    assert lay_out(raw, "/nothing").marked == ""
    assert lay_out(raw).marked == ""


@pytest.mark.parametrize(
    ("raw", "kind", "line"),
    [
        (b"UNA:+.? 'UNB+UNOA:1+A?'B+C'UNH+1'", "edifact", "UNB+UNOA:1+A?'B+C'"),
        (b"<a><b>1</b><c/></a>", "xml", "  <b>1</b>"),
        (b"{broken", "text", "{broken"),
        (b"", "text", ""),
    ],
)
def test_other_bytes_are_laid_out_a_segment_or_a_tag_a_line(raw, kind, line):
    laid = lay_out(raw)
    assert laid.kind == kind
    assert line in laid.before.split("\n")


def test_x12_is_cut_at_its_own_terminator():
    isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260310*0900*U*00401*000000001*0*P*>~"
    laid = lay_out((isa + "GS*QM*A*B~ST*214*1~").encode())
    assert laid.kind == "x12"
    assert laid.before.split("\n")[1:3] == ["GS*QM*A*B~", "ST*214*1~"]


@pytest.fixture
def gent(company):
    """A partner with one applied message about AB1."""
    partner = make_partner("tpl_generic", "Gent 3PL", company, contact_email="edi@gent.example")
    post(partner, batch("m1", "AB1", location="Gasse & Söhne"))
    inbox.drain()
    return partner


def found(person, **query) -> str:
    return as_(person).get("/integrations/messages/", query).content.decode()


def test_messages_are_found_by_number_reason_and_time(gent, ines):
    message = Message.objects.get()
    other = stored(post(gent, batch("m2", "ZZ9")))
    inbox.drain()
    now = timezone.now()
    hour = timedelta(hours=1)

    by_number = found(ines, q="ab1")
    assert message.public_id in by_number
    assert other.public_id not in by_number
    assert message.public_id in found(ines, since=(now - hour).isoformat())
    assert message.public_id not in found(ines, until=(now - hour).isoformat())
    assert message.public_id not in found(ines, reason="no_events")


def test_words_of_the_bytes_are_found_within_a_partner_and_some_days_only(gent, ines):
    message = Message.objects.get()
    day = (timezone.now() - timedelta(days=1)).isoformat()
    long_ago = (timezone.now() - timedelta(days=30)).isoformat()

    assert message.public_id in found(ines, payload='"AB1"', partner=gent.slug, since=day)
    assert message.public_id not in found(ines, payload="AB7", partner=gent.slug, since=day)
    assert "choose both" in found(ines, payload="AB1", since=day)
    assert "shorter time" in found(ines, payload="AB1", partner=gent.slug, since=long_ago)


def test_heads_are_saved_as_csv_and_only_those_one_may_see(gent, ines):
    message = Message.objects.get()
    stranger = make_person("Ivo", "integration", make_company("Elsewhere"))
    path = "/integrations/messages/heads.csv"

    mine = b"".join(as_(ines).get(path, {"q": "AB1"}).streaming_content).decode()
    theirs = b"".join(as_(stranger).get(path).streaming_content).decode()

    assert message.public_id in mine
    assert len(mine.splitlines()) == 2
    assert len(theirs.splitlines()) == 1


def test_a_rejected_message_stands_beside_its_reason_and_what_would_help(gent, ines):
    answer = post(gent, b'{"message_id": "m9"}')
    assert answer.status_code == 400
    message = Message.objects.get(status="rejected")

    listed = as_(ines).get("/integrations/dead-letters/").content.decode()
    page = as_(ines).get(f"/integrations/dead-letters/{message.public_id}/").content.decode()

    assert message.public_id in listed
    assert "edi@gent.example" in listed
    assert "malformed payload" in page
    assert "has to send it right" in page
    assert "&quot;m9&quot;" in page


def test_dead_letters_of_others_are_not_told_of(gent, ines):
    post(gent, b'{"message_id": "m9"}')
    message = Message.objects.get(status="rejected")
    stranger = as_(make_person("Ivo", "integration", make_company("Elsewhere")))

    assert message.public_id not in stranger.get("/integrations/dead-letters/").content.decode()
    assert stranger.get(f"/integrations/dead-letters/{message.public_id}/").status_code == 404


def test_a_message_shows_the_row_that_decided_even_after_another_mapping_is_in_force(gent, ines):
    message = Message.objects.get()
    correct("in_transit", "out_for_delivery")
    path = f"/integrations/messages/{message.public_id}/"

    page = as_(ines).get(path).content.decode()

    assert '<span class="id">tpl_generic in_transit</span>: in transit' in page
    assert "No subscriber was told." in page
    as_(ines).post(f"{path}replay")
    inbox.drain()
    page = as_(ines).get(path).content.decode()
    assert '<span class="id">tpl_generic in_transit</span>: out for delivery' in page
    assert "Read again" in page


def test_a_program_plans_a_replay_and_then_carries_it_out(gent, ines):
    client = as_(ines)
    at_once = client.post(
        "/api/v1/replays/",
        {"partner": gent.slug, "dry_run": False},
        content_type="application/json",
    )
    assert at_once.status_code == 400

    plan = client.post(
        "/api/v1/replays/", {"partner": gent.slug}, content_type="application/json"
    ).json()
    assert (plan["state"], plan["report"]["unchanged"]) == ("done", 1)
    begun = client.post(
        "/api/v1/replays/",
        {"plan": plan["id"], "dry_run": False},
        content_type="application/json",
    )
    assert begun.status_code == 202
    jobs.run()
    assert client.get(f"/api/v1/replays/{begun.json()['id']}/").json()["state"] == "done"


@pytest.fixture
def window(live_server, transactional_db, settings) -> Iterator[Page]:
    """A browser in which the integration owner is signed in."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    client = as_(make_person("Ines Integration", "integration", make_company()))
    with chromium_of_this_machine() as browser:
        context = browser.new_context(base_url=live_server.url)
        context.add_cookies([
            {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        ])  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(20_000)
        yield page


def test_a_dead_letter_is_found_its_cause_mended_and_it_is_replayed(window):
    partner = make_partner("tpl_generic", "Gent 3PL")
    message = stored(post(partner, batch("m1", "AB1", code="odd_code")))
    Message.objects.filter(pk=message.pk).update(
        status="dead",
        reason="apply_failed",
        detail="ValueError: odd",
        attempts=6,
        processed_at=timezone.now(),
    )

    window.goto("/integrations/dead-letters/")
    window.get_by_role("link", name="Gent 3PL").click()
    expect(window.locator("#fix")).to_contain_text("knows odd_code")
    expect(window.locator("#fix").get_by_role("link", name="Unmapped codes")).to_be_visible()
    correct("odd_code", "delivered")

    window.get_by_role("button", name="See what a replay would change").click()
    expect(window.locator("#outlook")).to_contain_text("delivered")
    window.get_by_role("button", name="Replay 1 message").click()
    expect(window.locator("#job")).to_be_visible()
    jobs.run()
    inbox.drain()

    assert Package.objects.get(number="AB1").milestone == "delivered"
    window.goto(f"/integrations/dead-letters/{message.public_id}/")
    expect(window.locator("#dead-letter")).to_contain_text("no dead letter any more")
