"""The pages of an order, a shipment and a supply, as people open and use them: a real browser on a whole order."""

import re
from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.journal.models import Entry
from apps.shipments.models import Supply
from tests.dashboards.sold import Sold, make_sold, put_off
from tests.factories import make_company, make_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db):
    return make_company()


@pytest.fixture
def sold(company) -> Sold:
    return make_sold(company)


@pytest.fixture
def page(chromium, live_server, line, company, client, settings) -> Iterator[Page]:
    """A window in which operations is signed in."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    client.force_login(make_person("Olga Operations", "operations", company))
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}
    )
    context.add_cookies([
        {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    ])  # fmt: skip
    window = context.new_page()
    window.set_default_timeout(15_000)
    window.route_web_socket(re.compile("/live/"), line.answer)
    yield window
    context.close()


def test_an_order_is_handed_over_taken_and_given_back_with_its_why(page, company, sold):
    carl = make_person("Carl Reyes", "customer_service", company)
    page.goto(reverse("order", args=[sold.order.public_id]))
    owner = page.locator(".fact", has_text="Answers for it")
    expect(owner.locator("dd > b")).to_have_text("Operations")
    owner.get_by_text("Hand over").first.click()
    owner.locator("#owner-to").select_option(carl.public_id)
    owner.get_by_role("button", name="Hand over").click()
    expect(owner.locator("dd > b")).to_have_text("Carl Reyes")
    owner.get_by_text("why?").click()
    expect(owner.locator(".reason")).to_contain_text("Handed over by Olga Operations")
    expect(page.locator(".line > li").first).to_contain_text("Carl Reyes answers for it")
    owner.get_by_role("button", name="Take it").click()
    expect(owner.locator("dd > b")).to_have_text("Olga Operations")
    owner.get_by_text("Hand over").first.click()
    owner.locator("#owner-to").select_option("team")
    owner.get_by_role("button", name="Hand over").click()
    expect(owner.locator("dd > b")).to_have_text("Operations")
    told = Entry.objects.filter(kind="order.owner_changed", subject=sold.order.public_id)
    assert [entry.payload["owner"] for entry in told.order_by("id")][-3] == carl.public_id


def test_a_colleague_who_may_not_see_the_order_is_refused_beside_the_choice(page, company, sold):
    carl = make_person("Carl Reyes", "customer_service", company)
    page.goto(reverse("order", args=[sold.order.public_id]))
    page.locator("#hand-over > summary").click()
    page.locator("#owner-to").select_option(carl.public_id)
    carl.is_active = False
    carl.save()
    page.locator("#hand-over").get_by_role("button", name="Hand over").click()
    expect(page.locator("#wrong-owner")).to_contain_text("Carl Reyes cannot own this order.")
    expect(page.locator("#owner-to")).to_have_value(carl.public_id)


def test_a_purchase_that_is_put_off_shows_with_whom_it_concerns_while_the_page_is_open(
    page, line, sold
):
    page.goto(reverse("supply", args=[sold.supply.public_id]))
    expect(page.locator("#live")).to_have_text("Live")
    waits = page.locator("#dependents tbody tr")
    expect(waits).to_have_count(1)
    expect(waits).to_contain_text("S00042")
    expect(waits).to_contain_text("WH/OUT/2")
    expect(waits).to_contain_text("in time")
    put_off(sold, days=5)
    line.tell(Supply.objects.get(pk=sold.supply.pk))
    expect(waits).to_contain_text("too late")
    expect(page.locator(".glance")).to_contain_text("5 d later")
    expect(page.locator(".line > li").first).to_contain_text("Expected")
    page.goto(f"{reverse('supplies')}?late=1")
    row = page.locator(f"#{sold.supply.public_id}")
    expect(row).to_contain_text("5 d later")
    expect(row).to_contain_text("1 order waits")


def test_the_story_of_a_return_stands_on_the_order(page, sold):
    page.goto(reverse("order", args=[sold.order.public_id]))
    story = page.locator("#returns .return")
    expect(story).to_have_count(1)
    for words in (
        "WH/RET/1",
        "WH/OUT/1",
        "1Z999",
        "receipt is missing",
        "not received yet",
        "RINV/42",
    ):
        expect(story).to_contain_text(words)
    expect(page.locator("#shipments")).not_to_contain_text("WH/RET/1")


def test_the_page_of_an_order_with_everything_shows_all_of_it(page, sold):
    page.goto(reverse("order", args=[sold.order.public_id]))
    said = {
        ".glance": ("Promised", "Expected", "Answers for it", "€ 1,000.00", "€ 150.00 still to pay"),
        "#lines": ("DESK", "10 Units", "1 reserved", "5 not reserved", "P00042", "brings 10"),
        "#shipments": (
            "WH/OUT/1", "1Z111", "WH/OUT/2", "backorder, rest of WH/OUT/1", "WH/PICK/1", "1 of 6 reserved",
        ),
        "#invoices": ("INV/42", "partly paid", "overdue", "RINV/42", "takes back INV/42"),
        ".line": ("Promised date", "→", "in Odoo", "seen"),
    }  # fmt: skip
    for place, words in said.items():
        for word in words:
            expect(page.locator(place).last).to_contain_text(word)
    commands = page.locator(f"#commands-on-{sold.order.public_id}")
    expect(commands).to_contain_text("Nothing was sent to Odoo about this yet.")
    commands.get_by_text("Do in Odoo").click()
    expect(commands.locator(".choices li").first).to_be_visible()


def test_the_form_of_a_command_outlives_a_refresh_of_the_page_around_it(page, line, sold):
    page.goto(reverse("order", args=[sold.order.public_id]))
    expect(page.locator("#live")).to_have_text("Live")
    page.get_by_text("Do in Odoo").first.click()
    page.locator(".choices").get_by_text("Note", exact=False).first.click()
    form = page.locator(f"#command-new-{sold.order.public_id} form")
    expect(form).to_be_visible()
    put_off(sold, days=5)
    line.tell(Supply.objects.get(pk=sold.supply.pk))
    expect(page.locator("#lines")).to_contain_text("too late")
    expect(form).to_be_visible()


def test_a_shipment_shows_three_lanes_and_where_they_disagree(page, sold):
    page.goto(reverse("shipment", args=[sold.gone.public_id]))
    lanes = page.locator(".truth")
    expect(lanes).to_have_count(3)
    expect(lanes.nth(0)).to_contain_text("Delivered")
    expect(lanes.nth(1)).to_contain_text("Validated: the goods have left")
    expect(page.locator(".three .notice")).to_contain_text("finance has no proof of it yet")
    expect(page.locator(".truth.torn")).to_have_count(2)


def test_a_shipment_that_waits_says_what_is_reserved_and_what_brings_the_rest(page, sold):
    page.goto(reverse("shipment", args=[sold.rest.public_id]))
    goods = page.locator("#goods")
    for words in ("6 Units", "5 Units", "P00042"):
        expect(goods).to_contain_text(words)
