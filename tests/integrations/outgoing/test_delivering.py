"""At least once, under one id, with rests; one address never delays another."""

import threading
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from apps.exceptions.models import Case
from apps.integrations.models import Delivery, DeliveryAttempt, Subscription
from apps.integrations.outgoing import lanes, replaying, rules, services
from apps.integrations.outgoing.sending import Answer, retry_after_s
from apps.integrations.polling import rules as rules_of_polls
from apps.journal.models import Entry
from apps.shipments.models import Shipment
from tests.factories import make_company
from tests.integrations.outgoing.factories import due_again, goods_of, happens, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(company, ines, receiver, settle):
    """A subscription with one event waiting: (subscription, secret)."""
    row, secret = subscribe(ines, receiver.url, kinds=("shipment.delivered",))
    happens("shipment.delivered", goods_of(None, company))
    settle()
    return row, secret


def test_an_event_is_signed_and_taken(told, receiver):
    row, secret = told

    assert lanes.work_lane(row.pk) == 1

    (got,) = receiver.got
    assert got.verify(secret)["type"] == "shipment.delivered"
    assert got.headers["content-type"] == "application/json"
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.public_id) == ("sent", got.id)
    row.refresh_from_db()
    assert row.sent_at is not None
    assert lanes.work_lane(row.pk) == 0


def test_another_secret_does_not_verify_it(told, receiver):
    lanes.work_lane(told[0].pk)
    with pytest.raises(WebhookVerificationError):
        receiver.got[0].verify("whsec_" + "QUFB" * 8)


def test_during_a_rotation_old_and_new_secret_both_verify_and_later_only_the_new(
    told, receiver, ines
):
    row, old = told
    new = services.rotate(row, by=ines, now=timezone.now(), overlap_h=24)
    lanes.work_lane(row.pk)
    assert receiver.got[0].verify(old) == receiver.got[0].verify(new)

    row.secrets.exclude(valid_until=None).update(valid_until=timezone.now() - timedelta(seconds=1))
    services.replay_one(Delivery.objects.get(), by=ines, now=timezone.now())
    lanes.work_lane(row.pk)
    receiver.got[1].verify(new)
    with pytest.raises(WebhookVerificationError):
        receiver.got[1].verify(old)


def test_never_more_than_two_secrets_sign(told, receiver, ines):
    row, _ = told
    for _ in range(3):
        services.rotate(row, by=ines, now=timezone.now())
    lanes.work_lane(row.pk)
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 2


def test_a_failure_is_tried_again_under_the_same_id_with_the_same_text(told, receiver):
    row, _ = told
    receiver.answers = [(500, {}, b"sorry"), (200, {}, b"ok")]
    lanes.work_lane(row.pk)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.http_status, delivery.attempts) == ("waiting", 500, 1)
    assert delivery.next_at > timezone.now()
    assert lanes.work_lane(row.pk) == 0, "the rest is not over"

    due_again(row)
    assert lanes.work_lane(row.pk) == 1
    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body)
    assert [one.outcome for one in DeliveryAttempt.objects.order_by("pk")] == ["refused", "sent"]
    assert DeliveryAttempt.objects.order_by("pk")[0].answer == "sorry"


def test_retry_after_is_kept(told, receiver):
    row, _ = told
    receiver.says(429, Retry_After="900")
    before = timezone.now()
    lanes.work_lane(row.pk)

    row.refresh_from_db()
    assert Delivery.objects.get().next_at >= before + timedelta(seconds=900)
    assert row.rest_until is not None
    assert row.rest_until >= before + timedelta(seconds=900)


def test_retry_after_may_be_a_date_and_is_never_longer_than_a_day():
    now = datetime.fromisoformat("2026-03-02T10:00:00+00:00")
    assert retry_after_s("120", now) == 120
    assert retry_after_s("Mon, 02 Mar 2026 10:05:00 GMT", now) == 300
    assert retry_after_s("999999", now) == 24 * 3600
    assert retry_after_s("soon", now) is None
    assert retry_after_s("", now) is None


def test_gone_ends_the_subscription_in_an_owned_case_and_nothing_is_lost(
    told, receiver, ines, company, settle
):
    row, _ = told
    receiver.says(410)
    lanes.work_lane(row.pk)

    row.refresh_from_db()
    case = Case.objects.get(kind="subscription_disabled")
    assert (row.state, case.subject, case.team.slug) == ("disabled", row.public_id, "integration")
    assert Entry.objects.filter(kind="subscription.disabled").count() == 1
    happens("shipment.delivered", goods_of(None, company))
    settle()
    assert lanes.due_lanes(timezone.now(), 9) == []

    receiver.says(200)
    replaying.resume(row, by=ines, now=timezone.now())
    due_again(row)
    assert lanes.work_lane(row.pk) == 2, "what waited, and what happened meanwhile"
    case.refresh_from_db()
    assert case.state == "resolved"


