"""Several workers at once: nothing is lost, nothing is made twice."""

import threading
import time
from decimal import Decimal

import pytest
from django.db import connection, transaction

from apps.shipments import held
from apps.shipments.apply import apply
from apps.shipments.models import Event, Order, Package, Shipment
from apps.shipments.projection import project
from apps.shipments.services import note_holds
from tests.factories import make_company
from tests.shipments.factories import (
    at,
    change,
    make_order,
    make_package,
    make_shipment,
    message,
    said,
)

pytestmark = pytest.mark.django_db(transaction=True)


def together(*jobs):
    """Run jobs in threads of their own, each in one transaction; raises what any of them raised."""
    errors = []
    start = threading.Barrier(len(jobs))

    def run(job):
        try:
            start.wait(10)
            with transaction.atomic():
                job()
        except Exception as error:  # noqa: BLE001  told to the test below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if errors:
        raise errors[0]


def hours(hour):
    return at(f"2026-03-01 {hour:02}:00")


def test_workers_that_bring_the_first_events_of_a_number_make_one_package():
    jobs = [
        lambda hour=hour: apply(
            [
                message(
                    said("in_transit", hours(hour), carrier=None if hour % 2 else "ups"),
                    carrier=None,
                )
            ]
        )
        for hour in range(6)
    ]
    together(*jobs)

    package = Package.objects.get()
    assert (package.event_count, package.last_event_at) == (6, hours(5))


def test_workers_on_one_package_never_lose_an_event():
    shipment = make_shipment(make_company())
    make_package("1Z999", shipment)
    steps = ["picked_up", "in_transit", "out_for_delivery", "delivery_attempted", "delivered"]
    for round_ in range(3):
        together(
            *[
                lambda step=step, n=n, r=round_: apply([message(said(step, hours(n * 4 + r)))])
                for n, step in enumerate(steps)
            ]
        )

    package = Package.objects.get()
    assert (package.event_count, Event.objects.count(), package.attempts) == (15, 15, 3)
    shipment.refresh_from_db()
    assert (shipment.execution_status, shipment.attempts) == ("delivered", 3)


def test_the_same_message_taken_by_two_workers_is_one_event():
    event = said("picked_up", hours(1))
    together(*[lambda: apply([message(event)]) for _ in range(4)])

    assert Event.objects.count() == 1
    assert Package.objects.get().event_count == 1


def test_a_hold_and_an_event_at_the_same_time_are_both_in_the_outcome():
    company = make_company()
    order = make_order(company)
    shipment = make_shipment(company, order)
    make_package("1Z999", shipment)
    together(
        lambda: apply([message(said("delivered", hours(9)))]),
        lambda: note_holds(order.id, [{"id": "hld_1", "says": "Held."}]),
    )

    shipment.refresh_from_db()
    assert (shipment.execution_status, shipment.financial_status) == ("delivered", "held")


def test_whoever_locked_an_orders_shipments_gets_the_order_too_while_odoo_is_projected(sold):
    order, picking = sold
    project("default", orders=[order.odoo_id])
    change(order, amount_total=Decimal("99"))
    locked, waited = threading.Event(), threading.Event()

    def weigh():
        list(Shipment.objects.select_for_update(no_key=True))
        locked.set()
        waited.wait(10)
        list(Order.objects.select_for_update(no_key=True))

    def follow():
        locked.wait(10)
        project("default", orders=[order.odoo_id], pickings=[picking.odoo_id])

    watcher = threading.Thread(target=_tell_when_somebody_waits, args=(waited,))
    watcher.start()
    together(weigh, follow)
    watcher.join()

    assert Order.objects.get().amount_total == Decimal("99")


def _tell_when_somebody_waits(waited):
    try:
        for _ in range(200):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
                )
                if cursor.fetchone():
                    break
            time.sleep(0.05)
    finally:
        waited.set()
        connection.close()


def test_a_thousand_new_numbers_take_one_lock_of_the_whole_table(monkeypatch):
    monkeypatch.setattr(held, "_MOST_LOCKS", 2)
    together(
        *[
            lambda hour=hour: apply(
                [message(*(said("in_transit", hours(hour), f"1Z{n}") for n in range(4)))]
            )
            for hour in range(3)
        ]
    )

    assert sorted(Package.objects.values_list("number", "event_count")) == [
        (f"1Z{n}", 3) for n in range(4)
    ]
    assert Shipment.objects.count() == 0
