"""The drain: stored messages become events, once, whatever fails in between."""

import threading
from datetime import timedelta

import pytest
from celery.signals import worker_shutting_down
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg import errors as pg

from apps.exceptions.models import Case
from apps.integrations import inbox, mappings, messages
from apps.integrations.models import Mapping, MappingCode, Message, MessageCount
from apps.journal import stopping
from apps.journal.models import Entry
from apps.shipments.models import Event, Package
from tests.integrations.factories import batch, make_partner, post, stored
from tests.integrations.formats.recorded import SAMPLES, body, document

pytestmark = pytest.mark.django_db


def samples_of(name: str) -> list[dict]:
    return [sample for sample in SAMPLES if sample["format"] == name]


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("ups_track_alert", {("1ZTEST000000000052", "pod_received", 4)}),
        ("easypost", {("EZ1000000011", "delivered", 4), ("EZ1000000022", "damaged", 1)}),
    ],
)
def test_the_state_is_the_same_in_whatever_order_and_however_often_messages_come(name, states):
    partner, files = make_partner(name), [sample["file"] for sample in samples_of(name)]
    for file in (*reversed(files), *files):
        post(partner, body(file))
        inbox.drain()

    backwards = {(p.tracking_number, p.milestone, p.event_count) for p in Package.objects.all()}
    assert Message.objects.filter(status="received").count() == 0
    assert Event.objects.values("identity").distinct().count() == Event.objects.count()
    assert backwards >= states


def test_a_whole_batch_is_applied_and_every_message_gets_its_own_fate():
    partner = make_partner()
    answers = [
        post(partner, batch(f"m{number}", f"AB{number}", f"CD{number}")) for number in range(5)
    ]
    answers.append(post(partner, batch("empty")))
    broken = batch("half", "AB9", "")
    answers.append(post(partner, broken))

    assert inbox.drain() == 7

    fates = [(m.status, m.reason, m.events, m.skipped_events) for m in map(stored, answers)]
    assert fates == [("processed", "", 2, 0)] * 5 + [
        ("processed", "no_events", 0, 0),
        ("processed", "events_skipped", 1, 1),
    ]
    assert all(m.processed_at and m.mapping_version == 1 for m in map(stored, answers))
    counted = MessageCount.objects.get(status="processed")
    assert (counted.messages, counted.events) == (7, 11)


def test_a_worker_that_is_asked_to_stop_leaves_the_rest_of_the_backlog(monkeypatch):
    monkeypatch.setattr(stopping, "_asked", threading.Event())
    partner = make_partner()
    answers = [post(partner, batch(f"m{number}", f"AB{number}")) for number in range(4)]

    worker_shutting_down.send(sender="worker", sig="TERM", how="Warm", exitcode=0)
    assert inbox.drain(limit=2) == 2

    assert Message.objects.filter(status="received").count() == len(answers) - 2


def test_an_event_told_twice_in_one_message_counts_once():
    partner = make_partner()
    document = batch("m1", "AB1")
    document["events"] *= 2
    answer = post(partner, document)
    inbox.drain()

    message = stored(answer)
    assert (message.events, message.duplicates) == (1, 1)


def test_a_kind_of_message_that_is_no_tracking_is_acknowledged_and_ignored():
    partner = make_partner("easypost")
    answer = post(
        partner, {"object": "Event", "id": "evt_1", "description": "batch.updated", "result": {}}
    )
    inbox.drain()

    assert answer.status_code == 202
    message = stored(answer)
    assert (message.status, message.reason, message.events) == ("processed", "ignored", 0)
    assert "batch.updated" in message.detail


def test_the_same_event_with_other_content_keeps_the_first_and_opens_a_case():
    partner = make_partner()
    post(partner, batch("m1", "AB1"))
    changed = batch("m1", "AB1", note="somewhere else")
    changed["message_id"] = "m2"
    answer = post(partner, changed)
    inbox.drain()

    message = stored(answer)
    assert (message.status, message.conflicts, message.events) == ("conflict", 1, 0)
    assert Case.objects.get(kind="message_conflict").subject == message.public_id


def test_a_conflicting_message_opens_a_case():
    partner = make_partner()
    post(partner, batch("m1", "AB1"))
    answer = post(partner, batch("m1", "CD2"))

    case = Case.objects.get(kind="message_conflict")
    assert case.subject == stored(answer).public_id
    assert case.evidence.count() == 2