def test_after_three_days_it_is_a_dead_letter_and_the_silent_address_a_case(told, receiver, ines):
    row, _ = told
    receiver.says(503)
    lanes.work_lane(row.pk)
    long_ago = timezone.now() - timedelta(days=3, minutes=1)
    Delivery.objects.update(first_tried_at=long_ago)
    Subscription.objects.update(failing_since=long_ago)
    due_again(row)
    lanes.work_lane(row.pk)

    dead = Delivery.objects.get()
    assert (dead.state, dead.says) == ("dead", "It answered 503.")
    assert Entry.objects.get(kind="delivery.dead").subject == dead.public_id
    row.refresh_from_db()
    assert row.state == "disabled"
    assert Case.objects.get(kind="subscription_disabled").state == "open"

    receiver.says(200)
    services.resume(row, by=ines, now=timezone.now())
    assert services.replay_one(dead, by=ines, now=timezone.now())
    lanes.work_lane(row.pk)
    dead.refresh_from_db()
    assert (dead.state, len({got.id for got in receiver.got})) == ("sent", 1)


def test_an_address_that_takes_others_is_not_disabled_for_one_dead_letter(
    told, receiver, company, settle
):
    row, _ = told
    Delivery.objects.update(first_tried_at=timezone.now() - timedelta(days=4))
    receiver.says(422)
    lanes.work_lane(row.pk)

    row.refresh_from_db()
    assert Delivery.objects.get().state == "dead"
    assert row.state == "active"


def test_a_redirect_is_not_followed(told, receiver, receivers):
    elsewhere = receivers()
    receiver.says(307, Location=elsewhere.url)
    lanes.work_lane(told[0].pk)

    assert elsewhere.got == []
    assert DeliveryAttempt.objects.get().outcome == "redirected"


def test_of_a_long_answer_only_a_part_is_read_and_kept(told, receiver):
    receiver.says(500, b"x" * 5_000_000)
    lanes.work_lane(told[0].pk)

    kept = DeliveryAttempt.objects.get()
    assert (kept.http_status, len(kept.answer)) == (500, 2000)


def test_an_address_nobody_listens_at_is_a_failure_with_a_reason(told, receiver):
    receiver.stop()
    lanes.work_lane(told[0].pk)

    tried = DeliveryAttempt.objects.get()
    assert tried.outcome == "unreachable"
    assert Delivery.objects.get().state == "waiting"


def test_a_paused_subscription_collects_and_sends_when_resumed(
    told, receiver, ines, company, settle
):
    row, _ = told
    services.pause(row, by=ines)
    happens("shipment.delivered", goods_of(None, company))
    settle()
    assert lanes.due_lanes(timezone.now(), 9) == []
    assert lanes.work_lane(row.pk) == 0

    services.resume(row, by=ines, now=timezone.now())
    assert lanes.work_lane(row.pk) == 2


def test_a_ping_goes_out_once_also_while_paused_and_its_failure_counts_for_nothing_else(
    told, receiver, ines
):
    row, secret = told
    services.pause(row, by=ines)
    receiver.says(500)
    services.ping(row, by=ines, now=timezone.now())
    assert lanes.due_lanes(timezone.now(), 9) == [row.pk]
    lanes.work_lane(row.pk)

    (got,) = receiver.got
    assert got.verify(secret)["type"] == "ping"
    assert Delivery.objects.get(kind="ping").state == "dead"
    row.refresh_from_db()
    assert row.state == "paused"
    assert not Entry.objects.filter(kind="delivery.dead").exists()


def test_an_entry_is_delivered_once_however_often_it_is_collected(told, ines):
    from apps.integrations.outgoing import collecting

    entries = list(Entry.objects.filter(kind="shipment.delivered"))
    assert collecting.enqueue(entries) == 0
    assert Delivery.objects.count() == 1


def test_a_range_is_replayed_after_a_dry_run_says_how_many(told, receiver, ines):
    row, _ = told
    lanes.work_lane(row.pk)
    day = replaying.Range(timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1))
    assert replaying.plan(row, day) == replaying.Plan(1, 0, False)
    assert Delivery.objects.get().state == "sent"

    assert replaying.carry_out(row, day, by=ines, now=timezone.now()).again == 1
    lanes.work_lane(row.pk)
    assert len(receiver.got) == 2
    assert receiver.got[0].id == receiver.got[1].id


