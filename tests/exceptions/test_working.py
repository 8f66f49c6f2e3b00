"""What people and time do with a case."""

from datetime import timedelta

import pytest

from apps.accounts.models import Team
from apps.approvals import services as approvals
from apps.approvals.models import Involvement, Request
from apps.exceptions import services
from apps.exceptions.errors import (
    AlreadyResolved,
    AlreadyTaken,
    BadInput,
    NotAllowed,
    UnknownAction,
)
from apps.exceptions.models import ActionRun, Case
from apps.journal.models import Entry
from apps.shipments.models import Shipment
from tests.approvals.factories import NOON, deliver, make_invoice, make_order, make_shipment

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def case(company):
    shipment = make_shipment(make_order(company))
    return services.open_case(
        "delivery_attempted", "delivery_attempted:x", shipment=shipment, now=NOON
    )


def redelivery(case, by, now=NOON, **data):
    return services.act(
        case, "request_redelivery", by=by, data={"date": "2026-11-17", **data}, now=now
    )


def test_taking_a_case_names_its_owner_and_a_colleague_is_told_who(case, carl, olga):
    services.take(case, by=carl, now=NOON)
    services.take(case, by=carl, now=NOON + HOUR)

    with pytest.raises(AlreadyTaken, match="Carl Reyes took this case at 12:00"):
        services.take(case, by=olga, now=NOON + HOUR)
    changed = Entry.objects.get(kind="case.changed", subject=case.public_id)
    assert changed.payload["owner"] == carl.public_id


def test_a_case_can_be_handed_over_but_only_to_who_can_work_on_it(case, carl, olga, fiona):
    services.take(case, by=carl, now=NOON)
    assert services.assign(case, to=olga, by=carl, now=NOON).owner == olga
    with pytest.raises(NotAllowed, match="Fiona Finance cannot work on this case"):
        services.assign(case, to=fiona, by=olga, now=NOON)
    assert services.assign(case, to=None, by=olga, now=NOON).owner is None


def test_finance_may_note_but_not_take(case, fiona):
    services.note(case, by=fiona, text="Seen.", now=NOON)
    with pytest.raises(NotAllowed):
        services.take(case, by=fiona, now=NOON)


