"""Lanes: one partner's backlog, pause or poison never stands before another's news."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.integrations import inbox, lanes, partners
from apps.integrations.models import Message
from apps.shipments import apply as applying
from apps.shipments.models import Event, Package
from tests.integrations.factories import batch, make_partner, post, stored


def waiting(partner, count, start=0):
    """Messages that wait, as many as are wanted, by copying one that the door stored."""
    first = stored(post(partner, batch(f"first-{partner.slug}", "1Z999AA10123456784")))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_message (public_id, partner_id, key, digest, status, reason, detail,"
            " received_at, correlation_id, media_type, size, attempts, events, duplicates, conflicts,"
            " skipped_events, repeats) SELECT gen_random_uuid(), partner_id, key || n, digest, status, reason,"
            " detail, received_at, correlation_id, media_type, size, 0, 0, 0, 0, 0, 0"
            " FROM integrations_message, generate_series(1, %s) AS n WHERE id = %s",
            [count - 1, first.pk],
        )
    return first


@pytest.mark.django_db
def test_one_message_behind_fifty_thousand_of_another_partner_is_in_the_next_batch():
    many, one = make_partner(name="many"), make_partner(name="one")
    waiting(many, 50_000)
    alone = stored(post(one, batch("alone", "1Z999AA10123456700")))

    with transaction.atomic():
        taken = lanes.take(400, timezone.now())

    assert alone.pk in [row[0] for row in taken]
    assert len(taken) == 400
    assert [row[0] for row in taken] == sorted(row[0] for row in taken)


@pytest.mark.django_db
def test_what_a_lane_does_not_need_goes_to_those_who_wait():
    for name, count in (("a", 5), ("b", 300), ("c", 300)):
        waiting(make_partner(name=name), count)

    taken = lanes.take(400, timezone.now())

    shares = sorted(sum(row[2] == one for row in taken) for one in {row[2] for row in taken})
    assert shares[0] == 5
    assert sum(shares) >= 399
    assert shares[2] - shares[1] <= 1


@pytest.mark.django_db
def test_more_partners_than_places_still_fill_the_batch_with_each_lanes_oldest():
    firsts = [waiting(make_partner(name=f"p{number}"), 3).pk for number in range(6)]

    taken = [row[0] for row in lanes.take(4, timezone.now())]

    assert len(taken) == 4
    assert set(taken) <= set(firsts)


@pytest.mark.django_db
def test_a_paused_partners_messages_are_kept_and_applied_when_it_is_live_again():
    partner = make_partner()
    partners.switch_to(partner, "paused", why="their test system sends to us", actor="usr_1")
    kept = stored(post(partner, batch("kept", "1Z999AA10123456784")))

    inbox.drain()
    kept.refresh_from_db()
    assert kept.status == "received"

    partners.switch_to(partner, "live", why="they put it right", actor="usr_1")
    inbox.drain()
    kept.refresh_from_db()
    assert kept.status == "processed"


@pytest.mark.django_db
def test_a_paused_partners_failed_messages_rest_too():
    partner = make_partner()
    kept = stored(post(partner, batch("kept", "1Z999AA10123456784")))
    Message.objects.filter(pk=kept.pk).update(attempts=2)
    partners.switch_to(partner, "paused", why="looking into it", actor="usr_1")

    assert inbox.drain() == 0


@pytest.mark.django_db
def test_one_partners_poison_costs_another_neither_an_attempt_nor_its_event(monkeypatch):
    bad, good = make_partner(name="bad"), make_partner(name="good")
    poison = stored(post(bad, batch("poison", "1Z999AA10123456784")))
    sound = stored(post(good, batch("sound", "1Z999AA10123456700")))
    whole = applying.apply

    def fails(incoming):
        if any(one.source == "bad" for one in incoming):
            raise ValueError("nobody thought of this")
        return whole(incoming)

    monkeypatch.setattr(inbox, "apply", fails)
    inbox.drain()

    sound.refresh_from_db()
    poison.refresh_from_db()
    assert (sound.status, sound.attempts) == ("processed", 0)
    assert (poison.status, poison.attempts) == ("received", 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_different_messages_and_never_apply_one_package_at_once(monkeypatch):
    partner = make_partner()
    for number in range(6):
        post(
            partner,
            batch(f"m{number}", "1Z999AA10123456784", event_time=f"2026-03-10T0{number}:00:00Z"),
        )
    inside, most, start = [], [], threading.Barrier(2, timeout=30)
    held, written = applying.claim, inbox.write

    def enters(numbers):
        rows = held(numbers)
        inside.append(threading.get_ident())
        most.append(len(inside))
        time.sleep(0.05)  # long enough for the other one to come in, were it let in
        return rows

    def leaves(fates, now):
        written(fates, now)
        inside.remove(threading.get_ident())

    def work():
        start.wait()
        try:
            while inbox._drain_batch(1):
                continue
        finally:
            connection.close()

    monkeypatch.setattr(applying, "claim", enters)
    monkeypatch.setattr(inbox, "write", leaves)
    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert max(most) == 1
    package = Package.objects.get(number="1Z999AA10123456784")
    assert package.event_count == Event.objects.count() == 6
    assert Message.objects.filter(status="processed").count() == 6
