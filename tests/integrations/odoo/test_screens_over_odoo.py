"""In a browser, with Odoo behind it: a parked command is adapted and goes through; a comparison is asked for and read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.integrations.models import Command
from apps.integrations.odoo.command import sending
from apps.integrations.odoo.follow import due
from apps.mirror.models import Feed, SaleOrder
from apps.shipments.models import Shipment
from tests.contract import make
from tests.dashboards.browser import Line, chromium_of_this_machine
from tests.integrations.odoo.commands.conftest import by_admin, guards

__all__ = ["by_admin", "guards"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def open_page(live_server, client, settings) -> Iterator[Callable[[User], Page]]:
    """open_page(person): a window in which that person is signed in."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    line = Line()
    with chromium_of_this_machine() as browser:

        def for_person(person: User) -> Page:
            client.force_login(person)
            context = browser.new_context(base_url=live_server.url)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            window = context.new_page()
            window.set_default_timeout(15_000)
            window.route_web_socket(re.compile("/live/"), line.answer)
            return window

        yield for_person


def test_a_parked_command_is_adapted_to_the_new_facts_and_applied(
    open_page, guards, mirror, admin, clerk, carl
):
    order = make.confirmed(admin, clerk)
    mirror()
    picking = make.picking_of(clerk, order)
    shipment = Shipment.objects.get(picking_odoo_id=picking)
    page = open_page(carl)
    page.goto(reverse("command_new", args=["set_tracking_number", shipment.public_id]))
    page.get_by_label(re.compile("racking")).fill("OURS-1")
    page.locator("#command-new button[type=submit]").click()
    expect(page.locator("#command-new .notice a")).to_be_visible()
    clerk("stock.picking", "write", [picking], {"carrier_tracking_ref": "THEIRS"})
    sending.drain(parallel=1)
    mirror()

    page.goto(reverse("commands"))
    first = page.locator("table.commands tbody tr").first
    expect(first).to_contain_text("Waiting for a person")
    first.get_by_role("link", name="Adapt").click()
    expect(page.locator("main")).to_contain_text("The record changed in Odoo meanwhile")
    page.get_by_role("link", name="Adapt to the new facts").click()
    expect(page.locator(".seen")).to_contain_text("THEIRS")
    page.get_by_label(re.compile("racking")).fill("OURS-2")
    page.locator("#command-new button[type=submit]").click()
    given = page.locator("#command-new .notice a")
    expect(given).to_be_visible()
    sending.drain(parallel=1)
    given.click()

    expect(page.locator(".title")).to_contain_text("Applied in Odoo")
    assert clerk.value("stock.picking", picking, "carrier_tracking_ref") == "OURS-2"
    assert sorted(Command.objects.values_list("state", flat=True)) == ["applied", "replaced"]


def test_reconciling_now_shows_what_differed_field_by_field(open_page, mirror, admin, clerk, ines):
    order = make.confirmed(admin, clerk)
    mirror()
    SaleOrder.objects.filter(odoo_id=order).update(
        state="draft", odoo_write_date="2026-03-02T12:00:00Z"
    )
    Feed.objects.update(
        quiet_s=1e6, cursor_at="2090-01-01T00:00:00Z", edge=[], refreshed_at=timezone.now()
    )
    page = open_page(ines)
    page.goto(reverse("odoo"))
    page.get_by_role("button", name="Reconcile now").click()
    expect(page.locator("main .notice")).to_contain_text("compared with Odoo in a moment")
    expect(page.get_by_role("button", name="Reconcile now")).to_be_disabled()

    due.run("default", throttle=0)

    expect(page.locator("#compared")).to_contain_text("1 difference found", timeout=20_000)
    page.get_by_role("link", name="Differences, field by field").click()
    row = page.locator("table.differences tr", has_text="state").first
    expect(row).to_contain_text(f"sale.order,{order}")
    expect(row.locator("td").nth(1)).to_have_text("sale")
    expect(row.locator("td").nth(2)).to_have_text("draft")
    assert SaleOrder.objects.get(odoo_id=order).state == "sale"
