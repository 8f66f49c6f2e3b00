"""A write with an Idempotency-Key is done once and answered as often as it is sent (R225)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from apps.accounts import idempotency
from apps.accounts.models import ApiAnswer, ApiClient
from apps.exceptions.models import CaseStep
from apps.journal.models import Entry
from tests.dashboards.factories import make_world
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(company):
    return make_world(company).case


def note(person, case, words: str, key: str = "k-1", **headers: str):
    """A note on a case, posted by a person's session or by a program."""
    client = Client()
    if person is not None:
        client.force_login(person)
    return client.post(
        f"/api/v1/cases/{case.public_id}/notes/",
        {"text": words},
        content_type="application/json",
        headers={"Idempotency-Key": key, **headers},
    )


def notes() -> int:
    return CaseStep.objects.filter(says="called them").count()


def test_the_same_write_again_is_answered_again_and_not_done_again(case, carl):
    first = note(carl, case, "called them")
    assert first.status_code in (200, 201)
    again = note(carl, case, "called them")

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert notes() == 1


def test_the_same_key_with_another_content_is_a_conflict(case, carl):
    note(carl, case, "called them")
    other = note(carl, case, "wrote to them")

    assert (other.status_code, other.json()["reason"]) == (409, "key_taken")
    assert not CaseStep.objects.filter(says="wrote to them").exists()


def test_the_same_key_of_somebody_else_is_another_key(case, carl, olga):
    note(carl, case, "called them")
    assert "Idempotency-Replayed" not in note(olga, case, "called them").headers
    assert notes() == 2


def test_a_refusal_of_the_content_is_an_answer_too(case, carl):
    first, again = note(carl, case, ""), note(carl, case, "")
    assert first.status_code == again.status_code == 400
    assert again.headers["Idempotency-Replayed"] == "true"


def test_without_a_right_or_a_sign_in_nothing_is_remembered(case, customer_user):
    assert note(customer_user, case, "called them").status_code == 403
    assert note(None, case, "called them").status_code == 401
    assert note(None, case, "x", Authorization="Bearer ct_wrong").status_code == 401
    assert not ApiAnswer.objects.exists()


def test_a_programs_key_outlives_the_change_of_its_token_but_no_revoked_one(case, carl):
    program = ApiClient.objects.create(name="n8n", acts_as=carl)
    old, new = program.issue_token(), program.issue_token()
    note(None, case, "called them", Authorization=f"Bearer {old}")
    again = note(None, case, "called them", Authorization=f"Bearer {new}")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert notes() == 1

    program.tokens.update(revoked_at=timezone.now())
    refused = note(None, case, "called them", Authorization=f"Bearer {old}")
    assert refused.status_code == 401


def test_a_write_that_broke_is_done_when_it_comes_again(case, carl, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(carl)
    url = f"/api/v1/cases/{case.public_id}/notes/"
    sent = {"content_type": "application/json", "headers": {"Idempotency-Key": "k-1"}}
    with monkeypatch.context() as patch:
        patch.setattr("apps.exceptions.services.note", _broken)
        patch.setattr("apps.exceptions.api.services.note", _broken, raising=False)
        broken = client.post(url, {"text": "called them"}, **sent)
    assert broken.status_code == 500
    assert not ApiAnswer.objects.exists()

    assert client.post(url, {"text": "called them"}, **sent).status_code in (200, 201)
    assert notes() == 1


def _broken(*args, **kwargs):
    raise RuntimeError("broken")


@pytest.mark.parametrize("key", ["x" * 201, "two words", "ä"])
def test_a_key_that_is_none_is_refused(key, case, carl):
    answer = note(carl, case, "called them", key)
    assert (answer.status_code, answer.json()["reason"]) == (400, "bad_key")
    assert notes() == 0


def test_a_replay_of_a_message_is_asked_for_once(company, ines):
    told = stored(post(make_partner("tpl_generic", "Gent", company), batch("m1", "AB1")))
    told.status = "processed"
    told.save(update_fields=["status"])
    client = Client()
    client.force_login(ines)
    url = f"/api/v1/messages/{told.public_id}/replay/"
    answers = [client.post(url, headers={"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert [answer.json()["replayed"] for answer in answers] == [True, True]
    assert Entry.objects.filter(kind="message.replayed").count() == 1


def test_a_partners_message_is_nobodys_key(company):
    partner = make_partner("tpl_generic", "Gent", company)
    for _ in range(2):
        post(partner, batch("m1", "AB1"), **{"Idempotency-Key": "k-1"})
    assert not ApiAnswer.objects.exists()


def test_old_answers_are_forgotten(case, carl):
    note(carl, case, "called them")
    assert idempotency.forget(timezone.now()) == 0
    assert idempotency.forget(timezone.now() + idempotency.KEPT + timedelta(minutes=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_are_one_write():
    company = make_company()
    case, carl = make_world(company).case, make_person("Carl", "customer_service", company)
    answers = []

    def send() -> None:
        try:
            answers.append(note(carl, case, "called them"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    assert notes() == 1
    assert connection.in_atomic_block is False


def test_the_api_document_says_which_writes_may_carry_a_key():
    paths = Client().get("/api/v1/schema/", {"format": "json"}).json()["paths"]
    notes = paths["/api/v1/cases/{public_id}/notes/"]["post"]
    assert "Idempotency-Key" in [one["name"] for one in notes["parameters"]]
    assert "409" in notes["responses"]
    door = paths["/api/v1/messages/{partner}"]["post"]
    assert "Idempotency-Key" not in [one["name"] for one in door["parameters"]]