def test_a_stranger_can_do_nothing(case, stranger):
    for attempt in (
        lambda: services.take(case, by=stranger, now=NOON),
        lambda: services.note(case, by=stranger, text="x", now=NOON),
        lambda: redelivery(case, stranger),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_note_needs_words(case, carl):
    with pytest.raises(BadInput):
        services.note(case, by=carl, text="  ", now=NOON)


def test_redelivery_is_asked_once_however_often_the_button_is_pressed(case, carl):
    first = redelivery(case, carl, **{"from": "15:00", "to": "18:00"})
    assert redelivery(case, carl) == first

    case.refresh_from_db()
    entry = Entry.objects.get(kind="action.requested")
    assert entry.payload["run"] == first.public_id
    assert entry.payload["data"] == {"date": "2026-11-17", "from": "15:00", "to": "18:00"}
    assert (case.state, case.waiting_on, case.owner) == ("waiting", "carrier", carl)
    assert Involvement.objects.get().user == carl


def test_an_action_after_a_failed_one_is_a_new_one(case, carl):
    first = redelivery(case, carl)
    services.record_run(first.public_id, "failed", "The carrier's desk does not answer.")
    case.refresh_from_db()
    assert (case.state, case.next_step) == (
        "open",
        "Request redelivery failed: The carrier's desk does not answer.",
    )

    assert redelivery(case, carl) != first


def test_what_became_of_an_action_stands_in_the_history_once(case, carl):
    run = redelivery(case, carl)
    services.record_run(run.public_id, "sent", "Sent to UPS at 12:01.")
    services.record_run(run.public_id, "sent", "Sent to UPS at 12:01.")

    run.refresh_from_db()
    case.refresh_from_db()
    assert (run.state, run.state_says) == ("sent", "Sent to UPS at 12:01.")
    assert case.steps.filter(kind="action_sent").count() == 1
    assert case.next_step == "Request redelivery sent, waiting for the carrier"


def test_a_colleagues_case_is_not_acted_on(case, carl, olga):
    services.take(case, by=carl, now=NOON)
    with pytest.raises(AlreadyTaken, match="Carl Reyes has this case"):
        redelivery(case, olga)
    assert not ActionRun.objects.exists()


def test_an_action_says_which_field_it_lacks(case, carl):
    with pytest.raises(BadInput) as missing:
        services.act(case, "request_redelivery", by=carl, data={}, now=NOON)
    assert missing.value.field == "date"
    with pytest.raises(BadInput, match="this is not a date"):
        redelivery(case, carl, date="soon")
    with pytest.raises(UnknownAction):
        services.act(case, "request_release", by=carl, data={}, now=NOON)


def test_the_clock_stands_still_while_the_case_waits(case, carl):
    assert case.due_at == NOON + 2 * HOUR
    services.wait(case, on="customer", by=carl, now=NOON + HOUR)
    assert services.sweep_clocks(NOON + 24 * HOUR)["breached"] == 0

    back = services.resume(case, by=carl, now=NOON + 24 * HOUR)

    assert back.due_at == NOON + 25 * HOUR
    assert back.clock_left_min is None


def test_a_clock_that_runs_out_is_marked_once_and_becomes_urgent(case):
    assert services.sweep_clocks(NOON + 2 * HOUR)["breached"] == 0
    assert services.sweep_clocks(NOON + 2 * HOUR + MINUTE)["breached"] == 1
    assert services.sweep_clocks(NOON + 3 * HOUR)["breached"] == 0

    case.refresh_from_db()
    assert (case.priority, case.breached_at) == (1, NOON + 2 * HOUR + MINUTE)
    assert Entry.objects.get(kind="case.changed").payload["became"] == ["breached"]


def test_a_case_that_nobody_touches_is_raised_in_working_time_only(company):
    case = services.open_case(
        "impossible_sequence", "x", shipment=make_shipment(make_order(company)), now=NOON
    )
    assert services.sweep_clocks(NOON + 3 * HOUR)["raised"] == 0
    assert services.sweep_clocks(NOON + 4 * HOUR + MINUTE)["raised"] == 1
    case.refresh_from_db()
    assert case.priority == 2


def test_no_case_waits_behind_those_of_a_team_that_rests(company):
    saturday = NOON + 5 * 24 * HOUR
    resting = Team.objects.create(slug="rests", name="Rests", hours={"1": [["08:00", "18:00"]]})
    Case.objects.bulk_create(
        Case(
            kind="unmapped_code", dedupe=str(n), title="x", team=resting, priority=3,
            opened_at=saturday - 9 * HOUR, touched_at=saturday - 9 * HOUR, due_at=saturday + 72 * HOUR,
            last_seen_at=saturday, company=company,
        )
        for n in range(200)
    )  # fmt: skip
    last = services.open_case(
        "unmapped_code", "last", company_id=company.pk, now=saturday - 9 * HOUR
    )

    assert services.sweep_clocks(saturday)["raised"] == 1
    last.refresh_from_db()
    assert last.priority == 2


def test_a_passed_promise_is_found_by_the_sweep(company):
    make_shipment(make_order(company), promise_at=NOON)
    assert services.sweep_clocks(NOON + HOUR)["promises"] == 1
    assert Case.objects.get().title == "Promise has passed, not delivered"
    assert services.sweep_clocks(NOON + 2 * HOUR)["promises"] == 0


def test_a_closed_case_takes_no_action_but_still_a_note(case, carl):
    services.resolve(case, by=carl, says="The customer collected it.", now=NOON)
    with pytest.raises(AlreadyResolved, match="The customer collected it"):
        redelivery(case, carl)
    assert services.note(case, by=carl, text="They called again.", now=NOON).pk


def test_closing_a_case_needs_a_word_why(case, carl):
    with pytest.raises(BadInput):
        services.resolve(case, by=carl, says="", now=NOON)


def test_a_rejected_release_gives_the_case_back_to_its_owner(company, carl, fiona, settle):
    order = make_order(company)
    shipment = make_shipment(order)
    make_invoice(order)
    deliver(shipment)
    services.evaluate([shipment.pk], now=NOON)
    case = Case.objects.get()
    services.act(
        case, "request_release", by=carl, data={"reason": "The paper is signed."}, now=NOON
    )
    case.refresh_from_db()
    assert (case.state, case.waiting_on) == ("waiting", "approval")
    request = Request.objects.get()
    approvals.decide(
        request,
        by=fiona,
        verdict="reject",
        reason="Not theirs.",
        seen=approvals.facts_of(request)[1],
        now=NOON,
    )
    settle()

    case.refresh_from_db()
    assert (case.state, case.waiting_on) == ("open", "")
    assert case.steps.get(kind="answered").says == "Fiona Finance rejected it: Not theirs."
    again = services.act(
        case, "request_release", by=carl, data={"reason": "The paper is signed."}, now=NOON + HOUR
    )
    assert again.state == "waiting"


@pytest.fixture
def asked(company, carl):
    """A case whose hold Carl asked finance to lift."""
    order = make_order(company)
    shipment = make_shipment(order)
    make_invoice(order)
    deliver(shipment)
    services.evaluate([shipment.pk], now=NOON)
    services.act(
        Case.objects.get(), "request_release", by=carl, data={"reason": "Signed."}, now=NOON
    )
    return Request.objects.get()


def grant(request, by, now=NOON):
    seen = approvals.facts_of(request)[1]
    approvals.decide(request, by=by, verdict="grant", reason="", seen=seen, now=now)


def test_a_release_that_odoo_refused_gives_the_case_back_and_its_clock_runs(asked, fiona, settle):
    make_invoice(asked.order)  # held as well, so that the case stays while the first is released
    services.evaluate_orders([asked.order_id], now=NOON)
    grant(asked, fiona)
    settle()
    case = Case.objects.get()
    assert (case.state, case.waiting_on) == ("waiting", "odoo")

    approvals.record_effect(
        asked.public_id, "refused", "The amount changed.", NOON + HOUR, still_held=True
    )
    settle()

    case.refresh_from_db()
    assert (case.state, case.waiting_on, case.clock_left_min) == ("open", "", None)


def test_an_overdue_decision_is_a_case_of_finance_until_it_is_made(asked, fiona, settle):
    late = asked.due_at + MINUTE
    assert services.sweep_clocks(late)["approvals"] == 1
    settle()
    overdue = Case.objects.get(kind="approval_overdue")
    assert (overdue.state, overdue.team.slug, overdue.subject) == (
        "open",
        "finance",
        asked.public_id,
    )
    assert overdue.company_id == asked.company_id

    grant(asked, fiona, late)
    settle()

    overdue.refresh_from_db()
    assert (overdue.state, overdue.resolution) == ("resolved", "Granted.")


def test_a_delay_that_a_person_closed_stays_closed_until_something_else_is_wrong(company, carl):
    shipment = make_shipment(
        make_order(company), promise_at=NOON + 24 * HOUR, eta_at=NOON + 48 * HOUR
    )
    services.evaluate([shipment.pk], now=NOON)
    case = Case.objects.get()
    services.resolve(case, by=carl, says="The customer knows the new date.", now=NOON)

    services.evaluate([shipment.pk], now=NOON + HOUR)
    services.evaluate([shipment.pk], now=NOON + 30 * HOUR)
    case.refresh_from_db()
    assert (case.state, Case.objects.count()) == ("resolved", 1)

    Shipment.objects.update(eta_at=None)
    services.evaluate([shipment.pk], now=NOON + 23 * HOUR)
    assert services.sweep_clocks(NOON + 25 * HOUR)["promises"] == 1
    assert Case.objects.get(state="open").reason == "promise_passed"


def test_a_promise_that_passes_after_a_false_alarm_is_found_too(company):
    shipment = make_shipment(
        make_order(company), promise_at=NOON + 24 * HOUR, eta_at=NOON + 48 * HOUR
    )
    services.evaluate([shipment.pk], now=NOON)
    Shipment.objects.update(eta_at=NOON + 20 * HOUR)
    services.evaluate([shipment.pk], now=NOON + HOUR)
    assert Case.objects.get().resolution == "It is expected in time again."

    assert services.sweep_clocks(NOON + 25 * HOUR)["promises"] == 1

    assert Case.objects.get(state="open").reason == "promise_passed"
    assert services.sweep_clocks(NOON + 26 * HOUR)["promises"] == 0
