"""Two approvers and a changing Odoo: exactly one decision, and none on facts that nobody saw (B8)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from apps.approvals import services
from apps.approvals.errors import AlreadyDecided, StaleFacts
from apps.approvals.models import Decision, Hold, Request
from apps.journal.models import Entry
from apps.mirror.models import Invoice
from apps.shipments.models import Shipment
from tests.approvals.factories import (
    NOON,
    deliver,
    make_hold,
    make_order,
    make_request,
    make_shipment,
)
from tests.factories import make_company, make_person

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


def together(*works):
    """Run the works at the same moment, each on its own connection; returns results or errors."""
    gate = threading.Barrier(len(works))

    def run(work):
        gate.wait(timeout=30)
        try:
            return work()
        except Exception as error:  # noqa: BLE001  the test looks at what came out
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def ask(company, carl):
    order = make_order(company)
    deliver(make_shipment(order))
    return make_request(make_hold(order), carl)


def decide(request, by, seen, verdict="grant"):
    return lambda: services.decide(
        Request.objects.get(pk=request.pk), by=by, verdict=verdict, reason="r", seen=seen, now=NOON
    )


def test_two_approvers_at_once_make_exactly_one_decision():
    company = make_company()
    carl = make_person("Carl", "customer_service", company)
    fiona, frank = (
        make_person("Fiona", "finance", company),
        make_person("Frank", "finance", company),
    )
    for _ in range(ROUNDS):
        request = ask(company, carl)
        seen = services.facts_of(request)[1]

        came = together(decide(request, fiona, seen), decide(request, frank, seen, "reject"))

        assert sorted(type(one).__name__ for one in came) == ["AlreadyDecided", "Decision"]
        assert Decision.objects.filter(request=request).count() == 1
        released = Entry.objects.filter(
            kind="hold.released", subject=request.hold.public_id
        ).count()
        granted = Decision.objects.get(request=request).verdict == "grant"
        assert released == (1 if granted else 0)


@pytest.mark.parametrize("moving", ["invoice", "shipment"])
def test_a_fact_that_changes_while_somebody_decides_is_never_decided_on_unseen(moving):
    company = make_company()
    carl, fiona = (
        make_person("Carl", "customer_service", company),
        make_person("Fiona", "finance", company),
    )
    for number in range(ROUNDS):
        request = ask(company, carl)
        hold = Hold.objects.get(pk=request.hold_id)
        seen = services.facts_of(request)[1]
        change = {"invoice": _touch_invoice, "shipment": _touch_shipment}[moving]

        came, _ = together(decide(request, fiona, seen), partial(change, hold, number))

        decision = Decision.objects.filter(request=request).first()
        if decision is None:
            assert isinstance(came, StaleFacts)
        else:
            # It came first: what it stands on is what was shown, and the change waited for it.
            assert decision.seen == seen == services_digest(decision.facts)
        assert not isinstance(came, AlreadyDecided)


def services_digest(facts):
    from apps.approvals.rules import digest

    return digest(facts)


def _touch_invoice(hold, number):
    with transaction.atomic():
        Invoice.objects.filter(odoo_id=hold.record_odoo_id).update(amount_residual=number + 1)


def _touch_shipment(hold, number):
    with transaction.atomic():
        Shipment.objects.filter(order_id=hold.order_id).update(execution_status=f"odd_{number}")


def test_a_decision_waits_for_a_change_that_is_not_yet_committed_and_then_refuses():
    company = make_company()
    carl, fiona = (
        make_person("Carl", "customer_service", company),
        make_person("Fiona", "finance", company),
    )
    request = ask(company, carl)
    seen = services.facts_of(request)[1]
    changed, commit = threading.Event(), threading.Event()

    def change():
        try:
            with transaction.atomic():
                Invoice.objects.update(payment_state="paid")
                changed.set()
                commit.wait(timeout=30)
        finally:
            connection.close()

    odoo = threading.Thread(target=change)
    odoo.start()
    changed.wait(timeout=30)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: together(decide(request, fiona, seen))[0])
        commit.set()
        came = waiting.result(timeout=30)
    odoo.join(timeout=30)

    assert isinstance(came, StaleFacts)
    assert [change.field for change in came.changed] == ["payment_state"]
    assert not Decision.objects.exists()


def test_a_hold_is_placed_once_however_many_place_it():
    company = make_company()
    order = make_order(company)
    make_shipment(order)
    from tests.approvals.factories import make_invoice

    invoice = make_invoice(order)
    holds = together(*[lambda: make_hold(order, invoice)] * 4)
    assert {hold.pk for hold in holds} == {Hold.objects.get().pk}
    assert Entry.objects.filter(kind="hold.placed", subject=holds[0].public_id).count() == 1
