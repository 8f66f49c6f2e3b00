"""An agent behind a closed firewall asks for its work, does it once, and says how it ended (PRODUCT.md R33, R72)."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts.models import ApiClient
from apps.exceptions.models import Case
from apps.exceptions.services import act, record_run
from apps.integrations.models import Delivery, DeliveryAttempt, OutboundMail, Subscription
from apps.integrations.models.outgoing import SubscriptionSecret
from apps.integrations.outgoing import fetching, lanes, services
from apps.integrations.outgoing.errors import BadSubscription, LeaseOver
from apps.journal.models import Entry
from apps.mirror.models import Product
from apps.shipments.apply import apply
from apps.shipments.models import Shipment
from tests.factories import make_company, make_person
from tests.integrations.factories import make_partner
from tests.integrations.outgoing.factories import goods_of, happens, subscribe
from tests.shipments.factories import message, mirrored, said
from tests.shipments.test_depends import sell

pytestmark = pytest.mark.django_db
BASE = "/api/v1/subscriptions/"
KIND = "shipment.delivered"


class Agent:
    """A program that knows one credential and one subscription."""

    def __init__(self, row: Subscription, credential: str) -> None:
        self.base = f"{BASE}{row.public_id}/"
        self.headers = {"Authorization": f"Bearer {credential}"}

    def post(self, path: str, **body):
        return Client().post(
            self.base + path, json.dumps(body), "application/json", headers=self.headers
        )

    def next(self, **body) -> list[dict]:
        answer = self.post("next/", **body)
        assert answer.status_code == 200, answer.content
        return answer.json()["deliveries"]

    def says(self, word: str, work: dict, **body):
        return self.post(f"deliveries/{work['id']}/{word}/", leased_at=work["leased_at"], **body)


def fetched(owner, **fields) -> tuple[Subscription, Agent]:
    row, credential = subscribe(owner, "", **{"fetched": True, "kinds": (KIND,), **fields})
    return row, Agent(row, credential)


@pytest.fixture
def work(company, ines, settle) -> tuple[Subscription, Agent]:
    """A fetched subscription with two pieces of work."""
    row, agent = fetched(ines, name="Printer desk")
    for _ in range(2):
        happens(KIND, goods_of(None, company))
    settle()
    return row, agent


def due_now() -> None:
    """As if every lease had run out and every rest were over."""
    Delivery.objects.filter(state="waiting").update(next_at=timezone.now() - timedelta(seconds=1))


def long_ago(row: Subscription, **ago: float) -> None:
    then = timezone.now() - timedelta(**ago)
    Subscription.objects.filter(pk=row.pk).update(asked_at=then, changed_at=then)


def test_it_asks_does_the_work_and_says_so_once(work):
    row, agent = work
    (first,) = agent.next(most=1)
    (second,) = agent.next(most=5)
    assert first["id"] != second["id"]
    assert first["event"]["type"] == KIND
    assert first["attempt"] == 1
    empty = agent.post("next/")
    assert (empty.json()["deliveries"], empty["Retry-After"]) == ([], "60")

    for _ in range(2):
        answer = agent.says("done", first, says="Printed on LP-2.")
        assert (answer.status_code, answer.json()["state"]) == (200, "sent")
    row.refresh_from_db()
    assert row.sent_at is not None
    attempt = DeliveryAttempt.objects.get(delivery__public_id=first["id"])
    assert (attempt.outcome, attempt.answer) == ("sent", "Printed on LP-2.")


def test_no_address_is_called_for_it(work):
    row, _ = work
    assert lanes.due_lanes(timezone.now(), 9) == []
    assert lanes.work_lane(row.pk) == 0


def test_a_lease_that_runs_out_is_given_again_with_its_count(work):
    _, agent = work
    (first,) = agent.next(most=1)
    Delivery.objects.filter(public_id=first["id"]).update(next_at=timezone.now())
    fetching.sweep(timezone.now())
    due_now()
    again = {one["id"]: one for one in agent.next()}[first["id"]]
    assert again["attempt"] == 2
    assert again["event"] == first["event"]
    assert DeliveryAttempt.objects.get(delivery__public_id=first["id"], number=1).outcome == (
        "timed_out"
    )

    assert agent.says("failed", first, says="Out of paper.").status_code == 409
    assert agent.says("done", first).json()["state"] == "sent", "what was done was done"
    assert agent.says("done", again).status_code == 200


def test_what_failed_rests_and_comes_again_while_the_rest_of_the_work_goes_on(work):
    row, agent = work
    (first,) = agent.next(most=1)
    for _ in range(2):
        answer = agent.says("failed", first, says="Out of paper.", retry_after_s=900)
        assert (answer.status_code, answer.json()["says"]) == (200, "Out of paper.")
    assert Delivery.objects.get(public_id=first["id"]).next_at > timezone.now() + timedelta(
        seconds=890
    )
    assert [one["id"] for one in agent.next()] != [first["id"]]
    row.refresh_from_db()
    assert (row.failures, row.rest_until) == (1, None)


def test_after_three_days_it_is_a_dead_letter_with_a_case_that_closes_when_it_is_done_after_all(
    work, ines
):
    row, agent = work
    (first,) = agent.next(most=1)
    mine = Delivery.objects.filter(public_id=first["id"])
    mine.update(first_tried_at=timezone.now() - timedelta(days=3, hours=1))
    assert agent.says("failed", first, says="The printer is gone.").json()["state"] == "dead"

    case = Case.objects.get(kind="agent_stuck")
    assert (case.team.slug, case.subject) == ("integration", row.public_id)
    assert Entry.objects.filter(kind="delivery.dead", subject=first["id"]).count() == 1
    assert services.replay_one(mine.get(), by=ines, now=timezone.now())
    (again,) = (one for one in agent.next() if one["id"] == first["id"])
    agent.says("done", again)
    case.refresh_from_db()
    assert case.state == "resolved"


def test_an_agent_that_no_longer_asks_is_a_case_until_it_asks_again(work):
    row, agent = work
    agent.next()
    fetching.sweep(timezone.now())
    assert not Case.objects.filter(kind="agent_stuck").exists()
    long_ago(row, minutes=4)
    fetching.sweep(timezone.now())
    fetching.sweep(timezone.now())

    case = Case.objects.get(kind="agent_stuck")
    row.refresh_from_db()
    assert row.silent_at is not None
    assert (case.state, case.count) == ("open", 1)
    agent.next()
    row.refresh_from_db()
    case.refresh_from_db()
    assert (row.silent_at, case.state) == (None, "resolved")


def test_its_own_cadence_says_when_it_is_silent_and_a_paused_one_never_is(company, ines):
    slow, _ = fetched(ines, ask_every_s=3600)
    paused, _ = fetched(ines)
    services.pause(paused, by=ines)
    for row in (slow, paused):
        long_ago(row, hours=2)
    fetching.sweep(timezone.now())
    assert not Subscription.objects.exclude(silent_at=None).exists()
    long_ago(slow, hours=4)
    fetching.sweep(timezone.now())
    assert Subscription.objects.exclude(silent_at=None).get() == slow


def test_paused_it_gets_pings_only(work, ines):
    row, agent = work
    services.pause(row, by=ines)
    assert agent.next() == []
    services.ping(row, by=ines, now=timezone.now())
    (ping,) = agent.next()
    assert (ping["kind"], agent.post("next/").json()["state"]) == ("ping", "paused")


def test_what_its_owner_may_no_longer_see_is_not_given(work, ines, company):
    _, agent = work
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    elsewhere = make_company("Elsewhere")
    gone = Delivery.objects.earliest("pk")
    Shipment.objects.filter(public_id=gone.subject).update(company=elsewhere)
    assert gone.public_id not in [one["id"] for one in agent.next()]
    gone.refresh_from_db()
    assert gone.state == "dead"


def test_a_credential_is_kept_as_its_digest_and_opens_its_own_work_only(work, ines):
    row, agent = work
    other, stranger = fetched(ines, name="Another desk")
    credential = agent.headers["Authorization"].removeprefix("Bearer ")
    secret = SubscriptionSecret.objects.get(subscription=row)
    assert bytes(secret.sealed) == b""
    assert credential not in str(vars(secret))

    stranger.base = agent.base
    assert stranger.post("next/").status_code == 404
    for path in (BASE, f"{BASE}{row.public_id}/", "/api/v1/shipments/"):
        assert Client().get(path, headers=agent.headers).status_code == 401
    (first,) = agent.next(most=1)
    other_base = f"{BASE}{other.public_id}/"
    agent.base = other_base
    assert agent.says("done", first).status_code == 404


def test_two_credentials_are_good_at_a_change_and_an_ended_one_is_not(work, ines):
    row, old = work
    new = Agent(row, services.rotate(row, by=ines, now=timezone.now()))
    assert len(old.next(most=1)) == len(new.next(most=1)) == 1
    row.secrets.exclude(valid_until=None).update(valid_until=timezone.now())
    assert old.post("next/").status_code == 401
    assert new.post("next/").status_code == 200
    ines.is_active = False
    ines.save()
    assert new.post("next/").status_code == 401


def test_an_api_client_may_fetch_what_it_may_change_and_nothing_of_what_is_sent(work, ines, olga):
    _, agent = work
    agent.headers = bearer(ines)
    assert len(agent.next()) == 2
    agent.headers = bearer(olga)
    assert agent.post("next/").status_code == 403
    agent.headers = bearer(make_person("Ida Elsewhere", "integration", make_company("Elsewhere")))
    assert agent.post("next/").status_code == 404


def bearer(person) -> dict[str, str]:
    client = ApiClient.objects.create(name="agent", acts_as=person)
    return {"Authorization": f"Bearer {client.issue_token()}"}


def test_of_a_subscription_that_is_sent_nothing_is_fetched(company, ines, receiver):
    row, secret = subscribe(ines, receiver.url)
    agent = Agent(row, secret)
    agent.headers = bearer(ines)
    assert agent.post("next/").status_code == 404


def test_who_fetches_has_no_address_and_who_is_sent_needs_one(company, ines):
    with pytest.raises(BadSubscription):
        fetched(ines, ask_every_s=1)
    for fields in ({"url": "https://crm.example/", "fetched": True}, {"url": ""}):
        with pytest.raises(BadSubscription):
            services.add(services.Wanted("Desk", **fields), owner=ines, now=timezone.now())
    made = Client().post(
        BASE, json.dumps({"name": "Desk", "fetched": True, "kinds": [KIND]}), "application/json",
        headers=bearer(ines),
    )  # fmt: skip
    assert made.status_code == 201, made.content
    assert made.json()["secret"].startswith("cta_")
    changed = Client().patch(
        f"{BASE}{made.json()['id']}/", json.dumps({"ask_every_s": 30}), "application/json",
        headers=bearer(ines),
    )  # fmt: skip
    assert (changed.json()["ask_every_s"], changed.json()["fetched"]) == (30, True)


def test_the_form_offers_to_fetch_and_the_page_says_how_it_goes(company, ines, settle):
    client = Client()
    client.force_login(ines)
    page = "/integrations/subscriptions/"
    asked = {"name": "Desk", "way": "fetched", "ask_every_s": "30", "audience": "tower"}
    answer = client.post(f"{page}new/", {**asked, "kinds": [KIND]})
    row = Subscription.objects.get()
    assert (row.fetched, row.ask_every_s, row.url) == (True, 30, "")
    assert answer.content.decode().count("cta_") == 1
    Subscription.objects.update(created_at=timezone.now() - timedelta(hours=1))
    happens(KIND, goods_of(None, company))
    settle()
    one = f"{page}{row.public_id}/"
    assert "Not asked yet" in client.get(one).content.decode()
    fetching.lease(row, most=5, lease_s=60, now=timezone.now())
    shown = client.get(one).content.decode()
    assert "With the agent" in shown
    assert "every 30 s" in shown
    assert "Signing secrets" not in shown
    long_ago(row, hours=1)
    fetching.sweep(timezone.now())
    assert "Silent" in client.get(page).content.decode()
    assert "It has not asked since" in client.get(one).content.decode()
    assert client.get(f"{one}edit/").status_code == 200
    client.post(f"{one}edit/", {**asked, "ask_every_s": "90", "way": "sent"})
    row.refresh_from_db()
    assert (row.fetched, row.ask_every_s) == (True, 90)
    assert client.post(f"{one}edit/", {**asked, "ask_every_s": "1"}).status_code == 400
    delivery = Delivery.objects.get()
    assert "With the agent" in client.get(f"{one}deliveries/{delivery.public_id}/").content.decode()


def tell(kind: str, hour: int) -> None:
    event = said(
        "info_only", f"2026-03-02 {hour}:00", "", kind=kind, subject=("order", "S1"),
        details={"reason": "address_incomplete"},
    )  # fmt: skip
    apply([message(event, source="label-desk", format="canonical", carrier=None)])


def test_a_label_agent_fetches_what_a_person_asked_for_and_the_case_closes_with_its_label(
    company, ines, olga, settle
):
    make_partner("canonical", "Label desk", company, contact_email="labels@gent.example")
    _, agent = fetched(ines, name="Label agent", kinds=("action.requested",))
    sell(company, mirrored(Product, name="Desk"), "S1")
    tell("label.failed", 10)
    settle()
    case = Case.objects.get(kind="label_failed")
    asked = {"text": "The street is complete now."}
    run = act(case, "retry_label", by=olga, data=asked, now=timezone.now())
    settle()

    assert not OutboundMail.objects.exists(), "it would be made twice"
    run.refresh_from_db()
    assert (run.state, run.state_says) == ("sent", "Waits for Label agent to fetch it.")
    (job,) = agent.next()
    data = job["event"]["data"]
    assert data["order"]["name"] == "S1"
    assert data["change"] == {"action": "retry_label", "run": run.public_id, "data": asked}

    tell("label.issued", 11)
    agent.says("done", job, says="Printed on LP-2.")
    settle()
    run.refresh_from_db()
    case.refresh_from_db()
    assert (run.state, case.state) == ("done", "resolved")
    assert run.state_says == "Label agent did it. Printed on LP-2."


def test_a_label_that_the_agent_gave_up_is_open_again(company, ines, olga, settle):
    _, agent = fetched(ines, name="Label agent", kinds=("action.requested",))
    sell(company, mirrored(Product, name="Desk"), "S1")
    tell("label.failed", 10)
    settle()
    case = Case.objects.get(kind="label_failed")
    run = act(case, "retry_label", by=olga, data={}, now=timezone.now())
    settle()
    (job,) = agent.next()
    Delivery.objects.update(first_tried_at=timezone.now() - timedelta(days=4))
    agent.says("failed", job, says="No paper.")
    run.refresh_from_db()
    case.refresh_from_db()
    assert (run.state, case.state) == ("failed", "open")


def test_a_label_whose_agent_is_removed_fails_and_is_open_again(company, ines, olga, settle):
    row, _ = fetched(ines, name="Label agent", kinds=("action.requested",))
    services.pause(row, by=ines)
    sell(company, mirrored(Product, name="Desk"), "S1")
    tell("label.failed", 10)
    settle()
    case = Case.objects.get(kind="label_failed")
    run = act(case, "retry_label", by=olga, data={}, now=timezone.now())
    settle()
    run.refresh_from_db()
    assert run.state_says == "Waits for Label agent (paused) to fetch it."
    services.remove(row, by=ines)
    run.refresh_from_db()
    case.refresh_from_db()
    assert (run.state, case.state) == ("failed", "open")


def test_the_word_that_it_was_asked_for_never_undoes_that_it_is_done(company, olga, ines, settle):
    _, agent = fetched(ines, name="Label agent", kinds=("action.requested",))
    sell(company, mirrored(Product, name="Desk"), "S1")
    tell("label.failed", 10)
    settle()
    run = act(
        Case.objects.get(kind="label_failed"), "retry_label", by=olga, data={}, now=timezone.now()
    )
    settle()
    agent.says("done", *agent.next())
    record_run(run.public_id, "sent", "Waits for it.")
    run.refresh_from_db()
    assert run.state == "done"


def test_a_lease_that_never_was_is_refused(work):
    _, agent = work
    delivery = Delivery.objects.earliest("pk")
    with pytest.raises(LeaseOver):
        fetching.done(delivery, timezone.now(), says="", now=timezone.now())
    agent.next()
    wrong = agent.post(f"deliveries/{delivery.public_id}/done/", leased_at="2026-03-02T10:00:00Z")
    assert (wrong.status_code, wrong["Content-Type"]) == (409, "application/problem+json")


@pytest.mark.django_db(transaction=True)
def test_two_agents_with_one_credential_never_get_the_same(company, ines):
    row, _ = fetched(ines)
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            subscription=row, entry=f"ent_{number:032x}", kind=KIND, subject="shp_x", body="{}",
            occurred_at=now, correlation_id="c", next_at=now,
        )
        for number in range(60)
    )  # fmt: skip
    got: list[str] = []
    begin = threading.Barrier(4)

    def agent() -> None:
        begin.wait()
        try:
            while taken := fetching.lease(row, most=4, lease_s=60, now=timezone.now()):
                got.extend(one.delivery.public_id for one in taken)
        finally:
            connection.close()

    threads = [threading.Thread(target=agent) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 60


def dead(first: dict, agent: Agent, says: str = "The printer is gone.") -> None:
    long = timezone.now() - timedelta(days=3, hours=1)
    Delivery.objects.filter(public_id=first["id"]).update(first_tried_at=long)
    assert agent.says("failed", first, says=says).json()["state"] == "dead"


def test_all_that_one_agent_could_not_do_is_one_case_until_the_last_of_it_is_done(work, ines):
    _, agent = work
    both = agent.next()
    for one in both:
        dead(one, agent)
    case = Case.objects.get(kind="agent_stuck")
    assert case.evidence.count() == 2

    for left, one in ((1, both[0]), (0, both[1])):
        mine = Delivery.objects.get(public_id=one["id"])
        assert services.replay_one(mine, by=ines, now=timezone.now())
        agent.says("done", *agent.next())
        case.refresh_from_db()
        assert case.state == ("open" if left else "resolved")


def test_paused_and_resumed_what_is_in_its_hands_stays_there(work, ines):
    row, agent = work
    both = agent.next(lease_s=3600)
    services.pause(row, by=ines)
    services.resume(row, by=ines, now=timezone.now())
    due_elsewhere = agent.next()
    assert due_elsewhere == []
    assert [agent.says("failed", one, says="No ink.").status_code for one in both] == [200, 200]


def test_while_it_was_away_nobody_tried_so_the_three_days_begin_when_it_is_back(work):
    row, agent = work
    agent.next(most=1)
    due_now()
    fetching.sweep(timezone.now())  # its lease ran out
    Delivery.objects.exclude(first_tried_at=None).update(
        first_tried_at=timezone.now() - timedelta(days=4)
    )
    long_ago(row, days=4)
    fetching.sweep(timezone.now())
    due_now()
    both = agent.next()
    assert [one["attempt"] for one in both] == [2, 1]
    for one in both:
        assert agent.says("failed", one, says="Out of paper.").json()["state"] == "waiting"


def test_one_that_never_asked_is_still_being_set_up(company, ines):
    row, _ = fetched(ines)
    Subscription.objects.filter(pk=row.pk).update(changed_at=timezone.now() - timedelta(days=1))
    fetching.sweep(timezone.now())
    assert not Case.objects.exists()


def test_a_colleague_who_may_change_it_may_not_fetch_what_its_owner_reads(work, company):
    _, agent = work
    agent.headers = bearer(make_person("Ivo", "integration", company))
    assert agent.post("next/").status_code == 404


def test_a_credential_ends_with_the_api_client_that_added_it(work, ines):
    row, agent = work
    client = ApiClient.objects.create(name="ERP", acts_as=ines, disabled_at=timezone.now())
    Subscription.objects.filter(pk=row.pk).update(client=client)
    assert agent.post("next/").status_code == 401


def test_what_was_removed_meanwhile_is_a_lease_that_is_over(work, ines):
    row, agent = work
    (first,) = agent.next(most=1)
    delivery = Delivery.objects.get(public_id=first["id"])
    attempt = delivery.tries.get()
    services.remove(row, by=ines)
    services.remove(row, by=ines)
    with pytest.raises(LeaseOver, match="removed"):
        fetching.done(delivery, attempt.at, says="", now=timezone.now())
