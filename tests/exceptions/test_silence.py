"""What should have been heard by now: learnt from what was delivered, one case per silent parcel, none for an outage."""

from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from apps.exceptions import services
from apps.exceptions.models import Case
from apps.journal.ids import new_id
from apps.shipments.apply import apply
from apps.shipments.learning import learn, silence, silent_counts, table
from apps.shipments.models import Carrier, Event, Package, PackageLink, Shipment, Usual
from apps.shipments.rules.usual import Lane, estimate, heard_by
from tests.shipments.factories import at, make_package, make_shipment, message, said

pytestmark = pytest.mark.django_db
ROUTE = [
    "label_created",
    "picked_up",
    "departed_facility",
    "arrived_at_facility",
    "out_for_delivery",
    "delivered",
]
HOURS = [10, 8, 14, 6, 5]
PACE = {"ups": 1.0, "dhl": 1.7}


def gaps(random, pace):
    return [random.lognormvariate(0, 0.18) * hours * pace for hours in HOURS]


def history(company, carrier, random, count, now):
    """Delivered parcels with their scans, stored as they are after apply."""
    shipments = Shipment.objects.bulk_create(
        Shipment(
            kind="outgoing", reference=f"{carrier.slug}/{n}", execution_status="delivered", customer_status="delivered",
            financial_status="releasable", changed_at=now, company=company, carrier_name="Standard", ship_to_country="BE",
        ) for n in range(count)
    )  # fmt: skip
    made, links, events = [], [], []
    for shipment in shipments:
        begin, times = now - timedelta(days=20), [0.0]
        for gap in gaps(random, PACE[carrier.slug]):
            times.append(times[-1] + gap)
        stamps = [begin + timedelta(hours=hours) for hours in times]
        package = Package(
            tracking_number=shipment.reference, number=shipment.reference.upper(), carrier=carrier, terminal=True,
            milestone="delivered", status="delivered", picked_up_at=stamps[1], delivered_at=stamps[-1],
            last_event_at=stamps[-1], heard_at=stamps[-1], event_count=len(ROUTE), changed_at=now,
        )  # fmt: skip
        made.append((package, shipment, stamps))
    Package.objects.bulk_create([package for package, _, _ in made])
    for package, shipment, stamps in made:
        links.append(PackageLink(package=package, shipment=shipment, said_by="odoo"))
        for milestone, stamp in zip(ROUTE, stamps, strict=True):
            ref = new_id("evt")
            events.append(
                Event(
                    package=package, identity=ref, content=ref, mapping_version=1, source=carrier.slug, format="ups_track",
                    milestone=milestone, occurred_at=stamp, received_at=stamp, correlation_id="c",
                )
            )  # fmt: skip
    PackageLink.objects.bulk_create(links)
    Event.objects.bulk_create(events)


@pytest.fixture
def carriers(db):
    return {slug: Carrier.objects.create(slug=slug, name=slug.upper()) for slug in PACE}


def test_of_dropped_scans_nine_in_ten_are_noticed_with_few_false_alarms(company, carriers):
    """1,000 parcels of each carrier, of 5 % a scan is dropped and the next comes a day and a half later."""
    random, now = Random(7), timezone.now()
    for carrier in carriers.values():
        history(company, carrier, random, 300, now)
    learn(now)
    known = table()
    dropped = noticed = false_alarms = parcels = 0
    for slug, carrier in carriers.items():
        lane = Lane(carrier.pk, "Standard", ">BE")
        for _ in range(1000):
            parcels += 1
            lost = random.randrange(1, len(ROUTE) - 1) if random.random() < 0.05 else None
            for index, gap in enumerate(gaps(random, PACE[slug])):
                silent_h = gap + 36 * PACE[slug] if lost == index + 1 else gap
                due, _ = heard_by(known, ROUTE[index], now, lane)
                alarm = now + timedelta(hours=silent_h) > due
                if lost == index + 1:
                    dropped, noticed = dropped + 1, noticed + alarm
                else:
                    false_alarms += alarm
    assert dropped > 80
    assert noticed / dropped >= 0.9
    assert false_alarms / parcels <= 0.02


