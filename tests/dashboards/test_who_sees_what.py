"""Every page of the desk: who sees it, who is refused, to whom it does not exist; and what it costs."""

from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.approvals.models import Request
from tests.approvals.factories import make_document, make_request
from tests.dashboards.factories import as_htmx, as_live, make_world
from tests.dashboards.sold import make_sold
from tests.factories import make_company

pytestmark = pytest.mark.django_db
DESK = ("olga", "carl", "fiona", "ines")
LISTS = {
    "tower": DESK,
    "queue": DESK,
    "orders": DESK,
    "shipments": DESK,
    "supplies": DESK,
    "approvals": ("olga", "carl", "fiona"),
}


@pytest.fixture
def world(company):
    return make_world(company)


@pytest.fixture
def pages(world, carl) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Every detail page: its address and who may open it."""
    request = make_request(world.hold, carl)
    event = world.package.events.first()
    return {
        "case": (reverse("case", args=[world.case.public_id]), DESK),
        "order": (reverse("order", args=[world.order.public_id]), DESK),
        "shipment": (reverse("shipment", args=[world.shipment.public_id]), DESK),
        "supply": (reverse("supply", args=[make_sold(world.order.company).supply.public_id]), DESK),
        "request": (reverse("approval", args=[request.public_id]), LISTS["approvals"]),
        "hold": (reverse("approval", args=[world.hold.public_id]), LISTS["approvals"]),
        "document": (reverse("document", args=[make_document(world.order, carl).public_id]), DESK),
        "event": (reverse("event", args=[event.public_id]), DESK),
    }


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", [*DESK, "customer_user"])
def test_a_list_is_open_to_the_roles_of_the_table_and_to_nobody_else(
    name, who, client, request, world
):
    client.force_login(request.getfixturevalue(who))
    answer = client.get(reverse(name))
    if who == "customer_user" and name == "tower":
        assert (answer.status_code, answer["Location"]) == (302, "/my/")
    else:
        assert answer.status_code == (200 if who in LISTS[name] else 403)


@pytest.mark.parametrize("name", LISTS)
def test_nobody_reads_a_list_without_signing_in(name, client, db):
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("who", [*DESK, "customer_user"])
def test_a_detail_page_is_open_to_its_roles(who, client, request, pages):
    client.force_login(request.getfixturevalue(who))
    for name, (url, roles) in pages.items():
        expected = (200, 302) if who in roles else (403,)
        assert client.get(url).status_code in expected, name


def test_what_lies_in_another_company_does_not_exist(client, stranger, pages):
    client.force_login(stranger)
    for name, (url, _) in pages.items():
        assert client.get(url).status_code == 404, name


def test_a_list_shows_nothing_of_another_company(client, stranger, world):
    client.force_login(stranger)
    for name in ("tower", "queue", "orders", "shipments", "approvals"):
        page = client.get(reverse(name)).content.decode()
        assert world.order.name not in page, name
        assert world.shipment.reference not in page, name


def test_the_live_script_gets_no_row_outside_the_scope(client, stranger, world):
    client.force_login(stranger)
    for name, row in (
        ("queue", world.case),
        ("tower", world.order),
        ("shipments", world.shipment),
        ("approvals", world.hold),
    ):
        answer = client.get(reverse(name), {"rows": row.public_id}, **as_live())
        assert answer.status_code == 200
        assert row.public_id not in answer.content.decode(), name


def test_work_on_a_case_is_refused_outside_scope_and_role(client, stranger, fiona, ines, world):
    take = reverse("case_take", args=[world.case.public_id])
    client.force_login(stranger)
    assert client.post(take).status_code == 404
    for person in (fiona, ines):
        client.force_login(person)
        assert client.post(take, **as_htmx()).status_code == 422
    world.case.refresh_from_db()
    assert world.case.owner is None


def test_an_unknown_id_is_not_found_and_never_an_error(client, olga):
    client.force_login(olga)
    for name in ("case", "order", "shipment", "approval", "document", "event"):
        for strange in ("x", "cas_1", "ord_" + "z" * 32, "hld_" + "0" * 32):
            assert client.get(reverse(name, args=[strange])).status_code == 404, (name, strange)


def test_fifty_rows_cost_no_more_queries_than_one(client, fiona, carl, company):
    client.force_login(fiona)

    def cost(name: str, live: bool) -> int:
        headers = as_live() if live else {}
        client.get(reverse(name), **headers)  # whatever is read once per process is read by now
        with CaptureQueriesContext(connection) as spent:
            assert client.get(reverse(name), **headers).status_code == 200
        return len(spent)

    every = list(product(LISTS, (False, True)))
    make_request(make_world(company).hold, carl)
    alone = {one: cost(*one) for one in every}
    for _ in range(49):
        make_request(make_world(company).hold, carl)
    assert Request.objects.count() == 50
    fifty = {one: cost(*one) for one in every}
    assert {one: (alone[one], fifty[one]) for one in every if fifty[one] > alone[one]} == {}
    assert max(alone.values()) <= 40


def test_a_longer_story_costs_no_more_queries(client, olga, company):
    client.force_login(olga)
    world = make_world(company)
    from django.utils import timezone

    from tests.approvals.factories import make_event

    addresses = [reverse("case", args=[world.case.public_id]), reverse("order", args=[world.order.public_id]),
                 reverse("shipment", args=[world.shipment.public_id])]  # fmt: skip

    def cost() -> list[int]:
        spent = []
        for url in addresses:
            with CaptureQueriesContext(connection) as queries:
                client.get(url, **as_htmx())
            spent.append(len(queries))
        return spent

    cost()
    short = cost()
    for _ in range(50):
        make_event(world.package, "in_transit", timezone.now())
    assert cost() == short


def test_a_page_says_its_policy_and_loads_nothing_written_inline(client, olga, world):
    client.force_login(olga)
    for url in (reverse("tower"), reverse("case", args=[world.case.public_id])):
        answer = client.get(url)
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "connect-src 'self' ws://" in policy
        page = answer.content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert page.count("<script") == page.count("<script src=")


def test_a_document_is_shown_but_can_run_nothing(client, olga, pages):
    client.force_login(olga)
    answer = client.get(pages["document"][0])
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_a_second_company_is_seen_only_with_its_own_grant(client, olga, world):
    other = make_world(make_company("Second Inc"))
    client.force_login(olga)
    page = client.get(reverse("orders")).content.decode()
    assert world.order.name in page
    assert other.order.name not in page
