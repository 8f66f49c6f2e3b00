"""What the customer is told, state by state; read from real rows that came through the pipe."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.portal.facts import EventFacts, OrderFacts, ParcelFacts, Redelivery
from apps.portal.rules import tell
from apps.portal.story import stories, story
from apps.portal.wording import day_words
from apps.shipments.models import Shipment
from tests.portal import factories as made
from tests.portal.factories import SCENES, ago, in_days

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def told(scene: str, company):
    return story(SCENES[scene](company), timezone.now())


def day(days: int) -> str:
    return day_words(in_days(days), in_days(0))


def parcel(status: str, *events: EventFacts, **more) -> ParcelFacts:
    given = {
        "ref": "a",
        "number": "1Z999",
        "carrier": "UPS",
        "carrier_slug": "ups",
        "zone": "Europe/Brussels",
    }
    return ParcelFacts(status=status, events=events, **{**given, **more})


def one(status: str, *events: EventFacts, **more):
    return tell(OrderFacts("S1", "Northwind", parcels=(parcel(status, *events, **more),)), NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "scene", ["label_only", "on_its_way", "late", "missed", "delivered", "returned"]
)
def test_the_portal_says_the_words_and_the_step_that_the_shipment_itself_carries(scene, company):
    order = SCENES[scene](company)
    shipment = Shipment.objects.get(order=order)
    seen = story(order, timezone.now())
    assert (seen.words, seen.step) == (
        shipment.customer_why["words"],
        shipment.customer_why["step"],
    )


@pytest.mark.django_db
def test_a_label_without_a_scan_says_so(company):
    seen = told("label_only", company)
    assert seen.sentence.startswith(
        "UPS has the label but has not scanned it yet. That usually happens within 24 hours"
    )


@pytest.mark.django_db
def test_on_its_way_names_the_day_first(company):
    seen = told("on_its_way", company)
    assert seen.headline == "Arriving tomorrow"
    assert (seen.step, seen.last.words, seen.action.href) == (
        3,
        "Arrived in Machelen",
        "delivery.ics",
    )
    assert seen.items == (("Large desk, walnut", "1"), ("Desk lamp", "1"))


@pytest.mark.django_db
def test_late_says_the_new_day_the_class_of_the_reason_and_what_we_do(company):
    seen = told("late", company)
    assert seen.headline == f"Later than planned, now {day(2)}"
    assert seen.sentence == "It was planned for yesterday."
    assert seen.reason == "The weather or another event on the route held it up."
    assert seen.doing.startswith("It is on our team's list")
    assert seen.late


@pytest.mark.django_db
def test_a_case_that_somebody_took_is_said_to_be_worked_on(company, carl):
    order = SCENES["missed"](company)
    made.case_of(order, owner=carl)
    assert story(order, timezone.now()).doing == "Somebody in our team is working on it."


@pytest.mark.django_db
def test_a_case_that_is_not_the_customers_trouble_promises_nothing(company, ines):
    order = SCENES["missed"](company)
    made.case_of(order, "unmapped_code", owner=ines)
    assert story(order, timezone.now()).doing.startswith("We are watching it")


@pytest.mark.django_db
def test_a_missed_delivery_says_when_and_that_nobody_was_there(company):
    seen = told("missed", company)
    assert seen.headline == "We missed you"
    assert "Nobody was there to take it." in seen.sentence
    assert (seen.step, seen.tone) == (4, "risk")


@pytest.mark.django_db
def test_once_a_new_delivery_was_asked_for_it_is_being_arranged(company):
    order = SCENES["missed"](company)
    made.redelivery_of(order, **{"date": in_days(1).isoformat(), "from": "10:00", "to": "14:00"})
    seen = story(order, timezone.now())
    assert seen.doing == "A new delivery is being arranged for tomorrow, 10:00 to 14:00."


@pytest.mark.django_db
def test_a_new_delivery_whose_asking_failed_is_not_being_arranged(company):
    order = SCENES["missed"](company)
    run = made.redelivery_of(order, date=in_days(1).isoformat())
    run.state = "failed"
    run.save()
    assert "arranged" not in story(order, timezone.now()).doing


@pytest.mark.django_db
def test_partly_delivered_counts_and_speaks_of_the_next_parcel(company):
    seen = told("partly", company)
    assert seen.headline == "1 of 2 parcels delivered"
    assert seen.sentence == "The next one: arriving tomorrow."
    assert [parcel.words for parcel in seen.parcels] == ["Delivered", "On its way"]
    assert [parcel.items for parcel in seen.parcels] == [
        (("Desk lamp", "1"),),
        (("Large desk, walnut", "1"),),
    ]


@pytest.mark.django_db
def test_delivered_says_when_and_masks_who_signed(company):
    seen = told("delivered", company)
    assert seen.headline.startswith("Delivered ")
    assert seen.sentence == "Signed for by A. K."
    assert "Annelies" not in repr(seen)
    assert "Kortrijk" not in repr(seen)
    assert all(step.state == "done" for step in seen.steps)


@pytest.mark.django_db
def test_a_paper_nobody_accepted_is_no_proof_for_the_customer(company):
    order = made.order_of(company)
    shipment = made.shipment_of(order)
    made.parcel_of(shipment, *made.tour(), ("delivered", ago(2), {}))
    made.paper_of(shipment, accepted_at=None, added_by=made_person(company))
    assert story(order, timezone.now()).proof is None


def made_person(company):
    from tests.factories import make_person

    return make_person("Paul Paper", "customer_service", company)


@pytest.mark.django_db
def test_a_voided_event_is_not_told(company):
    order = SCENES["missed"](company)
    event = order.shipments.get().packages.get().events.get(milestone="delivery_attempted")
    event.voided_at = timezone.now()
    event.save()
    seen = story(order, timezone.now())
    assert "We missed you" not in [scan.words for day in seen.days for scan in day.scans]


@pytest.mark.django_db
def test_returned_says_so_and_shows_no_progress_towards_the_customer(company):
    seen = told("returned", company)
    assert (seen.headline, seen.step, seen.steps) == ("Returned", None, ())
    assert seen.reason == "It was not accepted at the address."


@pytest.mark.django_db
def test_many_orders_cost_as_many_queries_as_one(company, django_assert_num_queries):
    orders = [SCENES["partly"](company)]
    with django_assert_num_queries(8):
        stories(orders, timezone.now())
    orders += [SCENES["on_its_way"](company) for _ in range(6)]
    with django_assert_num_queries(8):
        stories(orders, timezone.now())


def test_an_order_without_parcels_is_simply_known():
    seen = tell(OrderFacts("S1", "Northwind", ordered_at=NOW), NOW)
    assert (seen.headline, seen.step, seen.parcels) == ("We have your order", 1, ())
    assert seen.last.words == "We have your order"


def test_a_cancelled_order_says_so_whatever_its_parcels_say():
    seen = tell(
        OrderFacts("S1", "Northwind", cancelled=True, parcels=(parcel("ready_to_ship"),)), NOW
    )
    assert seen.headline == "Cancelled"


def test_times_are_the_delivery_addresss_own():
    scan = EventFacts("arrived_at_facility", datetime(2026, 3, 3, 23, 30, tzinfo=UTC), "", "Osaka")
    seen = one("in_transit", scan, zone="Asia/Tokyo")
    assert (seen.days[0].words, seen.days[0].scans[0].clock) == ("Today", "08:30")
    assert seen.zone == "JST"


def test_an_hour_is_named_only_when_the_carrier_named_one():
    picked = EventFacts("picked_up", NOW - timedelta(hours=20))
    assert one("in_transit", picked, eta="2026-03-06").headline == "Arriving Fri 6 Mar"
    assert (
        one("in_transit", picked, eta="2026-03-06T13:00:00Z").headline
        == "Arriving Fri 6 Mar, by 14:00"
    )
    midnight = datetime(2026, 3, 6, 0, 0, tzinfo=ZoneInfo("Europe/Brussels")).isoformat()
    assert one("in_transit", picked, eta=midnight).headline == "Arriving Fri 6 Mar"


def test_an_expected_day_that_passed_is_late_and_not_arriving():
    seen = one("in_transit", EventFacts("picked_up", NOW - timedelta(days=3)), eta="2026-03-03")
    assert (seen.headline, seen.eta, seen.late) == ("Later than planned", None, True)
    assert "no new day yet" in seen.sentence


def test_an_expected_day_is_not_late_before_it_ends():
    seen = one("in_transit", EventFacts("picked_up", NOW - timedelta(days=3)), eta="2026-03-04")
    assert (seen.headline, seen.late) == ("Arriving today", False)


def test_a_van_that_left_yesterday_is_not_said_to_come_today():
    seen = one("out_for_delivery", EventFacts("out_for_delivery", NOW - timedelta(days=1)))
    assert (seen.headline, seen.sentence) == (
        "With the driver",
        "The driver has had it since yesterday.",
    )


def test_a_label_that_waits_longer_than_usual_says_that_it_does():
    assert (
        "longer than usual" in one("dispatched", dispatched_at=NOW - timedelta(hours=30)).sentence
    )


def test_a_refused_parcel_was_not_missed():
    attempt = EventFacts("delivery_attempted", NOW - timedelta(hours=1), "recipient_refused")
    seen = one("delivery_attempted", attempt, reason="recipient_refused")
    assert seen.headline == "The driver could not deliver"
    assert "It was not accepted at the address." in seen.sentence


def test_a_new_attempt_after_the_asking_is_a_new_trouble():
    attempt = EventFacts("delivery_attempted", NOW - timedelta(hours=1))
    asked = Redelivery(NOW - timedelta(hours=5), "2026-03-05")
    seen = tell(
        OrderFacts("S1", "N", parcels=(parcel("delivery_attempted", attempt),), redelivery=asked),
        NOW,
    )
    assert "arranged" not in seen.doing


def test_the_parcel_that_needs_its_customer_leads():
    parcels = (
        parcel("out_for_delivery"),
        parcel("delivery_attempted", ref="b"),
        parcel("delivered", ref="c"),
    )
    seen = tell(OrderFacts("S1", "N", parcels=parcels), NOW)
    assert (seen.headline, seen.counted) == ("We missed you", "1 of 3 parcels delivered")


def test_what_all_parcels_did_in_one_minute_is_said_once():
    at = NOW - timedelta(hours=3)
    both = tuple(parcel("in_transit", EventFacts("picked_up", at), ref=ref) for ref in "ab")
    seen = tell(OrderFacts("S1", "N", parcels=both), NOW)
    assert [(scan.words, scan.parcel) for scan in seen.days[0].scans] == [("Handed to UPS", "")]


def test_a_long_history_is_cut_so_that_the_page_stays_small():
    events = [
        EventFacts("arrived_at_facility", NOW - timedelta(hours=n), "", "Gent")
        for n in range(1, 400)
    ]
    seen = one("in_transit", *events)
    assert sum(len(day.scans) for day in seen.days) == 60


def test_the_same_facts_and_moment_tell_the_same_story():
    events = [
        EventFacts("picked_up", NOW - timedelta(hours=9)),
        EventFacts("in_transit", NOW - timedelta(hours=2)),
    ]
    assert one("in_transit", *events) == one("in_transit", *reversed(events))
