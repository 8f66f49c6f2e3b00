"""The pages of the integration owner: each Odoo with its first load, who owns which field, what each state means."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.exceptions.services import open_case
from apps.integrations.models import OdooConnection, OdooServer
from apps.integrations.odoo.follow import feed
from apps.journal.models import Entry
from apps.mirror.models import Feed, Reconciliation, SetAside
from apps.shipments.models import FieldOwner
from tests.factories import make_company, make_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db):
    return make_company()


@pytest.fixture
def open_page(chromium, live_server, line, client, settings) -> Iterator[Callable[[User], Page]]:
    """open_page(person): a window in which that person is signed in."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    contexts = []

    def for_person(person: User) -> Page:
        client.force_login(person)
        context = chromium.new_context(base_url=live_server.url)
        contexts.append(context)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        window = context.new_page()
        window.set_default_timeout(10_000)
        window.route_web_socket(re.compile("/live/"), line.answer)
        return window

    yield for_person
    for context in contexts:
        context.close()


def as_(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def text(answer) -> str:
    """What a page says, without its markup."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


def read_everything() -> None:
    """Every table was loaded, projected and read just now."""
    now = timezone.now()
    feed.prepare()
    Feed.objects.update(load_done_at=now, projected_at=now, ran_at=now, ok_at=now)


def begin_to_load() -> Feed:
    """Companies and warehouses are in, transfers are on their way, nothing else has begun."""
    feed.prepare()
    now = timezone.now()
    Feed.objects.exclude(model="stock.picking").update(load_done_at=now, ran_at=now, ok_at=now)
    at_work = Feed.objects.get(model="stock.picking")
    at_work.load_started_at = at_work.ran_at = now
    at_work.load_total, at_work.loaded, at_work.load_per_s = 4000, 1200, 400
    at_work.save()
    return at_work


def test_a_first_load_shows_records_rate_and_time_left_and_goes_on_by_itself(open_page, ines):
    at_work = begin_to_load()
    page = open_page(ines)
    page.goto(reverse("odoo"))
    load = page.locator("#first-load")
    expect(load).to_contain_text("1,200 of 4,000")
    expect(load).to_contain_text("400 records a second")
    expect(load).to_contain_text("7 s")

    Feed.objects.filter(pk=at_work.pk).update(loaded=3600)
    expect(load).to_contain_text("3,600 of 4,000", timeout=20_000)
    expect(load).to_contain_text("1 s")

    read_everything()
    expect(load).to_have_count(0, timeout=20_000)
    expect(page.locator(".title")).to_contain_text("answers")


def test_the_matrix_is_changed_by_the_integration_owner_with_a_reason(open_page, ines):
    line = FieldOwner.objects.get(object="package", field="milestone.delivery", active=True)
    page = open_page(ines)
    page.goto(reverse("ownership"))
    page.get_by_role("link", name=line.title, exact=True).click()
    page.get_by_role("checkbox", name="Warehouse system").check()
    page.get_by_label("Why").fill("Gent hands over at the dock and scans there.")
    page.get_by_role("button", name="Let them own it in this order").click()

    expect(page.locator("main .notice")).to_contain_text("version 2 holds from now on")
    expect(page.locator("ul.line > li").first).to_contain_text(
        "Ines Integration: Gent hands over at the dock"
    )
    new = FieldOwner.objects.get(object="package", field="milestone.delivery", active=True)
    assert (new.version, new.changed_by) == (2, ines)
    assert "wms" in new.owners
    assert Entry.objects.filter(kind="ownership.changed", subject=new.public_id).count() == 1


def test_others_read_the_matrix_and_cannot_change_it(olga, carl):
    line = FieldOwner.objects.get(object="package", field="milestone.delivery", active=True)
    for person in (olga, carl):
        browser = as_(person)
        page = browser.get(reverse("ownership_line", args=[line.public_id]))
        assert line.title in text(page)
        assert "Change who owns it" not in text(page)
        change = {"owners": ["wms"], "why": "Because.", "version": "1"}
        refused = browser.post(reverse("ownership_change", args=[line.public_id]), change)
        assert refused.status_code == 403
    assert FieldOwner.objects.get(pk=line.pk).active


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"owners": ["wms"], "why": " ", "version": "1"}, "Say why"),
        ({"why": "None of them.", "version": "1"}, "Name at least one system"),
        ({"owners": ["wms"], "why": "I looked last week.", "version": "7"}, "changed this line meanwhile"),
    ],
)  # fmt: skip
def test_a_change_without_a_reason_an_owner_or_the_version_in_force_is_refused(ines, change, says):
    line = FieldOwner.objects.get(object="package", field="milestone.delivery", active=True)
    answer = as_(ines).post(reverse("ownership_change", args=[line.public_id]), change)
    assert answer.status_code == 409
    assert says in text(answer)
    assert FieldOwner.objects.get(pk=line.pk).active


def test_what_the_tower_derives_has_no_form(ines):
    line = FieldOwner.objects.get(object="order", field="stage", active=True)
    page = as_(ines).get(reverse("ownership_line", args=[line.public_id]))
    assert "The tower derives or keeps this field" in text(page)
    assert "Let them own it" not in text(page)


def test_the_page_of_stages_is_the_table_that_decides(carl):
    page = text(as_(carl).get(reverse("stages")))
    assert "sale.order, state" in page
    assert "awaiting_stock Awaiting stock Operations" in page
    assert "`" not in page


def test_an_odoo_that_is_away_or_refuses_our_login_says_so_with_its_case(ines, company):
    read_everything()
    Feed.objects.update(error="Odoo cannot be reached: no connection in time.", failures=3)
    page = text(as_(ines).get(reverse("odoo")))
    assert "away" in page
    assert "no connection in time" in page

    Feed.objects.update(trouble="login")
    case = open_case(
        "integration_down", "odoo:default", title="Odoo refuses our login", now=timezone.now(),
        company_id=company.pk,
    )  # fmt: skip
    answer = as_(ines).get(reverse("odoo"))
    assert "login refused" in text(answer)
    assert reverse("case", args=[case.public_id]) in answer.content.decode()


def test_an_odoo_that_nobody_read_yet_says_what_to_do(ines):
    page = text(as_(ines).get(reverse("odoo")))
    assert "not read yet" in page
    assert "odoo_check" in page
    assert "Not compared with Odoo yet" in page


def test_apps_rules_and_records_set_aside_stand_on_the_page(ines):
    read_everything()
    now = timezone.now()
    offers = {"purchase.order": "write", "documents.document": "read", "hr.employee.public": "hidden", "sale.order": "write"}  # fmt: skip
    OdooServer.objects.create(
        connection="default", version="18.0", transport="json-rpc", offers=offers, found_at=now
    )
    SetAside.objects.create(
        connection="default", model="sale.order", odoo_id=12, reason="An amount past its column.",
        since_at=now, tried_at=now, try_again_at=now + timedelta(hours=1),
    )  # fmt: skip
    page = text(as_(ines).get(reverse("odoo")))
    assert "Odoo 18.0 over JSON-RPC" in page
    assert "Purchase used Mirrored, with its lines" in page
    assert "Documents not used yet" in page
    assert "Employees hidden from us" in page
    assert "Helpdesk not installed The tower's cases serve" in page
    assert "Sales orders 12 An amount past its column." in page
    assert "not made: polling alone" in page


def test_a_connection_of_another_company_does_not_exist(ines, company):
    OdooConnection.objects.create(
        slug="lyon", url="http://lyon.example", db="lyon", user="tower", sealed_secret=b"x"
    )
    assert as_(ines).get(reverse("odoo_connection", args=["lyon"])).status_code == 200
    make_company("Lyon SAS", connection="lyon")
    answer = as_(ines).get(reverse("odoo"))
    assert "lyon" not in text(answer)
    for name in ("odoo_connection", "odoo_differences"):
        assert as_(ines).get(reverse(name, args=["lyon"])).status_code == 404
    assert as_(ines).post(reverse("odoo_reconcile_now", args=["lyon"])).status_code == 404


def test_reconciling_is_asked_for_by_the_integration_owner_alone(ines, olga):
    read_everything()
    assert as_(olga).post(reverse("odoo_reconcile_now", args=["default"])).status_code == 403
    assert not Feed.objects.exclude(reconcile_asked_at=None).exists()
    assert as_(ines).post(reverse("odoo_reconcile_now", args=["default"])).status_code == 302
    assert not Feed.objects.filter(reconcile_asked_at=None).exists()


def test_a_difference_is_shown_within_the_companies_a_person_was_given(ines):
    differing = [{"odoo_id": 7, "field": "price_subtotal", "odoo": "1", "tower": "2"}]
    Reconciliation.objects.create(
        connection="default", model="sale.order.line", kind="full", started_at=timezone.now(),
        differing=1, details=differing,
    )  # fmt: skip
    address = reverse("odoo_differences", args=["default"])
    assert "sale.order.line, 7 price_subtotal" in text(as_(ines).get(address))
    make_company("Second Inc")
    page = text(as_(ines).get(address))
    assert "price_subtotal" not in page
    assert "1 more record outside the companies you were given" in page


def test_more_differences_and_records_set_aside_cost_no_more_queries(ines):
    read_everything()
    now = timezone.now()

    def add(number: int) -> None:
        SetAside.objects.create(
            connection="default", model="sale.order", odoo_id=number, reason="x",
            since_at=now, tried_at=now, try_again_at=now,
        )  # fmt: skip
        Reconciliation.objects.create(
            connection="default", model="res.partner", kind="quick", started_at=now, differing=1,
            details=[{"odoo_id": number, "field": "name", "odoo": "a", "tower": "b"}],
        )  # fmt: skip

    def cost() -> list[int]:
        spent = []
        for address in (
            reverse("odoo"),
            reverse("odoo_differences", args=["default"]),
            reverse("ownership"),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(address).status_code == 200
            spent.append(len(queries))
        return spent

    browser = as_(ines)
    add(1)
    cost()
    one = cost()
    for number in range(2, 21):
        add(number)
    assert cost() == one
    assert max(one) <= 40


def test_an_unknown_connection_or_line_is_not_found(ines):
    browser = as_(ines)
    for address in (
        reverse("odoo_connection", args=["nowhere"]),
        reverse("odoo_differences", args=["nowhere"]),
        reverse("ownership_line", args=["own_" + "0" * 32]),
        reverse("ownership_line", args=["x"]),
    ):
        assert browser.get(address).status_code == 404, address


def test_a_partner_is_judged_as_what_the_integration_owner_says_it_is(ines, olga, company):
    from tests.integrations.factories import make_partner

    partner = make_partner("tpl_generic", "Gent 3PL", company)
    address = reverse("partner_kind", args=[partner.slug])
    assert as_(olga).post(address, {"kind": "wms"}).status_code == 403
    assert (
        as_(make_person("Ina Else", "integration", make_company("Else")))
        .post(address, {"kind": "wms"})
        .status_code
        == 404
    )
    assert as_(ines).post(address, {"kind": "wms"}).status_code == 302
    assert "Ines Integration said so" in text(as_(ines).get(reverse("ownership")))
