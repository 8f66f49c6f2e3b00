"""Asking carriers: each answer an ordinary message, within the budget, the least recently heard first."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection
from django.utils import timezone

from apps.integrations import inbox, partners
from apps.integrations.models import Breaker, Message, Poll, PolledPackage
from apps.integrations.polling import rules, silence, sweep
from apps.integrations.polling.asking import open_client
from apps.integrations.polling.turn import take_turn
from apps.integrations.sealing import seal
from apps.journal.models import Entry
from apps.shipments.models import Event, Package
from tests.integrations.factories import make_partner, post, stored
from tests.integrations.fake_carrier import FakeCarrier
from tests.integrations.polling_ground import later, make_packages, make_poll, poll_of, turn

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_an_answer_is_an_ordinary_message_and_its_scan_an_event():
    poll = make_poll()
    make_packages("1ZASKED01")
    carrier = FakeCarrier("1ZASKED01")

    assert turn(poll, carrier, NOW) == 1
    inbox.drain()

    message = Message.objects.get()
    assert (message.status, message.partner_id) == ("processed", poll.partner_id)
    assert message.key.startswith("poll:1ZASKED01:")
    assert Package.objects.get().milestone == "arrived_at_facility"


def test_an_equal_answer_is_stored_once_and_counted():
    poll = make_poll(moving_s=600)
    make_packages("1ZASKED01")
    carrier = FakeCarrier("1ZASKED01")
    turn(poll, carrier, NOW)
    inbox.drain()
    Package.objects.update(heard_at=NOW)

    assert turn(poll, carrier, later(NOW, hours=2)) == 1

    assert Message.objects.get().repeats == 1


def test_webhook_and_poll_of_one_scan_give_one_event():
    push = make_partner("ups_track_alert", "UPS pushes", carrier="ups")
    poll = make_poll()
    body = {
        "trackingNumber": "1ZBOTH0001",
        "localActivityDate": "20260310",
        "localActivityTime": "090000",
        "activityLocation": {"city": "Gent", "country": "BE"},
        "activityStatus": {"type": "I", "code": "AR", "description": "Arrival Scan"},
        "gmtActivityDate": "20260310",
        "gmtActivityTime": "090000",
    }
    assert post(push, body).status_code == 202
    inbox.drain()
    assert Event.objects.count() == 1
    Package.objects.update(heard_at=None)

    turn(poll, FakeCarrier("1ZBOTH0001"), NOW)
    inbox.drain()

    assert Event.objects.filter(superseded_at=None).count() == 1
    assert Message.objects.get(partner=poll.partner).status == "duplicate"


def test_who_was_heard_of_longest_ago_is_asked_for_first():
    poll = make_poll(per_minute=3)  # the first is the sign-in
    old, new, _ = make_packages("1ZOLD", "1ZNEW", "1ZNEVER", milestone="in_transit")
    Package.objects.filter(pk=old.pk).update(heard_at=NOW - timedelta(days=2))
    Package.objects.filter(pk=new.pk).update(heard_at=NOW - timedelta(hours=2))
    carrier = FakeCarrier("1ZOLD", "1ZNEW", "1ZNEVER")

    assert turn(poll, carrier, NOW) == 2

    assert [call.rpartition("/")[2] for call in carrier.calls] == ["1ZNEVER", "1ZOLD"]


def test_delivered_packages_are_let_go_and_those_heard_of_just_now_wait():
    poll = make_poll()
    over, fresh = make_packages("1ZOVER", "1ZFRESH", milestone="in_transit")
    turn(poll, FakeCarrier(), NOW - timedelta(hours=1))  # takes them up
    Package.objects.filter(pk=over.pk).update(terminal=True)
    Package.objects.filter(pk=fresh.pk).update(heard_at=NOW)
    PolledPackage.objects.update(next_at=NOW)
    carrier = FakeCarrier("1ZOVER", "1ZFRESH")

    assert turn(poll, carrier, NOW) == 0

    assert list(PolledPackage.objects.values_list("package_id", flat=True)) == [fresh.pk]


def test_a_package_out_for_delivery_is_asked_for_more_often_than_one_that_waits():
    poll = make_poll(out_s=600, moving_s=3600, waiting_s=14400)
    make_packages("1ZOUT", milestone="out_for_delivery", heard_at=NOW)
    make_packages("1ZMOVES", milestone="in_transit", heard_at=NOW)
    make_packages("1ZWAITS", milestone="label_created", heard_at=NOW)
    carrier = FakeCarrier("1ZOUT", "1ZMOVES", "1ZWAITS")

    for minute in range(0, 241, 10):
        turn(poll, carrier, later(NOW, minutes=minute))

    asked = [call.rpartition("/")[2] for call in carrier.calls]
    assert (asked.count("1ZOUT"), asked.count("1ZMOVES"), asked.count("1ZWAITS")) == (24, 4, 1)


def test_a_number_that_nobody_knows_is_asked_for_ever_more_rarely_and_is_no_failure():
    poll = make_poll(waiting_s=600, moving_s=600, out_s=600)
    make_packages("1ZNOBODY")
    carrier = FakeCarrier()

    for minute in range(0, 24 * 60, 10):
        turn(poll, carrier, later(NOW, minutes=minute))

    assert 5 <= len(carrier.calls) <= 9
    assert not Breaker.objects.exclude(state="closed").exists()
    assert not Message.objects.exists()


def test_never_more_requests_than_the_budget_of_the_minute_and_the_hour():
    poll = make_poll(per_minute=5, per_hour=12)
    numbers = [f"1ZB{index:04}" for index in range(40)]
    make_packages(*numbers)
    carrier = FakeCarrier(*numbers)

    made = []
    for second in range(0, 600, 5):
        before = len(carrier.calls) + carrier.tokens
        turn(poll, carrier, later(NOW, seconds=second))
        made.append(len(carrier.calls) + carrier.tokens - before)

    assert (sum(made), carrier.tokens) == (12, 1), "signing in is a request, too"
    assert max(sum(made[start : start + 12]) for start in range(len(made))) == 5


@pytest.mark.parametrize("begins_s", [0, 59.5])
def test_no_minute_and_no_hour_has_more_requests_than_its_limit_wherever_it_begins(begins_s):
    budget, made, now = rules.Budget(6, 20), [], later(NOW, seconds=begins_s)
    for _ in range(2 * 3600 * 2):
        now += timedelta(milliseconds=500)
        if budget.left(now):
            budget = budget.spent(now)
            made.append(now)

    for span, most in ((timedelta(minutes=1), 6), (timedelta(hours=1), 20)):
        assert max(sum(at <= one < at + span for one in made) for at in made) == most
    assert len(made) >= 40, "it is used as far as it goes"
    assert len(budget.seconds) + len(budget.minutes) <= 122


def test_a_sign_in_that_uses_the_budget_up_leaves_the_question_to_the_next_minute():
    poll = make_poll(per_minute=1)
    make_packages("1ZASKED01")
    carrier = FakeCarrier("1ZASKED01")

    turn(poll, carrier, NOW)
    assert (carrier.tokens, carrier.calls) == (1, [])
    turn(poll, carrier, later(NOW, seconds=59))
    assert carrier.calls == []
    turn(poll, carrier, later(NOW, seconds=61))
    assert (carrier.tokens, len(carrier.calls)) == (1, 1)
    assert not Breaker.objects.filter(failures__gt=0).exists()


def test_a_token_that_is_refused_for_ever_is_told_however_small_the_budget():
    for per_minute in (1, 2, 3):
        poll = make_poll(name=f"UPS {per_minute}", per_minute=per_minute)
        make_packages(f"1ZASKED{per_minute}")
        carrier = FakeCarrier()
        carrier.status = 401
        for minutes in range(0, 40, 2):
            turn(poll, carrier, later(NOW, minutes=minutes))

        assert Breaker.objects.get(partner=poll.partner).state == "open"
        assert "(HTTP 401)" in Poll.objects.get(pk=poll.pk).says


@pytest.mark.parametrize("per_minute", [1, 2])
def test_a_token_that_ran_out_early_is_renewed_in_a_later_turn_of_a_small_budget(per_minute):
    poll = make_poll(
        per_minute=per_minute, token=seal("stale"), token_until=later(NOW, hours=1), moving_s=60
    )
    make_packages("1ZASKED01")
    carrier = FakeCarrier("1ZASKED01")

    for minutes in (0, 2, 4):
        turn(poll, carrier, later(NOW, minutes=minutes))

    assert Message.objects.exists()
    assert Breaker.objects.get().failures == 0


def test_too_many_requests_is_a_rest_of_the_time_it_names_and_no_failure():
    poll = make_poll()
    make_packages("1ZASKED01", "1ZASKED02")
    carrier = FakeCarrier("1ZASKED01", "1ZASKED02")
    carrier.status, carrier.retry_after = 429, "120"

    assert turn(poll, carrier, NOW) == 1
    carrier.status = 200
    assert turn(poll, carrier, later(NOW, seconds=119)) == 0
    assert turn(poll, carrier, later(NOW, seconds=121)) == 2
    assert not Breaker.objects.filter(failures__gt=0).exists()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("", 60),
        (None, 60),
        ("Tue, 10 Mar 2026 12:05:00 GMT", 300),
        ("soon", 60),
        ("9" * 8, 21600),
    ],
)
def test_a_rest_is_read_in_seconds_or_as_a_date_and_is_bounded(header, seconds):
    assert rules.retry_after(header, NOW) == timedelta(seconds=seconds)


def test_a_token_is_kept_while_it_lasts_and_renewed_when_it_is_no_longer_taken():
    poll = make_poll(moving_s=60, waiting_s=60, out_s=60)
    make_packages("1ZASKED01")
    carrier = FakeCarrier("1ZASKED01")
    turn(poll, carrier, NOW)
    turn(poll, carrier, later(NOW, minutes=30))
    assert carrier.tokens == 1

    Poll.objects.update(token=seal("stale"))
    turn(poll, carrier, later(NOW, minutes=40))

    assert carrier.tokens == 2
    assert not Breaker.objects.filter(failures__gt=0).exists()


def test_many_numbers_go_into_one_request_where_the_api_takes_them():
    poll = make_poll("fedex_track", "FedEx", carrier="fedex", numbers_per_request=30)
    numbers = [f"7946{index:08}" for index in range(45)]
    make_packages(*numbers, carrier="fedex")
    carrier = FakeCarrier(*numbers)

    assert turn(poll, carrier, NOW) == 2
    inbox.drain()
    assert Event.objects.count() == 45

    for_each = Message.objects.count()
    turn(poll, carrier, later(NOW, hours=5))  # only the transactionId is another one
    assert Message.objects.count() == for_each


def test_a_feed_goes_on_where_its_cursor_stands():
    poll = make_poll(
        "tpl_generic", "3PL", path="/feed/{cursor}", cursor_at="meta.next", auth="none", moving_s=60
    )
    Poll.objects.update(cursor="0")
    carrier = FakeCarrier()
    entry = {"event_code": "in_transit", "event_time": "2026-03-10T09:00:00Z"}
    carrier.feed = [{"event_id": "e1", "shipment": {"tracking_number": "AB1"}, **entry}]
    turn(poll, carrier, NOW)
    carrier.feed.append({"event_id": "e2", "shipment": {"tracking_number": "AB2"}, **entry})

    assert turn(poll, carrier, later(NOW, seconds=30)) == 0
    assert turn(poll, carrier, later(NOW, seconds=61)) == 2
    inbox.drain()

    assert carrier.calls == ["/feed/0", "/feed/1", "/feed/1", "/feed/2"]
    assert Event.objects.count() == 2
    assert Message.objects.count() == 2, "an empty page is no message"
    assert Breaker.objects.filter(failures__gt=0).count() == 0


@pytest.mark.parametrize(
    ("said", "names"), [("gone", "does not know"), ("long", "more than 500 characters")]
)
def test_a_feed_that_lost_its_place_is_a_failure_and_not_silence(said, names):
    poll = make_poll(
        "tpl_generic", "3PL", path="/feed/{cursor}", cursor_at="meta.next", auth="none", moving_s=60
    )
    Poll.objects.update(cursor="0")
    carrier = FakeCarrier()
    if said == "gone":
        carrier.status = 404
    else:
        carrier.body = json.dumps({"events": [], "meta": {"next": "x" * 501}}).encode()

    turn(poll, carrier, NOW)

    poll.refresh_from_db()
    assert names in poll.says
    assert poll.cursor == "0"
    assert Breaker.objects.get().failures == 1


def test_a_rest_that_is_asked_for_begins_when_it_is_asked_for():
    """The calls before it may have been slow: counted from the turn's begin it would be over already."""
    poll = make_poll()
    make_packages("1ZASKED01")
    carrier = FakeCarrier("1ZASKED01")
    carrier.status, carrier.retry_after = 429, "120"
    times = iter([NOW, NOW, NOW, later(NOW, minutes=5)])
    last = later(NOW, minutes=5)

    fresh = Poll.objects.select_related("partner__carrier").get(pk=poll.pk)
    with carrier.client() as client:
        take_turn(fresh, client, lambda: next(times, last))

    poll.refresh_from_db()
    assert poll.rest_until == later(NOW, minutes=7)


