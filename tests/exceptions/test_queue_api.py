"""The queue and its verbs through the API, and what each person sees of it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.scope import grant
from apps.exceptions import queries, services
from apps.exceptions.models import Case
from tests.approvals.factories import deliver, make_invoice, make_order, make_shipment
from tests.factories import make_person, make_warehouse

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 signed paper"


@pytest.fixture
def case(company):
    shipment = make_shipment(make_order(company))
    return services.open_case("delivery_attempted", "x", shipment=shipment, now=timezone.now())


def as_(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def make_cases(company, count):
    for _ in range(count):
        shipment = make_shipment(make_order(company))
        services.open_case(
            "delivery_attempted", shipment.public_id, shipment=shipment, now=timezone.now()
        )


def test_the_queue_lists_cases_by_public_id_only(case, carl):
    body = as_(carl).get("/api/v1/cases/").json()
    [row] = body["results"]
    assert (row["id"], row["title"], row["team"]) == (
        case.public_id,
        "Delivery attempted",
        "customer-service",
    )
    assert "pk" not in row


def test_one_case_shows_story_evidence_and_what_can_be_done(case, carl):
    body = as_(carl).get(f"/api/v1/cases/{case.public_id}/").json()
    assert [offer["action"] for offer in body["offers"]] == [
        "request_redelivery",
        "contact_customer",
        "ask_carrier",
    ]
    assert body["offers"][0]["consequence"].startswith("Asks the carrier to deliver again")
    assert body["steps"][0]["kind"] == "opened"


def test_the_second_to_take_a_case_gets_409_with_the_name(case, carl, olga):
    assert as_(carl).post(f"/api/v1/cases/{case.public_id}/take").status_code == 200
    answer = as_(olga).post(f"/api/v1/cases/{case.public_id}/take/")
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "already_taken"
    assert answer.json()["says"].startswith("Carl Reyes took this case")


def test_finance_may_note_and_may_not_take(case, fiona):
    assert (
        as_(fiona)
        .post(f"/api/v1/cases/{case.public_id}/notes", {"text": "Seen."}, format="json")
        .status_code
        == 201
    )
    refused = as_(fiona).post(f"/api/v1/cases/{case.public_id}/take")
    assert (refused.status_code, refused.json()["code"]) == (403, "role")


def test_an_action_runs_once_for_two_clicks(case, carl):
    body = {"action": "request_redelivery", "data": {"date": "2026-12-01"}}
    first = as_(carl).post(f"/api/v1/cases/{case.public_id}/actions", body, format="json")
    second = as_(carl).post(f"/api/v1/cases/{case.public_id}/actions", body, format="json")
    assert (first.status_code, first.json()["id"]) == (201, second.json()["id"])


def test_an_action_that_lacks_something_is_answered_400_with_the_field(case, carl):
    answer = as_(carl).post(
        f"/api/v1/cases/{case.public_id}/actions", {"action": "request_redelivery"}, format="json"
    )
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"date": ["Day: please fill this in."]}


def test_a_release_can_be_asked_with_an_uploaded_paper(company, carl):
    order = make_order(company)
    shipment = make_shipment(order)
    make_invoice(order)
    deliver(shipment)
    services.evaluate([shipment.pk], now=timezone.now())
    case = Case.objects.get()
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = as_(carl).post(
        f"/api/v1/cases/{case.public_id}/actions",
        {
            "action": "request_release",
            "data.reason": "Signed paper",
            "evidence": SimpleUploadedFile("p.pdf", PDF),
        },
        format="multipart",
    )
    assert answer.status_code == 201, answer.json()
    body = as_(carl).get(f"/api/v1/cases/{case.public_id}/").json()
    assert body["case"]["waiting_on"] == "approval"
    assert body["holds"][0]["state"] == "placed"


@pytest.mark.parametrize("path", ["", "{id}/"])
def test_a_stranger_gets_404_and_a_customer_403(path, case, stranger, customer_user):
    url = "/api/v1/cases/" + path.format(id=case.public_id)
    if path:
        assert as_(stranger).get(url).status_code == 404
        assert as_(stranger).post(url + "take").status_code == 404
    else:
        assert as_(stranger).get(url).json()["results"] == []
    assert as_(customer_user).get(url).status_code == 403
    assert APIClient().get(url).status_code == 401


def test_who_is_restricted_to_a_warehouse_sees_only_its_cases(company):
    gent, lyon = make_warehouse(company, "Gent"), make_warehouse(company, "Lyon")
    for name, warehouse in (("g", gent), ("l", lyon), ("none", None)):
        shipment = make_shipment(make_order(company, warehouse=warehouse))
        services.open_case("delivery_attempted", name, shipment=shipment, now=timezone.now())
    greta = make_person("Greta", "operations", company)
    grant(greta, gent)
    assert [case.dedupe for case in queries.queue(greta)] == ["g"]


def test_every_view_counts_exactly_the_rows_it_opens(company, carl, olga):
    now = timezone.now()
    make_cases(company, 6)
    first, second, third, fourth, *_ = Case.objects.order_by("id")
    services.take(first, by=carl, now=now)
    services.wait(second, on="carrier", by=olga, now=now)
    services.resolve(third, by=olga, says="Done.", now=now)
    Case.objects.filter(pk=fourth.pk).update(due_at=now - timedelta(hours=1), promise_at=now)

    counts = queries.view_counts(carl, now)

    assert counts == {
        view: queries.queue(carl, queries.Filters(view=view), now).count() for view in counts
    }
    assert (
        counts["mine"],
        counts["carrier"],
        counts["breached"],
        counts["at_risk"],
        counts["open"],
    ) == (1, 1, 1, 1, 5)
    assert {tile.view: tile.count for tile in queries.tiles(carl, now)} == {
        name: counts[name] for name in ("at_risk", "breached", "unassigned", "blocked", "proof")
    }


def test_missing_proof_shows_what_is_held(company, carl):
    order = make_order(company)
    shipment = make_shipment(order)
    make_invoice(order)
    deliver(shipment)
    services.evaluate([shipment.pk], now=timezone.now())
    tile = next(tile for tile in queries.tiles(carl) if tile.view == "proof")
    assert (tile.count, tile.sums) == (1, {"EUR": 4180})


def test_text_finds_by_order_customer_and_title(case, carl):
    for text in (case.order.name, "azure", "attempted"):
        assert list(queries.queue(carl, queries.Filters(text=text))) == [case]
    assert not queries.queue(carl, queries.Filters(text="nothing like this"))


def test_the_number_of_statements_does_not_grow_with_the_rows(
    company, carl, django_assert_num_queries
):
    make_cases(company, 1)
    client = as_(carl)
    client.get("/api/v1/cases/")  # roles and scope are read once and kept on the person
    with django_assert_num_queries(1):
        client.get("/api/v1/cases/")
    make_cases(company, 49)
    with django_assert_num_queries(1):
        assert len(client.get("/api/v1/cases/").json()["results"]) == 50
    with django_assert_num_queries(3):
        queries.tiles(carl)
    with django_assert_num_queries(1):
        queries.view_counts(carl)
    one = Case.objects.first()
    with django_assert_num_queries(6):
        queries.case(carl, one.public_id)
