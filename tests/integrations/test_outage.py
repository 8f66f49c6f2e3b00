"""An outage is one incident with the orders at risk, and no storm of alerts while it lasts or is caught up with."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.accounts.models import Team
from apps.exceptions.models import Case, Outage
from apps.exceptions.services import outages, sweep_clocks
from apps.integrations import inbox, incidents
from apps.integrations.models import Message, PolledPackage
from apps.integrations.polling import rules
from apps.journal.models import Entry
from apps.journal.subscribers import all_subscribers, drain
from apps.shipments.models import Carrier, Event, Order, Package, PackageLink, Shipment
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post
from tests.integrations.fake_carrier import FakeCarrier
from tests.integrations.polling_ground import later, make_packages, make_poll, turn
from tests.shipments.factories import make_order, make_package, make_shipment
from tests.walk import FAR

NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)  # a Tuesday: the teams work
SHIPMENTS = 5000 if FAR else 500  # B10 says 5,000: minutes, not seconds
pytestmark = pytest.mark.django_db


def settle():
    """The queue reads what happened."""
    ours = [s for s in all_subscribers() if s.name.startswith("exceptions.")]
    while any(drain(subscriber) for subscriber in ours):
        continue


def under_way(company, count, orders):
    """Shipments on their way with FedEx, heard of half an hour ago, whose promises pass in the coming two hours."""
    mover = Carrier.objects.create(slug="fedex", name="FedEx")
    shipments = Shipment.objects.bulk_create(
        [
            Shipment(
                company=company, order=orders[index % len(orders)], kind="outgoing",
                reference=f"WH/OUT/{index:05}", connection="default", picking_odoo_id=index + 1,
                picking_state="done", execution_status="in_transit", customer_status="on_the_way",
                financial_status="in_delivery", carrier=mover, changed_at=NOW, value=10, currency="USD",
                dispatched_at=NOW - timedelta(days=1), heard_at=NOW - timedelta(minutes=30),
                promise_at=NOW + timedelta(minutes=10 + index % 110),
                deadline_at=NOW + timedelta(minutes=10 + index % 110),
            )
            for index in range(count)
        ]
    )  # fmt: skip
    packages = Package.objects.bulk_create(
        [
            Package(
                company=company, carrier=mover, tracking_number=f"7946{index:08}", number=f"7946{index:08}",
                milestone="in_transit", status="in_transit", heard_at=NOW - timedelta(minutes=30),
                first_event_at=NOW - timedelta(days=1), last_event_at=NOW - timedelta(minutes=30), changed_at=NOW,
            )
            for index in range(count)
        ]
    )  # fmt: skip
    PackageLink.objects.bulk_create(
        PackageLink(package=package, shipment=shipment, said_by="odoo")
        for package, shipment in zip(packages, shipments, strict=True)
    )
    return [package.number for package in packages]


def test_two_hours_of_a_silent_carrier_are_one_incident_and_no_storm(company):
    team, budget = Team.objects.get(slug="operations"), max(2, SHIPMENTS // 250)
    orders = Order.objects.bulk_create(
        Order(
            connection="default", odoo_id=10_000 + index, name=f"S{index:05}", company=company, odoo_state="sale",
            stage="in_transit", changed_at=NOW, currency="USD", amount_total=Decimal(100),
            owner_team=team,
        )
        for index in range(SHIPMENTS)
    )  # fmt: skip
    numbers = under_way(company, SHIPMENTS, orders)
    poll = make_poll(
        "fedex_track", "FedEx", carrier="fedex", numbers_per_request=30, per_minute=budget,
        moving_s=1800, out_s=1800, waiting_s=1800,
    )  # fmt: skip
    carrier = FakeCarrier(*numbers, scan="20260310 081500 I:DL")
    carrier.status = 503

    for second in range(0, 240, 5):
        turn(poll, carrier, later(NOW, seconds=second))
    assert len(carrier.calls) <= 10
    for minute in range(20, 120, 20):
        at = later(NOW, minutes=minute)
        turn(poll, carrier, at)
        incidents.follow(at)
        sweep_clocks(at)
        settle()
    assert Outage.objects.get().ended_at is None
    assert outages.held_back(Outage.objects.get(), later(NOW, hours=2)) > 0.8 * SHIPMENTS

    carrier.status, carrier.calls = 200, []
    made, minute = [], 120
    while Outage.objects.filter(caught_up_at=None).exists():
        assert minute < 180, "it never caught up"
        at = later(NOW, minutes=minute)
        made.append(turn(poll, carrier, at))
        inbox.drain()
        settle()
        incidents.follow(at)
        sweep_clocks(at)
        minute += 1
    settle()

    others = Case.objects.exclude(kind="integration_down").values_list("kind", "says")
    assert list(others[:2]) == []
    case = Case.objects.get()
    assert (case.kind, case.state, case.dedupe) == ("integration_down", "resolved", "partner:fedex")
    assert Entry.objects.filter(kind__startswith="case.").count() <= 3
    assert Event.objects.filter(milestone="delivered").count() == SHIPMENTS
    assert Package.objects.filter(terminal=True).count() == SHIPMENTS
    assert max(made) <= budget
    assert sum(made) >= SHIPMENTS / 30


def broken(poll, now, says="It answers HTTP 503."):
    return incidents.begin(poll.partner, says, now)


@pytest.fixture
def late(company):
    """A poll, and one shipment of its carrier whose promise passed an hour ago."""
    poll = make_poll()
    mover = Carrier.objects.get(slug="ups")
    order = make_order(company, amount_total=Decimal(250), currency="EUR")
    shipment = make_shipment(
        company, order, carrier=mover, execution_status="in_transit", dispatched_at=NOW - timedelta(days=1),
        promise_at=NOW - timedelta(hours=1), heard_at=NOW - timedelta(hours=2),
    )  # fmt: skip
    make_package("1ZLATE", shipment, milestone="in_transit", heard_at=NOW - timedelta(hours=2))
    return poll, shipment


def test_a_passed_promise_is_held_back_while_its_carrier_is_out_and_told_once_it_was_asked_for(
    late,
):
    poll, shipment = late
    broken(poll, NOW)
    sweep_clocks(NOW)
    assert list(Case.objects.values_list("kind", flat=True)) == ["integration_down"]

    incidents.end(poll.partner, later(NOW, minutes=5))
    sweep_clocks(later(NOW, minutes=6))
    assert Case.objects.count() == 1

    Shipment.objects.update(heard_at=later(NOW, minutes=7))
    sweep_clocks(later(NOW, minutes=8))
    assert Case.objects.get(kind="shipment_delayed").shipment == shipment


def test_another_carriers_late_shipments_are_told_as_ever(late, company):
    poll, _ = late
    other = Carrier.objects.create(slug="dhl", name="DHL")
    theirs = make_shipment(
        company, carrier=other, execution_status="in_transit", dispatched_at=NOW - timedelta(days=1),
        promise_at=NOW - timedelta(hours=1),
    )  # fmt: skip
    broken(poll, NOW)

    sweep_clocks(NOW)

    assert Case.objects.get(kind="shipment_delayed").shipment == theirs


def test_a_case_that_stood_before_the_outage_is_not_closed_by_it(late):
    poll, _ = late
    sweep_clocks(NOW - timedelta(minutes=1))
    broken(poll, NOW)

    from apps.exceptions.services import evaluate

    evaluate(Shipment.objects.values_list("pk", flat=True), now=NOW)

    assert Case.objects.get(kind="shipment_delayed").state == "open"


def test_one_that_comes_back_before_all_is_caught_up_is_the_same_incident(late):
    poll, _ = late
    first = broken(poll, NOW)
    incidents.end(poll.partner, later(NOW, minutes=5))
    again = broken(poll, later(NOW, minutes=6))

    assert again.pk == first.pk
    assert Outage.objects.get().ended_at is None
    assert Case.objects.count() == 1


def test_no_incident_while_the_carriers_webhook_still_speaks():
    push = make_partner("tpl_generic", "Pushes", carrier="ups")
    poll = make_poll(watched=push, expected_within_s=3600)
    post(push, batch("m1", "AB1"))
    Message.objects.update(received_at=NOW - timedelta(minutes=10))

    assert broken(poll, NOW) is None
    assert broken(poll, later(NOW, hours=2)) is not None


def test_it_is_over_when_each_live_package_was_asked_for_and_every_answer_read(late):
    poll, _ = late
    make_package("1ZMORE", milestone="in_transit", heard_at=NOW - timedelta(hours=2))
    carrier = FakeCarrier("1ZLATE", "1ZMORE")
    carrier.status = 500
    for _ in range(5):
        turn(poll, carrier, NOW)
    assert Outage.objects.get().ended_at is None
    assert PolledPackage.objects.count() == 2

    carrier.status = 200
    turn(poll, carrier, later(NOW, minutes=1))
    incidents.follow(later(NOW, minutes=1))
    outage = Outage.objects.get()
    assert (outage.ended_at, outage.caught_up_at) == (later(NOW, minutes=1), None)

    turn(poll, carrier, later(NOW, minutes=2))
    inbox.drain()
    incidents.follow(later(NOW, minutes=2))
    assert Outage.objects.get().caught_up_at == later(NOW, minutes=2)
    assert Case.objects.get(kind="integration_down").state == "resolved"


def test_an_incident_names_orders_value_by_currency_and_promises_by_hour_within_the_persons_scope(
    late, company, ines
):
    poll, shipment = late
    usd = make_order(company, amount_total=Decimal(40), currency="USD")
    for number, order in (("1ZA", usd), ("1ZB", usd), ("1ZC", shipment.order)):
        other = make_shipment(
            company, order, carrier=shipment.carrier, execution_status="in_transit",
            dispatched_at=NOW - timedelta(days=1), promise_at=NOW + timedelta(hours=2, minutes=5),
        )  # fmt: skip
        make_package(number, other, milestone="in_transit")
    outage = broken(poll, NOW)

    seen = incidents.incident(ines, outage.case, NOW)
    stranger = make_person("Ivo Elsewhere", "integration", make_company("Elsewhere"))
    foreign = incidents.incident(stranger, outage.case, NOW)

    assert (seen.shipments, seen.packages, seen.orders) == (4, 4, 2)
    assert seen.values == [("EUR", Decimal(250)), ("USD", Decimal(40))]
    assert [(hour.at.hour, hour.shipments, hour.is_past) for hour in seen.hours] == [
        (7, 1, True),
        (10, 3, False),
    ]
    assert seen.held_back == 1
    assert (foreign.shipments, foreign.orders, foreign.values) == (0, 0, [])


def test_a_carrier_that_suddenly_knows_no_number_is_one_incident_that_ends_by_itself(late, ines):
    poll, _ = late
    make_packages("1ZNEW")
    moving = [f"1ZM{index}" for index in range(6)]
    make_packages(*moving, milestone="in_transit", heard_at=NOW - timedelta(hours=2))
    carrier = FakeCarrier("1ZLATE", *moving)
    turn(poll, carrier, NOW)
    inbox.drain()
    Package.objects.update(heard_at=NOW)
    assert not Outage.objects.exists(), "it never knew the new one"

    known, carrier.scans = carrier.scans, {}
    for hours in range(2, 8):
        turn(poll, carrier, later(NOW, hours=hours))
        incidents.follow(later(NOW, hours=hours))
    settle()

    case = Case.objects.get()
    assert (case.kind, case.title, case.team.slug) == (
        "integration_down", "UPS asked does not know our parcels", "integration",
    )  # fmt: skip
    seen = incidents.incident(ines, case, later(NOW, hours=8))
    assert (seen.ended_at, seen.orders, seen.values) == (None, 1, [("EUR", Decimal(250))])
    assert Entry.objects.filter(kind="case.opened").count() == 1
    assert set(PolledPackage.objects.filter(answered_at=NOW).values_list("misses", flat=True)) == {
        0
    }

    carrier.scans = known
    turn(poll, carrier, later(NOW, hours=9))
    inbox.drain()
    incidents.follow(later(NOW, hours=9))
    assert Outage.objects.get().caught_up_at == later(NOW, hours=9)
    assert Case.objects.get().state == "resolved"


def test_one_that_a_person_closed_stays_closed_until_the_carrier_knew_its_numbers_again():
    poll, numbers = make_poll(), [f"1ZM{index}" for index in range(20)]
    make_packages(*numbers, milestone="in_transit")
    turn(poll, FakeCarrier(), NOW)
    settle()
    Case.objects.update(state="resolved", resolved_by="Ines", resolved_at=NOW)

    for hours in range(1, 6):
        incidents.follow(later(NOW, hours=hours))
        turn(poll, FakeCarrier(), later(NOW, hours=hours))
    outage = Outage.objects.get()
    assert (Case.objects.get().state, outage.ended_at) == ("resolved", None)
    assert outage.caught_up_at == later(NOW, hours=1), "nothing is held back under it"

    turn(poll, FakeCarrier(*numbers), later(NOW, hours=8))
    outage.refresh_from_db()
    assert outage.ended_at == later(NOW, hours=8)

    turn(poll, FakeCarrier(), later(NOW, hours=10))
    assert Case.objects.get().state == "open"
    assert Outage.objects.count() == 2


@pytest.mark.parametrize(
    ("milestone", "lost"), [("in_transit", True), ("label_created", False), ("", False)]
)
def test_twenty_unknown_numbers_are_an_outage_unless_they_are_all_new(milestone, lost):
    poll = make_poll()
    make_packages(*(f"1ZM{index}" for index in range(20)), milestone=milestone)

    turn(poll, FakeCarrier(), NOW)

    assert Outage.objects.exists() is lost


@pytest.mark.parametrize(
    ("newest", "at_once", "lost"),
    [
        ([(True, True)] * 5, 1, True),
        ([(True, True)] * 4, 1, False),
        ([(True, True)] * 1 + [(True, False)] * 9, 1, False),
        ([(True, True)] * 18 + [(True, False)] * 2, 1, True),
        ([(True, True)] * 17 + [(True, False)] * 3, 1, False),
        ([(True, False)] * 5 + [(False, True)] * 15, 1, False),
        ([(True, True)] * 30, 30, False),  # one request, refused for one number in it
        ([(True, True)] * 60, 30, True),
        ([(False, True)] * 19, 1, False),
        ([], 1, False),
    ],
)
def test_a_partner_is_lost_when_it_knows_nearly_nothing_of_what_it_knew(newest, at_once, lost):
    assert rules.is_lost(newest, at_once) is lost