def under_way(company, carriers, random, count, now):
    """Parcels that leave within a day of now, stored as their label leaves them, each with its scans to come; of every
    twentieth one scan is dropped, and the next comes a day and a half later. Returns {package id: (scans, lost from)}.
    """
    shipments = Shipment.objects.bulk_create(
        Shipment(
            kind="outgoing", reference=f"live/{n}", execution_status="ready_to_ship", customer_status="on_the_way",
            financial_status="in_delivery", changed_at=now, company=company, carrier_name="Standard",
            ship_to_country="BE",
        ) for n in range(count)
    )  # fmt: skip
    packages, coming = [], []
    for n, shipment in enumerate(shipments):
        slug = sorted(PACE)[n % 2]
        at_, scans, lost_from = now + timedelta(hours=24 * random.random()), [], None
        lost = random.randrange(1, len(ROUTE) - 1) if n % 20 == 0 else None
        for index, milestone in enumerate(ROUTE):
            if index == lost:
                lost_from = at_
                at_ += timedelta(hours=36 * PACE[slug])
            else:
                scans.append((milestone, at_))
            if index < len(HOURS):
                at_ += timedelta(hours=random.lognormvariate(0, 0.18) * HOURS[index] * PACE[slug])
        coming.append((scans, lost_from))
        packages.append(
            Package(
                tracking_number=shipment.reference, number=shipment.reference.upper(), carrier=carriers[slug],
                milestone=scans[0][0], status="ready_to_ship", heard_at=scans[0][1], last_event_at=scans[0][1],
                event_count=1, changed_at=now, company=company,
            )
        )  # fmt: skip
    made = Package.objects.bulk_create(packages)
    PackageLink.objects.bulk_create(
        PackageLink(package=package, shipment=shipment, said_by="odoo")
        for package, shipment in zip(made, shipments, strict=True)
    )
    return {package.pk: story for package, story in zip(made, coming, strict=True)}


def hear(coming, since, until):
    """What is scanned between two looks of the sweep, as apply leaves it."""
    heard = []
    for pk, (scans, _) in coming.items():
        new = [scan for scan in scans if since < scan[1] <= until]
        if new:
            milestone, at_ = new[-1]
            heard.append(
                Package(
                    pk=pk, milestone=milestone, terminal=milestone == "delivered", heard_at=at_, last_event_at=at_
                )
            )  # fmt: skip
    Package.objects.bulk_update(heard, ["milestone", "terminal", "heard_at", "last_event_at"])


def test_the_queue_itself_notices_nine_in_ten_raises_few_false_alarms_and_closes_each_on_arrival(
    company, carriers
):
    """B6 through learning, sweep and cases, eight hours at a time, until every parcel has arrived."""
    random, now = Random(11), timezone.now()
    for carrier in carriers.values():
        history(company, carrier, random, 100, now)
    learn(now)
    coming = under_way(company, carriers, random, 200, now)
    clock, end = now, max(scans[-1][1] for scans, _ in coming.values()) + timedelta(hours=8)
    while clock < end:
        since, clock = clock, clock + timedelta(hours=8)
        hear(coming, since, clock)
        services.clear_heard(clock)
        services.sweep_silence(clock)

    lost = {pk for pk, (_, lost_from) in coming.items() if lost_from is not None}
    alarms = Case.objects.filter(kind="silent_shipment").values_list("package_id", "opened_at")
    right = {pk for pk, opened in alarms if pk in lost and opened > coming[pk][1]}
    assert len(lost) == 10
    assert len(right) / len(lost) >= 0.9
    assert (len(alarms) - len(right)) / len(coming) <= 0.02
    assert not Case.objects.exclude(state="resolved").exists()


def test_until_enough_is_seen_a_table_of_our_own_speaks_and_says_so(carriers):
    due, basis = heard_by(table(), "picked_up", at("2026-03-02 10:00"), Lane(1, "", ""))
    assert due == at("2026-03-04 10:00")
    assert basis.says == "by our own table: too few were seen yet"
    assert heard_by(table(), "delivered", at("2026-03-02 10:00"), Lane(1, "", "")) is None


