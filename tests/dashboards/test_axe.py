"""Every main page of every role, light and dark, against axe-core: nothing serious, nothing critical."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from apps.accounts.models import User
from apps.integrations import inbox
from apps.integrations.models import Command
from apps.integrations.odoo.follow import feed
from apps.mirror.models import Reconciliation
from apps.portal.links import link_for
from apps.shipments.models import FieldOwner
from tests.approvals.factories import make_document, make_request
from tests.dashboards.factories import World, make_world
from tests.dashboards.sold import make_sold, put_off
from tests.factories import make_company, make_customer, make_person
from tests.integrations.factories import batch, make_partner, post, stored
from tests.portal.factories import SCENES

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = {
    "operations": ("tower", "queue", "case", "orders", "order", "shipments", "shipment", "integrations", "find",
                   "supplies", "supply", "sold", "returned", "waiting"),
    "customer_service": ("queue", "empty", "case", "approvals", "hold"),
    "finance": ("approvals", "held", "request", "tower"),
    "integration": ("integrations", "messages", "message", "commands", "command", "refusals", "correlation",
                    "odoo", "differences", "ownership", "ownership_line", "stages", "command_new",
                    "event_types", "names", "flows"),
}  # fmt: skip


@pytest.fixture
def company(transactional_db):
    return make_company()


@pytest.fixture
def world(company) -> World:
    return make_world(company)


@pytest.fixture
def addresses(company, world) -> dict[str, str]:
    """Where each page is, with something on it to look at."""
    carl = make_person("Carl Reyes", "customer_service", company)
    asked = make_request(
        make_world(company).hold, carl, documents=[make_document(world.order, carl)]
    )
    told = stored(post(make_partner("tpl_generic", "Gent 3PL", company), batch("m1", "AB1")))
    inbox.drain()
    post("nobody", b"{}")
    command = Command.objects.create(
        company=company, connection="default", kind="hold_invoice", model="account.move", record_odoo_id=7,
        record_name="INV/2026/00007", key="axe", intent="Hold invoice INV/2026/00007", cause=world.hold.public_id,
        actor="the control tower", not_before=timezone.now(), correlation_id=told.correlation_id, state="refused",
        says="The invoice was paid meanwhile.", changed=[{"field": "payment_state", "expected": "not_paid", "found": "paid"}],
    )  # fmt: skip
    feed.prepare()
    Reconciliation.objects.create(
        connection="default", model="res.partner", kind="full", started_at=timezone.now(), differing=1,
        details=[{"odoo_id": 7, "field": "name", "odoo": "Azure", "tower": None}],
    )  # fmt: skip
    line = FieldOwner.objects.get(object="package", field="milestone.delivery", active=True)
    named = {name: reverse(name) for name in (
        "tower", "queue", "orders", "shipments", "supplies", "approvals", "integrations", "messages", "commands", "refusals",
        "event_types", "names", "flows",
    )}  # fmt: skip
    sold = make_sold(company)
    put_off(sold, days=5)
    return named | {
        "supply": reverse("supply", args=[sold.supply.public_id]),
        "sold": reverse("order", args=[sold.order.public_id]),
        "returned": reverse("shipment", args=[sold.back.public_id]),
        "waiting": reverse("shipment", args=[sold.rest.public_id]),
        "odoo": reverse("odoo"),
        "differences": reverse("odoo_differences", args=["default"]),
        "ownership": reverse("ownership"),
        "ownership_line": reverse("ownership_line", args=[line.public_id]),
        "stages": reverse("stages"),
        "command_new": reverse("command_new", args=["note", world.order.public_id]),
        "case": reverse("case", args=[world.case.public_id]),
        "empty": reverse("queue") + "?q=nothing-is-called-so",
        "order": reverse("order", args=[world.order.public_id]),
        "shipment": reverse("shipment", args=[world.shipment.public_id]),
        "find": f"{reverse('find')}?q={world.order.name}",
        "hold": reverse("approval", args=[world.hold.public_id]) + "?tab=held",
        "held": reverse("approvals") + "?tab=held",
        "request": reverse("approval", args=[asked.public_id]),
        "message": reverse("message", args=[told.public_id]),
        "command": reverse("command", args=[command.public_id]),
        "correlation": reverse("correlation", args=[told.correlation_id]),
    }


@pytest.fixture
def window(
    chromium, live_server, line, client, settings
) -> Iterator[Callable[[User | None], Page]]:
    """Opens a window in which somebody is signed in, or nobody."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    contexts = []

    def open_for(person: User | None) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": 1440, "height": 900},
            reduced_motion="reduce",
        )
        contexts.append(context)
        if person is not None:
            client.force_login(person)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.route_web_socket(re.compile("/live/"), line.answer)
        return page

    yield open_for
    for context in contexts:
        context.close()


# All that a scheme changes.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def faults(page: Page, address: str) -> list[str]:
    """What axe-core calls serious or critical on a page, in both schemes, with the first place of each."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    found = []
    for scheme, options in (("light", None), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        for one in Axe().run(page, options=options).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                place = one["nodes"][0]
                found.append(
                    f"{address} {scheme} {one['id']}: {place['html'][:160]} {place['failureSummary'][:300]}"
                )
    return found


@pytest.mark.parametrize("role", ROLES)
def test_the_desk_has_no_serious_barrier(role, window, addresses, company):
    page = window(make_person("Somebody Else", role, company))
    found = [fault for name in ROLES[role] for fault in faults(page, addresses[name])]
    assert not found, "\n".join(found)


def test_the_customers_pages_have_no_serious_barrier(window, company):
    customer = make_customer(company)
    cora = make_person("Cora Customer", "customer", company, customer)
    orders = [
        SCENES[name](company, customer=customer) for name in ("missed", "partly", "delivered")
    ]
    page = window(cora)
    found = faults(page, reverse("my_orders"))
    found += [fault for order in orders for fault in faults(page, link_for(order))]
    assert not found, "\n".join(found)


def test_signing_in_has_no_serious_barrier(window, company):
    assert not faults(window(None), reverse("account_login"))