class _Poison:
    """Applies as always, but fails on a message that names POISON."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.error, self.calls, self.apply = error, 0, inbox.apply
        monkeypatch.setattr(inbox, "apply", self)

    def __call__(self, incoming):
        self.calls += 1
        outcomes = self.apply(incoming)
        if any(fact.tracking_number == "POISON" for message in incoming for fact in message.events):
            raise self.error
        return outcomes


def test_a_poisoned_message_does_not_hold_up_its_batch_and_alone_counts_an_attempt(monkeypatch):
    _Poison(monkeypatch, ValueError("cannot be"))
    partner = make_partner()
    good, bad, other = (
        post(partner, batch(key, number))
        for key, number in (("a", "AB1"), ("b", "POISON"), ("c", "CD1"))
    )

    inbox.drain()

    assert [stored(answer).status for answer in (good, bad, other)] == [
        "processed",
        "received",
        "processed",
    ]
    assert [stored(answer).attempts for answer in (good, bad, other)] == [0, 1, 0]
    message = stored(bad)
    assert (message.reason, message.detail) == ("apply_failed", "ValueError: cannot be")
    assert timedelta(0) < message.next_attempt_at - timezone.now() <= timedelta(seconds=3)
    assert not Package.objects.filter(tracking_number="POISON").exists()


def test_a_message_that_fails_every_time_is_dead_after_six_attempts_and_has_a_case(monkeypatch):
    _Poison(monkeypatch, ValueError("cannot be"))
    answer = post(make_partner(), batch("b", "POISON"))
    for attempt in range(1, inbox.ATTEMPTS + 1):
        inbox.drain()
        assert stored(answer).attempts == attempt
        Message.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))

    assert stored(answer).status == "dead"
    assert Case.objects.get(kind="message_dead").subject == stored(answer).public_id
    assert Entry.objects.filter(kind="message.dead").count() == 1
    assert inbox.drain() == 0


def test_a_dead_message_lives_again_when_its_cause_is_mended_and_a_person_replays_it(monkeypatch):
    with monkeypatch.context() as poisoned:
        _Poison(poisoned, ValueError("cannot be"))
        answer = post(make_partner(), batch("b", "POISON"))
        Message.objects.update(attempts=inbox.ATTEMPTS - 1)
        inbox.drain()
    assert stored(answer).status == "dead"

    assert messages.replay(stored(answer), actor="usr_x")
    inbox.drain()

    assert (stored(answer).status, stored(answer).events, stored(answer).attempts) == (
        "processed",
        1,
        0,
    )
    assert not Case.objects.filter(kind="message_dead").exclude(state="resolved").exists()


def _operational(cause: Exception) -> OperationalError:
    error = OperationalError("the database said no")
    error.__cause__ = cause
    return error


def test_a_deadlock_is_tried_once_more_and_counts_no_attempt(monkeypatch):
    answer = post(make_partner(), batch("a", "AB1"))
    whole, failures = inbox.apply, [_operational(pg.DeadlockDetected())]

    def once_deadlocked(incoming):
        if failures:
            raise failures.pop()
        return whole(incoming)

    monkeypatch.setattr(inbox, "apply", once_deadlocked)
    inbox.drain()

    assert (stored(answer).status, stored(answer).attempts) == ("processed", 0)


@pytest.mark.parametrize(
    "cause", [pg.AdminShutdown(), pg.LockNotAvailable(), pg.ConnectionFailure()]
)
def test_a_database_in_trouble_is_nobodys_fault(monkeypatch, cause):
    _Poison(monkeypatch, _operational(cause))
    answer = post(make_partner(), batch("a", "POISON"))

    with pytest.raises(OperationalError):
        inbox.drain()

    assert (stored(answer).status, stored(answer).attempts) == ("received", 0)


def test_a_limit_that_one_message_exceeds_for_ever_is_its_own_fault(monkeypatch):
    _Poison(monkeypatch, _operational(pg.ProgramLimitExceeded()))
    answer = post(make_partner(), batch("a", "POISON"))

    inbox.drain()

    assert stored(answer).attempts == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_between_claim_and_commit_leaves_the_messages_as_they_were(monkeypatch):
    journalled = Entry.objects.filter(kind="package.changed")
    before = journalled.count()  # the journal is append-only: other tests' entries stay
    answer = post(make_partner(), batch("a", "AB1"))
    whole = inbox.apply

    class Killed(BaseException):
        """As abrupt as a signal: nothing in the way may swallow it."""

    def die(incoming):
        whole(incoming)
        raise Killed

    monkeypatch.setattr(inbox, "apply", die)
    with pytest.raises(Killed):
        inbox.drain()
    assert (
        stored(answer).status,
        Event.objects.count(),
        journalled.count(),
    ) == (
        "received",
        0,
        before,
    )

    monkeypatch.setattr(inbox, "apply", whole)
    inbox.drain()
    assert (stored(answer).status, Event.objects.count()) == ("processed", 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_the_same_message():
    partner = make_partner()
    for number in range(3):
        post(partner, batch(f"m{number}", f"AB{number}"))
    with transaction.atomic():
        mine = inbox._claim(2, None)
        from threading import Thread

        seen: list[int] = []

        def other() -> None:
            with transaction.atomic():
                seen.extend(message.id for message in inbox._claim(10, None))
            connection.close()

        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert len(mine) == 2
    assert len(seen) == 1
    assert not {message.id for message in mine} & set(seen)


def _second_version(partner_format: str) -> Mapping:
    """Version 2 of a mapping: as version 1, but in_transit means delayed."""
    first = mappings.ensure_first(partner_format)
    first.state = "retired"
    first.save()
    second = Mapping.objects.create(
        format=partner_format, version=2, state="active", effective_from=timezone.now()
    )
    for row in first.codes.all():
        row.pk, row.mapping = None, second
        if row.code.lower() == "in_transit":
            row.milestone = "delayed"
        row.save(force_insert=True)
    return second


def test_a_replay_under_the_same_mapping_brings_nothing_new():
    answer = post(make_partner(), batch("m1", "AB1", "AB2"))
    inbox.drain()
    before = stored(answer)

    assert messages.replay(before, actor="usr_x")
    inbox.drain()

    after = stored(answer)
    assert (after.status, after.events, after.duplicates) == ("processed", 2, 0)
    assert Event.objects.count() == 2


def test_a_replay_under_a_newer_mapping_supersedes_and_keeps_the_old_row_with_its_version():
    answer = post(make_partner(), batch("m1", "AB1"))
    inbox.drain()
    _second_version("tpl_generic")

    messages.replay(stored(answer), actor="usr_x")
    inbox.drain()

    assert stored(answer).mapping_version == 2
    assert stored(answer).events == 1
    rows = Event.objects.order_by("mapping_version").values_list(
        "milestone", "mapping_version", "superseded_at"
    )
    assert [(milestone, version, at is None) for milestone, version, at in rows] == [
        ("in_transit", 1, False),
        ("delayed", 2, True),
    ]
    assert Package.objects.get().milestone == "delayed"


def test_a_partner_may_have_a_mapping_of_its_own():
    own, other = make_partner(name="Own"), make_partner(name="Other")
    mapping = Mapping.objects.create(format="tpl_generic", partner=own, version=2, state="active")
    MappingCode.objects.create(
        mapping=mapping,
        table="tpl_generic",
        code="IN_TRANSIT",
        milestone="delayed",
        provenance="own",
    )
    post(own, batch("m1", "AB1"))
    post(other, batch("m1", "CD1"))
    inbox.drain()

    assert dict(Event.objects.values_list("package__tracking_number", "milestone")) == {
        "AB1": "delayed",
        "CD1": "in_transit",
    }


def test_the_drain_asks_for_a_batch_in_the_same_number_of_statements_whatever_its_size(
    django_assert_max_num_queries,
):
    from django.test.utils import CaptureQueriesContext

    partner, counts = make_partner(), []
    for size, name in ((1, "warm"), (2, "few"), (60, "many")):
        for number in range(size):
            post(partner, batch(f"{name}{number}", f"{name}{number}"))
        with CaptureQueriesContext(connection) as asked:
            inbox.drain()
        counts.append(len(asked))
    assert counts[1] == counts[2]


def test_message_parse_and_the_inbox_tell_the_same():
    from apps.integrations.formats import get
    from apps.integrations.formats.base import Source

    raw = body("easypost/01_delivered.json")
    answer = post(make_partner("easypost"), raw)
    inbox.drain()
    format_ = get("easypost")
    parsed = format_.parse(
        raw, format_.load_codes(), Source("easypost", "easypost"), timezone.now()
    ).events
    kept = Event.objects.filter(message_id=stored(answer).pk).values_list("milestone", flat=True)
    assert sorted(event.milestone for event in parsed) == sorted(kept)


def test_easypost_snapshots_give_the_same_promise_and_proof_in_either_order():
    """The newest scan of both is the same; only the later one has the promise that holds."""

    def snapshot(number, key, updated_at, eta):
        found = document("easypost/03_out_of_order_earlier_snapshot.json")
        found["id"] = key
        found["result"] |= {
            "updated_at": updated_at,
            "est_delivery_date": eta,
            "tracking_code": number,
        }
        return found

    partner = make_partner("easypost")
    for number, order in (("EZ1", (0, 1)), ("EZ2", (1, 0))):
        both = [
            snapshot(number, f"evt_{number}_a", "2026-03-03T08:00:00Z", "2026-03-06T00:00:00Z"),
            snapshot(number, f"evt_{number}_b", "2026-03-03T09:00:00Z", "2026-03-08T00:00:00Z"),
        ]
        for at in order:
            post(partner, both[at])
            inbox.drain()

    assert [p.eta for p in Package.objects.order_by("number")] == ["2026-03-08", "2026-03-08"]
    later = Message.objects.get(key="evt_EZ1_b")
    assert (later.status, later.events, later.conflicts) == ("processed", 0, 0)
    assert "newer promise" in later.detail