def test_a_replay_makes_what_was_never_made_for_this_receiver(told, receiver, ines, company):
    row, _ = told
    Delivery.objects.all().delete()
    day = replaying.Range(timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1))

    assert replaying.plan(row, day) == replaying.Plan(0, 1, False)
    assert replaying.carry_out(row, day, by=ines, now=timezone.now()).missing == 1
    assert lanes.work_lane(row.pk) == 1


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_rests_grow_from_five_seconds_to_twelve_hours_with_jitter(chance):
    rests = [rules.rest_s(attempts, chance) for attempts in range(1, 30)]
    assert rests == sorted(rests)
    assert 3.9 < rests[0] < 6.1
    assert rests[-1] < 12 * 3600 * 1.21
    assert sum(rules.RESTS_S) >= rules.GIVE_UP.total_seconds() * 0.8
    assert 500 <= rules.rest_s(1, chance, asked_s=500) <= 600


@pytest.mark.django_db(transaction=True)
def test_a_slow_and_a_dead_address_do_not_delay_another(company, ines, receivers, settle):
    """R79: what was delivered goes to each independently of the others."""
    slow, dead, well = receivers(), receivers(), receivers()
    let_go = threading.Event()
    slow.on_request = lambda _: let_go.wait(20)
    dead.stop()
    arrived = threading.Event()
    well.on_request = lambda _: arrived.set()
    for one in (slow, dead, well):
        subscribe(ines, one.url)
    happens("shipment.delivered", goods_of(None, company))
    settle()

    assert lanes.start_due() == 3
    assert arrived.wait(10), "the well address waits for the slow one"
    assert not let_go.is_set()
    let_go.set()
    lanes.wait()
    assert Delivery.objects.filter(state="sent").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_lane_is_worked_by_one_at_a_time(company, ines, receiver, settle):
    row, _ = subscribe(ines, receiver.url)
    happens("shipment.delivered", goods_of(None, company))
    settle()
    Subscription.objects.update(worked_until=timezone.now() + timedelta(seconds=30))

    assert lanes.start_due() == 0
    assert lanes.work_lane(row.pk) == 0
    Subscription.objects.update(worked_until=timezone.now() - timedelta(seconds=1))
    assert lanes.work_lane(row.pk) == 1, "a lane whose worker died is free again"


def test_the_library_and_we_sign_alike(told, receiver):
    row, secret = told
    lanes.work_lane(row.pk)
    got = receiver.got[0]
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]))
    assert Webhook(secret).sign(got.id, at, got.body.decode()) == got.headers["webhook-signature"]


def test_what_was_taken_long_ago_is_forgotten_and_dead_letters_are_not(told, receiver):
    row, _ = told
    lanes.work_lane(row.pk)
    later = timezone.now() + timedelta(days=31)
    Delivery.objects.update(state="dead")
    assert lanes.forget_old(later) == 0
    Delivery.objects.update(state="sent")
    assert lanes.forget_old(later)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("text", ["Mon, 01 Jan 99999999999999 00:00:00 GMT", "soon", "-5", "²"])
def test_a_retry_after_that_says_nothing_is_a_failure_like_any_other(text):
    assert retry_after_s(text, timezone.now()) is None
    assert rules_of_polls.retry_after(text, timezone.now()) == timedelta(minutes=1)


def test_many_who_were_asked_to_wait_as_long_do_not_come_back_at_once():
    asked = {rules.lane_rest_s(1, chance / 10, asked_s=100) for chance in range(10)}
    assert min(asked) == 100
    assert len(asked) == 10
    assert max(asked) < 120


def test_what_its_owner_may_no_longer_see_is_not_sent_late_nor_replayed(told, receiver, ines):
    """Rights are looked at again before a delivery goes out that was made a while ago."""
    row, _ = told
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    Shipment.objects.update(company=make_company("Elsewhere Inc"))

    assert lanes.work_lane(row.pk) == 0
    assert receiver.got == []
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.says) == ("dead", lanes.NO_LONGER)
    row.refresh_from_db()
    assert (row.state, row.failures) == ("active", 0)

    services.replay_one(delivery, by=ines, now=timezone.now())
    assert lanes.work_lane(row.pk) == 0
    assert receiver.got == []


def test_what_was_made_a_while_ago_and_is_still_the_owner_s_goes_out(told, receiver):
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    assert lanes.work_lane(told[0].pk) == 1
    assert len(receiver.got) == 1


def test_a_worker_whose_lease_ran_out_changes_nothing_of_what_another_one_did(told, monkeypatch):
    row, _ = told
    theirs = timezone.now() + timedelta(seconds=40)

    def slow_call(*_: object) -> Answer:
        """Meanwhile another worker has the lane, and sends it."""
        Delivery.objects.update(state="sent", ended_at=timezone.now())
        Subscription.objects.update(worked_until=theirs)
        return Answer("timed_out", "It took too long to answer.")

    monkeypatch.setattr(lanes, "_call", slow_call)
    lanes.work_lane(row.pk)

    row.refresh_from_db()
    assert Delivery.objects.get().state == "sent"
    assert (row.failures, row.worked_until) == (0, theirs)
