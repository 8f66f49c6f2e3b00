"""Approvals through the API: the same refusals, in the same words."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from apps.approvals import queries, services
from apps.approvals.models import Hold, Request
from apps.mirror.models import Invoice
from apps.shipments.models import Document
from tests.approvals.factories import (
    NOON,
    deliver,
    make_document,
    make_hold,
    make_order,
    make_request,
    make_shipment,
)

pytestmark = pytest.mark.django_db


def as_(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def order(company):
    order = make_order(company)
    deliver(make_shipment(order))
    return order


@pytest.fixture
def hold(order):
    return make_hold(order)


@pytest.fixture
def asked(hold, carl, order):
    return make_request(hold, carl, documents=[make_document(order, carl)])


def url(asked, tail=""):
    return f"/api/v1/approvals/{asked.public_id}/{tail}"


def verdict(client, asked, seen, verdict="grant", **more):
    return client.post(
        url(asked, "decisions"), {"verdict": verdict, "seen": seen, **more}, format="json"
    )


def test_finance_reads_the_facts_and_decides_on_their_digest(asked, hold, fiona):
    client = as_(fiona)
    page = client.get(url(asked)).json()
    assert page["facts"]["payment_state"] == "not_paid"
    assert page["request"]["evidence"][0]["name"] == "signed.pdf"
    assert (page["refusal"], page["moved"]) == (None, [])

    answer = verdict(client, asked, page["digest"])

    assert answer.status_code == 201
    assert answer.json()["by"]["name"] == "Fiona Finance"
    hold.refresh_from_db()
    assert hold.state == "released"


def test_who_asked_is_refused_with_the_sentence_of_the_screen(hold, fiona):
    own = make_request(hold, fiona)
    page = as_(fiona).get(url(own)).json()
    answer = verdict(as_(fiona), own, page["digest"])
    assert answer.status_code == 403
    assert answer.json()["code"] == page["refusal"]["code"] == "requester"
    assert answer.json()["says"] == page["refusal"]["says"]
    assert answer.json()["says"] == "You asked for this release, so somebody else has to decide."


def test_changed_facts_are_answered_409_and_named(asked, fiona):
    page = as_(fiona).get(url(asked)).json()
    Invoice.objects.update(payment_state="partial")
    answer = verdict(as_(fiona), asked, page["digest"])
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    [change] = answer.json()["changed"]
    assert change == {
        "field": "payment_state",
        "says": "the invoice's payment state",
        "was": "not_paid",
        "now": "partial",
    }


def test_a_second_verdict_is_answered_409(asked, fiona, company):
    from tests.factories import make_person

    seen = as_(fiona).get(url(asked)).json()["digest"]
    verdict(as_(fiona), asked, seen)
    answer = verdict(
        as_(make_person("Frank", "finance", company)), asked, seen, "reject", reason="no"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")


def test_a_rejection_without_a_reason_and_an_unknown_verdict_are_answered_400(asked, fiona):
    seen = as_(fiona).get(url(asked)).json()["digest"]
    assert verdict(as_(fiona), asked, seen, "reject").json()["code"] == "reason_missing"
    assert verdict(as_(fiona), asked, seen, "maybe").status_code == 400


def test_a_release_is_asked_with_a_file_and_a_wrong_file_is_refused(hold, carl):
    address = f"/api/v1/holds/{hold.public_id}/requests"
    bad = as_(carl).post(
        address, {"reason": "x", "evidence": SimpleUploadedFile("a.exe", b"MZ")}, format="multipart"
    )
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_document")
    assert not Request.objects.exists()

    good = as_(carl).post(
        address,
        {"reason": "Signed paper", "evidence": SimpleUploadedFile("p.pdf", b"%PDF-1.4 x")},
        format="multipart",
    )
    assert good.status_code == 201, good.json()
    assert good.json()["evidence"][0]["name"] == "p.pdf"


def test_an_unknown_document_is_refused(hold, carl):
    answer = as_(carl).post(
        f"/api/v1/holds/{hold.public_id}/requests",
        {"reason": "x", "documents": ["doc_" + "0" * 32]},
        format="json",
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_document")


def test_holds_say_why_and_what_would_release_them(hold, fiona):
    [row] = as_(fiona).get("/api/v1/holds/").json()["results"]
    assert row["says"] == hold.says
    assert [way[0]["says"] for way in row["why"]["needs"]] == [
        "A signature or document from UPS arrives",
        "Finance accepts other evidence",
    ]


def test_strangers_see_nothing_and_integration_is_refused(asked, stranger, ines, customer_user):
    assert as_(stranger).get("/api/v1/approvals/").json()["results"] == []
    assert as_(stranger).get(url(asked)).status_code == 404
    assert verdict(as_(stranger), asked, "x").status_code == 404
    for nobody in (ines, customer_user):
        assert as_(nobody).get("/api/v1/approvals/").status_code == 403
        assert as_(nobody).get("/api/v1/holds/").status_code == 403


def test_the_inbox_shows_each_person_what_is_theirs_to_decide(asked, carl, fiona):
    assert list(queries.inbox(fiona, "mine")) == [asked]
    assert not queries.inbox(carl, "mine")
    assert list(queries.inbox(carl, "asked")) == [asked]
    seen = services.facts_of(asked)[1]
    services.decide(asked, by=fiona, verdict="grant", reason="", seen=seen, now=timezone.now())
    assert list(queries.inbox(fiona, "decided")) == [asked]
    assert queries.counts(fiona)["released_today"] == {"count": 1, "sums": {"EUR": 4180}}


def test_the_number_of_statements_does_not_grow_with_the_rows(
    company, carl, fiona, django_assert_num_queries
):
    def add(count):
        for _ in range(count):
            order = make_order(company)
            deliver(make_shipment(order))
            make_request(make_hold(order), carl, documents=[make_document(order, carl)])

    add(1)
    client = as_(fiona)
    client.get("/api/v1/approvals/")
    with django_assert_num_queries(3):
        client.get("/api/v1/approvals/")
    with django_assert_num_queries(1):
        client.get("/api/v1/holds/")
    add(49)
    with django_assert_num_queries(3):
        assert len(client.get("/api/v1/approvals/").json()["results"]) == 50
    with django_assert_num_queries(1):
        client.get("/api/v1/holds/")
    with django_assert_num_queries(3):
        held = queries.counts(fiona, NOON + timedelta(days=1))["held"]
    assert held["count"] == Hold.objects.count() == 50


def test_another_orders_paper_is_no_evidence_for_this_one(hold, company, carl):
    theirs = make_document(make_order(company), carl)

    answer = as_(carl).post(
        f"/api/v1/holds/{hold.public_id}/requests",
        {"reason": "Signed.", "documents": [theirs.public_id]},
        format="json",
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_document")
    assert not Request.objects.exists()


def test_a_refused_question_leaves_no_file_behind(hold, carl, olga):
    make_request(hold, olga)
    paper = SimpleUploadedFile("signed.pdf", b"%PDF-1.4 signed", "application/pdf")

    answer = as_(carl).post(
        f"/api/v1/holds/{hold.public_id}/requests", {"reason": "Signed.", "evidence": [paper]}
    )

    assert answer.status_code == 409
    assert not Document.objects.exists()
