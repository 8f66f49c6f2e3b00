"""The breaker: opens after failures in a row, lets one call try, and obeys a person before everything."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.integrations import breaker
from apps.integrations.errors import BadPartner
from apps.integrations.models import Breaker
from apps.journal.models import Entry
from tests.integrations.factories import make_partner
from tests.integrations.fake_carrier import FakeCarrier
from tests.integrations.polling_ground import later, make_packages, make_poll, turn

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    return make_partner()


def fail(partner, times, policy="pause", at=NOW):
    return [breaker.failed(partner, "It answers HTTP 500.", policy, at) for _ in range(times)]


def test_five_failures_in_a_row_open_it_and_a_success_in_between_starts_anew(partner):
    fail(partner, 4)
    breaker.succeeded(partner, NOW)
    assert fail(partner, 4) == [False] * 4
    assert breaker.admit(partner, NOW) == "closed"

    assert fail(partner, 1) == [True]
    assert breaker.admit(partner, NOW) == ""


def test_after_its_rest_one_call_may_try_and_no_second_one_beside_it(partner):
    fail(partner, 5)

    assert breaker.admit(partner, later(NOW, seconds=29)) == ""
    assert breaker.admit(partner, later(NOW, seconds=30)) == "half_open"
    assert breaker.admit(partner, later(NOW, seconds=31)) == ""


def test_a_trial_that_goes_well_closes_it_and_one_that_fails_doubles_the_rest(partner):
    fail(partner, 5)
    assert breaker.admit(partner, later(NOW, seconds=30)) == "half_open"
    assert fail(partner, 1, at=later(NOW, seconds=31)) == [False]
    assert breaker.admit(partner, later(NOW, seconds=90)) == ""
    assert breaker.admit(partner, later(NOW, seconds=91)) == "half_open"

    assert breaker.succeeded(partner, later(NOW, seconds=92))
    assert breaker.admit(partner, later(NOW, seconds=92)) == "closed"


def test_a_trial_whose_worker_died_is_made_again_after_a_minute(partner):
    fail(partner, 5)
    breaker.admit(partner, later(NOW, seconds=30))

    assert breaker.admit(partner, later(NOW, seconds=91)) == "half_open"


def test_slower_goes_on_each_minute_and_manual_waits_for_a_person(partner):
    slow, manual = make_partner(name="slow"), make_partner(name="by hand")
    fail(slow, 5, "slower")
    fail(slow, 3, "slower")
    fail(manual, 5, "manual")

    assert breaker.admit(slow, later(NOW, seconds=60)) == "half_open"
    assert breaker.admit(manual, later(NOW, days=3)) == ""

    breaker.force(manual, "", why="they say it is back", actor="usr_1", until=None, now=NOW)
    assert breaker.admit(manual, NOW) == "half_open"


def test_a_person_holds_it_open_or_closed_until_the_time_they_said(partner):
    until = later(NOW, hours=1)
    breaker.force(partner, "open", why="their test day", actor="usr_1", until=until, now=NOW)
    assert breaker.admit(partner, NOW) == ""
    assert breaker.admit(partner, until) == "closed"

    fail(partner, 5)
    breaker.force(partner, "closed", why="we watch it", actor="usr_1", until=None, now=NOW)
    assert breaker.admit(partner, NOW) == "closed"


@pytest.mark.parametrize(
    ("position", "why", "until"),
    [
        ("open", " ", None),
        ("ajar", "x", None),
        ("open", "x", NOW),
        ("open", "x", NOW + timedelta(days=31)),
    ],
)
def test_who_forces_it_says_why_and_until_when(partner, position, why, until):
    with pytest.raises(BadPartner):
        breaker.force(partner, position, why=why, actor="usr_1", until=until, now=NOW)


def test_each_turn_of_the_circuit_is_in_the_journal(partner):
    fail(partner, 7)
    breaker.succeeded(partner, NOW)
    breaker.force(partner, "open", why="maintenance", actor="usr_1", until=None, now=NOW)

    told = Entry.objects.filter(kind="partner.circuit").order_by("id")
    assert [entry.payload["state"] for entry in told] == ["open", "closed", "open"]
    assert [entry.actor for entry in told] == ["system", "system", "usr_1"]


def test_a_dead_line_costs_a_few_calls_and_not_one_for_each_package():
    poll = make_poll()
    numbers = [f"1ZD{index:04}" for index in range(200)]
    make_packages(*numbers)
    carrier = FakeCarrier(*numbers)
    carrier.status = 500

    for second in range(0, 600, 10):
        turn(poll, carrier, later(NOW, seconds=second))

    # Five to open it, then one after each rest of 30, 60, 120, 240 s.
    assert len(carrier.calls) == 9


@pytest.mark.parametrize(
    ("policy", "words"),
    [("pause", "paused"), ("slower", "once a minute"), ("manual", "until a person says so")],
)
def test_the_banner_says_which_policy_is_at_work(policy, words):
    poll = make_poll(when_open=policy)
    fail(poll.partner, 5, policy)

    state = breaker.state_of([poll.partner_id], NOW)[poll.partner_id]

    assert state.state == "open"
    assert words in state.says
    assert not state.is_well


def test_a_partner_without_trouble_is_well_and_one_nobody_asks_has_no_line(partner):
    poll = make_poll()

    states = breaker.state_of([poll.partner_id, partner.pk], NOW)

    assert states[poll.partner_id].is_well
    assert partner.pk not in states
    assert not Breaker.objects.exists()
