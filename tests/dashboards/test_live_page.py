"""What an open page does when it hears of changes: a real browser on real pages, the socket's words spoken by the test."""

import re
from collections.abc import Iterator

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.exceptions import services
from tests.dashboards.factories import World, make_world
from tests.factories import make_company, make_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db):
    return make_company()


@pytest.fixture
def page(chromium, live_server, line, company, client, settings) -> Iterator[Page]:
    """A window in which customer service is signed in."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    carl = make_person("Carl Reyes", "customer_service", company)
    client.force_login(carl)
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}
    )
    context.add_cookies([
        {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    ])  # fmt: skip
    window = context.new_page()
    window.set_default_timeout(10_000)
    window.carl = carl  # type: ignore[attr-defined]
    window.route_web_socket(re.compile("/live/"), line.answer)
    yield window
    context.close()


def ids(page: Page) -> list[str]:
    return page.locator("tbody tr[id]").evaluate_all("rows => rows.map(row => row.id)")


def settled(page: Page, world: World) -> None:
    """The page is live and has asked once for what it may have missed."""
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator(f"#{world.case.public_id}")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_a_new_case_takes_its_place_by_itself_in_a_list_nobody_touches(page, line, company):
    first = make_world(company)
    page.goto(reverse("queue"))
    settled(page, first)
    second = make_world(company)
    line.tell(second.case, new=True)
    expect(page.locator(f"#{second.case.public_id}")).to_be_visible()
    expect(page.locator("#count-queue")).to_have_text("2")


def test_a_new_case_waits_behind_the_chip_while_a_row_is_chosen(page, line, company):
    first = make_world(company)
    page.goto(reverse("case", args=[first.case.public_id]))
    settled(page, first)
    second = make_world(company)
    line.tell(second.case, new=True)
    expect(page.locator("#news button")).to_have_text("1 new – show")
    assert ids(page) == [first.case.public_id]
    page.locator("#news button").click()
    expect(page.locator(f"#{second.case.public_id}")).to_be_visible()
    expect(page.locator("#news button")).to_have_count(0)


def test_a_changed_row_is_exchanged_where_it_stands(page, line, company):
    worlds = [make_world(company) for _ in range(3)]
    page.goto(reverse("queue"))
    settled(page, worlds[0])
    before = ids(page)
    case = worlds[1].case
    case.priority, case.title, case.version = 1, "Delivery refused at the door", case.version + 1
    case.due_at = timezone.now()  # it would be first now
    case.save()
    line.tell(case)
    expect(page.locator(f"#{case.public_id}")).to_contain_text("Delivery refused at the door")
    assert ids(page) == before


def test_a_row_that_left_the_view_stays_greyed_until_the_list_is_read_anew(page, line, company):
    world = make_world(company)
    page.goto(reverse("queue") + "?view=unassigned")
    settled(page, world)
    services.take(world.case, by=page.carl, now=timezone.now())
    world.case.refresh_from_db()
    line.tell(world.case)
    expect(page.locator(f"#{world.case.public_id}")).to_have_class(re.compile("left"))
    expect(page.locator(f"#{world.case.public_id}")).to_contain_text("CR")


def test_an_open_pane_follows_but_never_takes_what_somebody_types(page, line, company):
    world = make_world(company)
    page.goto(reverse("case", args=[world.case.public_id]))
    settled(page, world)
    services.note(world.case, by=page.carl, text="Seen by the other desk.", now=timezone.now())
    world.case.refresh_from_db()
    line.tell(world.case)
    expect(page.locator("#pane")).to_contain_text("Seen by the other desk.")

    page.locator("#note").fill("Half a sentence")
    services.note(world.case, by=page.carl, text="And once more.", now=timezone.now())
    world.case.refresh_from_db()
    line.tell(world.case)
    expect(page.locator(".changed-meanwhile")).to_be_visible()
    expect(page.locator("#note")).to_have_value("Half a sentence")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator("#pane")).to_contain_text("And once more.")


def test_a_lost_line_is_said_and_polled_and_mended(page, line, company):
    first = make_world(company)
    page.goto(reverse("queue"))
    settled(page, first)
    line.refuses = True
    line.open[-1].close(code=1011)
    expect(page.locator("#live")).to_have_text("Offline – polling")
    second = make_world(company)
    expect(page.locator(f"#{second.case.public_id}")).to_be_visible(timeout=15_000)
    third = make_world(company)
    line.refuses = False
    expect(page.locator("#live")).to_have_text("Live", timeout=30_000)
    expect(page.locator(f"#{third.case.public_id}")).to_be_visible()


def test_a_push_that_is_late_says_how_late(page, line, company):
    world = make_world(company)
    page.goto(reverse("queue"))
    settled(page, world)
    line.say('{"t": "beat", "behind_s": 41.3}')
    expect(page.locator("#live")).to_have_text("Delayed 41 s")
    line.say('{"t": "beat", "behind_s": 0}')
    expect(page.locator("#live")).to_have_text("Live")


def test_a_session_that_ended_is_said_with_the_way_back(page, line, company):
    world = make_world(company)
    page.goto(reverse("queue"))
    settled(page, world)
    line.open[-1].close(code=4401)
    expect(page.locator("#main [role=alert]")).to_contain_text("Your session has ended.")
    expect(page.locator("#main [role=alert] a")).to_have_attribute(
        "href", "/accounts/login/?next=%2Fqueue%2F"
    )


def test_the_keyboard_alone_takes_a_case_and_writes_a_note(page, company):
    worlds = [make_world(company) for _ in range(2)]
    page.goto(reverse("queue"))
    settled(page, worlds[0])
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    chosen = ids(page)[1]
    expect(page.locator("#pane")).to_have_attribute("data-live-ids", re.compile(chosen))
    assert chosen in page.url
    page.keyboard.press("m")
    expect(page.locator("#pane")).to_contain_text("yours since")
    page.keyboard.press("n")
    page.keyboard.type("jm1e are letters here")
    expect(page.locator("#note")).to_have_value("jm1e are letters here")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.locator("#act-request_redelivery")).to_have_attribute("open", "")


def test_a_refusal_stands_beside_what_was_typed(page, company):
    world = make_world(company)
    page.goto(reverse("case", args=[world.case.public_id]))
    settled(page, world)
    page.locator("#act-resolve summary").click()
    page.locator("#resolve-says").fill("   ")
    page.get_by_role("button", name="Close the case").click()
    expect(page.locator("#wrong-resolve")).to_contain_text("Say in a few words")


def test_a_page_keeps_its_selection_in_the_address(page, company):
    world = make_world(company)
    page.goto(reverse("queue"))
    settled(page, world)
    page.locator(f"#{world.case.public_id} a.open").click()
    expect(page.locator("#pane")).to_be_visible()
    page.reload()
    expect(page.locator("#pane")).to_be_visible()
    expect(page.locator(f"#{world.case.public_id}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("u")
    expect(page.locator("#pane")).to_have_count(0)
    assert page.url.endswith(reverse("queue"))


def test_after_a_case_is_closed_the_next_one_is_open(page, company):
    worlds = [make_world(company) for _ in range(3)]
    page.goto(reverse("queue"))
    settled(page, worlds[0])
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    closed, following = ids(page)[:2]
    expect(page.locator("#pane")).to_have_attribute("data-live-ids", re.compile(closed))
    page.keyboard.press("e")
    page.locator("#resolve-says").fill("The neighbour took it.")
    page.get_by_role("button", name="Close the case").click()
    expect(page.locator("#says")).to_contain_text("is closed")
    expect(page.locator(f"#{following}")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#pane")).to_have_attribute("data-live-ids", re.compile(following))
    assert following in page.url


def test_the_find_box_goes_to_an_order_by_its_number(page, company):
    world = make_world(company)
    page.goto(reverse("queue"))
    settled(page, world)
    page.keyboard.press("Control+k")
    page.keyboard.type(world.order.name)
    expect(page.locator("#found a").first).to_contain_text(world.order.name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('order', args=[world.order.public_id])}")
