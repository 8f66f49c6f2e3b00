"""A carrier nobody has heard of is taken in on screen only: from a pasted message to an event that is live."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.integrations import inbox
from apps.integrations.models import Mapping, Message, Partner
from apps.shipments.models import Event, Package
from tests.factories import make_company, make_person

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLE = {
    "sender": "Northern Lights Freight",
    "parcels": [
        {
            "awb": "NLF 100 200",
            "history": [
                {"status": "COLLECTED", "timestamp": "09.03.2026 14:05", "city": "Oslo"},
                {"status": "DELIVERED", "timestamp": "10.03.2026 09:30", "city": "Bergen"},
            ],
        }
    ],
}


@pytest.fixture
def company(transactional_db):
    return make_company()


@pytest.fixture
def window(chromium, live_server, line, client, settings) -> Iterator[Callable[[User], Page]]:
    """window(person): a browser of that person's own."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    contexts = []

    def for_person(person: User) -> Page:
        client.force_login(person)
        context = chromium.new_context(base_url=live_server.url)
        contexts.append(context)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.route_web_socket(re.compile("/live/"), line.answer)
        return page

    yield for_person
    for context in contexts:
        context.close()


def send(url: str, document: object, secret: str) -> int:
    """POST a message as the carrier would: signed over its bytes."""
    raw = json.dumps(document).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Signature": f"sha256={digest}"}
    with urlopen(Request(url, raw, headers), timeout=15) as answer:
        return answer.status


def test_a_carrier_is_taken_in_on_screen_only_from_a_pasted_sample_to_a_live_event(
    window, live_server, company
):
    ines = make_person("Ines Integration", "integration", company)
    olga = make_person("Olga Operations", "operations", company)
    page = window(ines)

    page.goto("/integrations/mappings/")
    page.get_by_role("link", name="Take in a new partner from a sample").click()
    page.get_by_label("Name").fill("Northern Lights")
    page.get_by_label("Carrier it reports for").fill("northern")
    page.get_by_label("Zone of times without one").fill("Europe/Oslo")
    page.get_by_label("A message as it sends it").fill(json.dumps(SAMPLE, indent=1))
    page.get_by_role("button", name="Make the partner").click()
    secret = page.locator("#secret").inner_text()

    page.get_by_role("link", name="Go on: where its fields stand").click()
    expect(page.locator("#entries")).to_have_value("parcels[].history[]")
    expect(page.locator("#pick-time")).to_have_value("timestamp")
    expect(page.locator("#time_format")).to_have_value("%d.%m.%Y %H:%M")
    page.locator("#pick-number").select_option("^.awb")
    page.get_by_role("button", name="Keep the layout", exact=True).click()

    found = page.locator("#codes-found")
    expect(found.get_by_text("the words of “delivered”")).to_be_visible()
    page.get_by_label("What COLLECTED means").select_option("picked_up")
    page.get_by_label("What DELIVERED means").select_option("delivered")
    page.get_by_role("button", name="Keep these").click()
    expect(page.locator("#codes-found")).to_have_count(0)

    page.get_by_role("button", name="Test it").click()
    tried = page.locator("#tested")
    expect(tried.get_by_text("the partner's sample").first).to_be_visible()
    expect(tried.get_by_text("delivered", exact=False).first).to_be_visible()
    page.get_by_label("What was changed, and why").fill("Their first mapping")
    page.get_by_role("button", name="Hand it to a reviewer").click()
    expect(page.get_by_text("You wrote some of it")).to_be_visible()
    address = page.url

    # Their messages are taken before anybody can read them; nothing is lost.
    early = {"parcels": [{"awb": "NLF 300", "history": [{"status": "COLLECTED", "timestamp": "09.03.2026 08:00"}]}]}  # fmt: skip
    partner = Partner.objects.get()
    door = f"{live_server.url}/api/v1/messages/{partner.slug}"
    assert send(door, early, secret) == 202

    second = window(olga)
    second.goto(address)
    expect(second.locator("#changes").get_by_text("COLLECTED")).to_be_visible()
    second.get_by_role("button", name="Put it into force").click()
    expect(second.get_by_text("is in force.").first).to_be_visible()
    assert Mapping.objects.get(partner=partner).state == "active"

    assert send(door, SAMPLE, secret) == 202
    inbox.drain()

    assert Package.objects.get(number="NLF300").milestone == "picked_up"
    package = Package.objects.get(number="NLF100200")
    assert package.milestone == "delivered"
    event = Event.objects.get(source_code="DELIVERED")
    assert event.occurred_at.isoformat() == "2026-03-10T08:30:00+00:00"
    message = Message.objects.get(pk=event.message_id)
    second.goto(f"/integrations/messages/{message.public_id}/")
    expect(second.get_by_text("NLF 100 200").first).to_be_visible()
    expect(second.get_by_text("Bergen").first).to_be_visible()