def test_an_answer_that_cannot_be_read_is_kept_rejected_and_changes_nothing():
    poll = make_poll()
    make_packages("1ZASKED01", milestone="in_transit")
    carrier = FakeCarrier("1ZASKED01")
    carrier.body = b"<html>We are down for maintenance</html>"

    turn(poll, carrier, NOW)
    inbox.drain()

    assert Message.objects.get().status == "rejected"
    assert Package.objects.get().milestone == "in_transit"
    assert Breaker.objects.get().failures == 1


def test_a_partner_that_is_paused_is_not_asked():
    poll = make_poll()
    make_packages("1ZASKED01")
    partners.switch_to(poll.partner, "paused", why="maintenance", actor="usr_1")
    carrier = FakeCarrier("1ZASKED01")

    assert turn(poll, carrier, NOW) == 0
    assert not carrier.calls


def pushed(partner, *ages_min, now):
    """Messages that a webhook brought so many minutes ago."""
    for index, age in enumerate(ages_min):
        message = stored(
            post(partner, {"message_id": f"m{index}-{age}", "events": [
                {"event_id": f"m{index}-{age}", "event_code": "in_transit", "event_time": "2026-03-10T09:00:00Z",
                 "shipment": {"tracking_number": "AB1"}}]})
        )  # fmt: skip
        Message.objects.filter(pk=message.pk).update(received_at=now - timedelta(minutes=age))