def test_the_closest_that_is_known_enough_is_taken(company, carriers):
    now = timezone.now()
    history(company, carriers["ups"], Random(1), 40, now)
    history(company, carriers["dhl"], Random(2), 5, now)
    learn(now)
    left = at("2026-03-02 10:00")
    ups, dhl = carriers["ups"].pk, carriers["dhl"].pk
    assert estimate(table(), left, Lane(ups, "Standard", ">BE")).basis.level == 3
    assert estimate(table(), left, Lane(ups, "Standard", ">DE")).basis.level == 2
    assert estimate(table(), left, Lane(ups, "Express", ">BE")).basis.level == 1
    everybody = estimate(table(), left, Lane(dhl, "Standard", ">BE"))
    assert (everybody.basis.level, everybody.basis.seen.sample) == (0, 45)
    assert "45 of all carriers" in everybody.says
    assert left < everybody.at < everybody.likely_by
    learn(now)
    assert Usual.objects.filter(what="transit", level=3).count() == 2


def moving(company, number, heard_h, now, carrier="ups"):
    shipment = make_shipment(company)
    package = make_package(number, shipment, carrier=carrier)
    seen = now - timedelta(hours=heard_h)
    apply(
        [
            message(
                said("picked_up", seen, number, location="Gent"), carrier=carrier, received_at=seen
            )
        ]
    )
    return package, shipment


def test_a_silent_parcel_is_one_case_that_says_what_is_known_and_closes_when_it_is_heard_of(
    company,
):
    now = timezone.now()
    package, shipment = moving(company, "1Z1", 60, now)
    moving(company, "1Z2", 20, now)
    assert services.sweep_silence(now) == 1
    assert services.sweep_silence(now) == 0
    case = Case.objects.get()
    assert (case.kind, case.package, case.shipment, case.team.slug) == (
        "silent_shipment", package, shipment, "customer-service",
    )  # fmt: skip
    assert "last said “picked up” in Gent" in case.says
    assert "Nothing says that it is late or lost" in case.says
    assert services.clear_heard(now) == 0
    apply([message(said("in_transit", now, "1Z1"), received_at=now + timedelta(minutes=1))])
    assert services.clear_heard(now + timedelta(minutes=2)) == 1
    assert Case.objects.get().state == "resolved"


def test_a_whole_carrier_that_is_silent_is_no_case_per_parcel_but_is_counted(company):
    now = timezone.now()
    for n in range(12):
        moving(company, f"1Z{n}", 60, now)
    moving(company, "JJ1", 60, now, carrier="dhl")
    assert services.sweep_silence(now) == 1
    assert Case.objects.get().package.carrier.slug == "dhl"
    ups = Carrier.objects.get(slug="ups").pk
    assert silent_counts(now)[ups] == (12, 12)
    assert silence(now).share(ups) == 1.0


def test_a_dispatch_that_no_carrier_confirms_is_a_case_until_it_is_scanned(company):
    now = timezone.now()
    shipment = make_shipment(company, dispatched_at=now - timedelta(hours=30))
    make_package("1Z1", shipment)
    fresh = make_shipment(company, dispatched_at=now - timedelta(hours=3))
    make_package("1Z2", fresh)
    assert services.sweep_silence(now) == 1
    case = Case.objects.get()
    assert (case.kind, case.shipment) == ("unconfirmed_dispatch", shipment)
    assert services.clear_heard(now) == 0
    apply([message(said("picked_up", now, "1Z1"))])
    assert services.clear_heard(now) == 1


def test_a_pickup_that_was_reported_confirms_the_dispatch(company):
    now = timezone.now()
    shipment = make_shipment(company, dispatched_at=now - timedelta(hours=30))
    make_package("1Z1", shipment)
    event = said(
        "info_only", now, "", kind="pickup.confirmed", subject=("shipment", shipment.reference)
    )
    apply([message(event, source="gateway", format="canonical", carrier=None)])
    assert services.sweep_silence(now) == 0
