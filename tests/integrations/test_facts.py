"""Analytics read facts from a read model, again with the same answer; planning pulls its queue and changes nothing."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.integrations import facts
from apps.integrations.models import Fact
from apps.journal import subscribers
from apps.journal.subscribers import drain
from apps.shipments.apply import apply
from apps.shipments.models import Order, Shipment
from apps.shipments.services import rollup
from tests.factories import make_company, make_person
from tests.shipments.factories import make_order, make_package, make_shipment, message, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(company):
    order = make_order(company, "S1")
    shipment = make_shipment(company, order, reference="WH/OUT/1")
    make_package("1Z1", shipment)
    return order, shipment


def told():
    """What the journal says reaches the read model, and the read model is filled."""
    while drain(subscribers.get("facts")):
        continue
    return facts.refresh(timezone.now())


def lines(client, **query):
    return client.get("/api/v1/facts/", query).json()


def test_what_changed_is_exported_once_in_order_and_again_with_the_same_answer(
    client, ines, company, sold
):
    order, shipment = sold
    rollup([shipment.pk])
    apply([message(said("picked_up", "2026-03-01 10:00", "1Z1"))])
    told()
    client.force_login(ines)
    first = lines(client)
    ids = {line["id"] for line in first["results"]}
    assert {order.public_id, shipment.public_id} <= ids
    assert [line["seq"] for line in first["results"]] == list(range(1, len(ids) + 1))
    assert lines(client) == first
    assert lines(client, after=first["next_after"])["results"] == []

    told()
    rollup([shipment.pk])
    told()
    assert lines(client) == first

    apply([message(said("delivered", "2026-03-02 10:00", "1Z1"))])
    told()
    news = lines(client, after=first["next_after"], sort="shipment")["results"]
    assert [(one["id"], one["data"]["execution_status"]) for one in news] == [
        (shipment.public_id, "delivered")
    ]


def test_the_export_reads_the_read_model_and_not_the_tables_of_the_work(
    client, ines, sold, django_assert_max_num_queries
):
    facts.mark_all()
    facts.refresh(timezone.now())
    Shipment.objects.update(reference="changed behind the journal's back")
    client.force_login(ines)
    before = lines(client, sort="shipment")["results"]
    assert before[0]["data"]["reference"] == "WH/OUT/1"
    with django_assert_max_num_queries(8) as asked:
        lines(client)
    named = " ".join(query["sql"] for query in asked.captured_queries)
    assert "shipments_shipment" not in named
    assert "shipments_order" not in named


def test_a_mark_that_comes_while_it_is_filled_is_not_lost_and_a_row_that_went_says_so(sold):
    order, _ = sold
    facts.mark_refs([order.public_id, f"shp_{'0' * 32}", "inv_x"])
    facts.mark_refs([order.public_id])
    assert facts.refresh(timezone.now()) == 2
    gone = Fact.objects.get(sort="shipment")
    assert (gone.gone, gone.data) == (True, {})
    assert facts.refresh(timezone.now()) == 0


def test_built_again_nothing_that_is_the_same_gets_a_new_number(sold, capsys):
    call_command("facts_rebuild")
    before = list(Fact.objects.order_by("ref").values_list("ref", "seq"))
    call_command("facts_rebuild")
    assert list(Fact.objects.order_by("ref").values_list("ref", "seq")) == before
    assert "3 facts" in capsys.readouterr().out


def test_facts_come_a_line_each_and_only_of_ones_own_company(client, ines, sold, company):
    make_order(make_company("Else"), "S2")
    facts.mark_all()
    facts.refresh(timezone.now())
    client.force_login(ines)
    answer = client.get("/api/v1/facts/", {"lines": "1", "sort": "order", "limit": 1})
    [line] = [json.loads(text) for text in answer.content.splitlines()]
    assert (answer.headers["Content-Type"], line["data"]["name"]) == ("application/x-ndjson", "S1")
    assert (answer.headers["X-Next-After"], answer.headers["X-More"]) == (str(line["seq"]), "1")


@pytest.mark.parametrize(
    "query",
    [{"sort": "secret"}, {"after": "-1"}, {"after": "x"}, {"limit": "0"}, {"after": "9" * 30}],
)
def test_a_question_that_cannot_be_is_refused_in_words(client, ines, query):
    client.force_login(ines)
    assert client.get("/api/v1/facts/", query).status_code == 400


def test_customer_service_exports_nothing(client, company):
    client.force_login(make_person("Cleo Care", "customer_service", company))
    assert client.get("/api/v1/facts/").status_code == 403


def test_the_planning_queue_is_what_has_not_left_and_pulling_it_twice_changes_nothing(
    client, olga, company
):
    now = timezone.now()
    late = make_order(company, "LATE", promise_at=now + timedelta(days=3))
    soon = make_order(company, "SOON", promise_at=now + timedelta(days=1), stage="awaiting_stock")
    make_order(company, "GONE", stage="in_transit")
    make_order(make_company("Else"), "ELSE")
    make_shipment(company, soon, reference="WH/OUT/7", picking_state="confirmed")
    make_shipment(company, late, reference="WH/OUT/8", dispatched_at=now)
    versions = list(Order.objects.order_by("pk").values_list("version", "changed_at"))
    client.force_login(olga)
    first = client.get("/api/v1/planning/")
    queue = [
        (one["name"], [leg["reference"] for leg in one["transfers"]])
        for one in first.json()["results"]
    ]
    assert queue == [("SOON", ["WH/OUT/7"]), ("LATE", [])]
    again = client.get("/api/v1/planning/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert list(Order.objects.order_by("pk").values_list("version", "changed_at")) == versions
    Order.objects.filter(pk=late.pk).update(promise_at=now, version=2)
    moved = client.get("/api/v1/planning/", headers={"If-None-Match": first.headers["ETag"]})
    assert [one["name"] for one in moved.json()["results"]] == ["LATE", "SOON"]