def test_a_silent_webhook_is_stood_in_for_by_asking_and_takes_over_again_when_it_speaks():
    push = make_partner("tpl_generic", "Pushes", carrier="ups")
    poll = make_poll(when="silent", watched=push, expected_within_s=3600)
    make_packages("1ZASKED01")
    carrier = FakeCarrier("1ZASKED01")
    pushed(push, 30, now=NOW)
    silence.watch(NOW)
    assert turn(poll, carrier, NOW) == 0

    silence.watch(later(NOW, hours=1))
    assert turn(poll, carrier, later(NOW, hours=1)) == 1

    Message.objects.filter(partner=push).update(received_at=later(NOW, minutes=70))
    silence.watch(later(NOW, minutes=71))
    assert turn(poll, carrier, later(NOW, hours=9)) == 0
    told = [
        entry.payload["by"]
        for entry in Entry.objects.filter(kind="partner.heard_by").order_by("id")
    ]
    assert told == ["poll", "webhook"]


def test_our_own_questions_are_no_sign_that_the_webhook_lives():
    partner = make_partner("ups_track", "Both ways", carrier="ups")
    poll = poll_of(partner, when="silent", expected_within_s=3600)
    make_packages("1ZASKED01")
    Poll.objects.update(standing_in_since=NOW)

    turn(poll, FakeCarrier("1ZASKED01"), NOW)
    silence.watch(later(NOW, minutes=1))

    assert Message.objects.get().key.startswith("poll:")
    assert Poll.objects.get().standing_in_since == NOW


def test_how_long_a_source_may_be_silent_is_learned_from_its_longest_gap():
    often = [NOW - timedelta(minutes=20 * index) for index in range(30)]
    rarely = [NOW - timedelta(hours=30 * index) for index in range(30)]

    assert rules.expected_within(often) == timedelta(minutes=30)
    assert rules.expected_within(rarely) == timedelta(hours=24)
    assert rules.expected_within(often[:5]) == timedelta(hours=24)
    assert rules.expected_within([NOW] * 30) == timedelta(minutes=15)


@pytest.mark.django_db(transaction=True)
def test_a_partner_that_does_not_answer_delays_no_other():
    slow = make_poll(name="Slow", carrier="slow")
    quick = make_poll(name="Quick", carrier="quick", moving_s=1, waiting_s=1, out_s=1)
    make_packages("1ZSLOW", carrier="slow")
    make_packages("1ZQUICK", carrier="quick")
    carrier = FakeCarrier("1ZQUICK", "1ZSLOW")
    gate = threading.Event()
    whole = carrier._answer

    def answer(path, environ):
        if path.endswith("1ZSLOW"):
            gate.wait(30)
        return whole(path, environ)

    carrier._answer = answer
    quick_twice = threading.Event()

    class Calls(list):
        def append(self, path):
            list.append(self, path)
            if sum(call.endswith("1ZQUICK") for call in self) >= 2:
                quick_twice.set()

    carrier.calls = Calls()
    try:
        assert sweep.start_due(turn_s=4.0, open_with=carrier.client) == 2
        assert sweep.start_due(open_with=carrier.client) == 0, "both are under way"
        assert quick_twice.wait(20), "the quick one waits for the slow one"
        assert not gate.is_set()
    finally:
        gate.set()
        sweep.wait()

    asked = [call.rpartition("/")[2] for call in carrier.calls]
    assert asked.count("1ZQUICK") >= 2
    assert asked.count("1ZSLOW") == 1
    assert {slow.pk, quick.pk} == set(Poll.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_ask_one_partner_at_once():
    poll = make_poll()
    make_packages("1ZASKED01")
    carrier = FakeCarrier("1ZASKED01")
    carrier.blocked = threading.Event()

    def first():
        try:
            sweep.turn_of(poll.pk, carrier.client, timezone.now)
        finally:
            connection.close()

    worker = threading.Thread(target=first)
    worker.start()
    while not carrier.calls:
        threading.Event().wait(0.02)
    second = sweep.turn_of(poll.pk, carrier.client, timezone.now)
    carrier.blocked.set()
    worker.join(30)

    assert second == 0
    assert len(carrier.calls) == 1


def test_credentials_lie_encrypted():
    poll = make_poll()

    assert b"s3cret" not in bytes(Poll.objects.get(pk=poll.pk).sealed)
    assert "s3cret" not in json.dumps(list(Poll.objects.values("base_url", "header", "says")))


@pytest.fixture
def listening():
    """A small HTTP server on this machine that counts who asks, and as whom."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Host"])
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Nothing on the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("named", [[], ["localhost"]], ids=["outside only", "named"])
def test_a_partner_s_address_reaches_nothing_inside_the_network(
    named, listening, settings, monkeypatch
):
    """What is answered is stored and can be read: a poll must not look into our own network."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    settings.OUTGOING_ALLOW_PRIVATE = named
    port, asked = listening
    poll = make_poll(
        "tpl_generic",
        "3PL",
        base_url=f"http://localhost:{port}",
        allow_http=True,
        path="/secret",
        auth="none",
    )

    sweep.turn_of(poll.pk, open_client, lambda: NOW)

    poll.refresh_from_db()
    if named:
        assert asked == [f"localhost:{port}"]
        assert "does not know the address" in poll.says
    else:
        assert asked == []
        assert "inside a network" in poll.says
    assert Message.objects.count() == 0
