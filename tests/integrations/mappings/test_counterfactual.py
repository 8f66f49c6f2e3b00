"""A wrong code for three days, corrected: exactly what it touched is found, read again, and made good once (B12)."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.integrations import inbox, jobs, messages, replaying
from apps.integrations.mappings import counterfactual, drafting, rehearsing, reviewing
from apps.integrations.mappings.errors import BadMapping, NotNow
from apps.integrations.models import Command, Compensation, Message
from apps.integrations.odoo.command import targets
from apps.integrations.searching import Filters
from apps.shipments.models import Event, Package, PackageLink
from tests.approvals.factories import make_order, make_shipment
from tests.factories import make_company
from tests.integrations.factories import batch, make_partner, post, stored
from tests.integrations.mappings.factories import handed_in, in_force, make_draft, row

pytestmark = pytest.mark.django_db(transaction=True)
WRONG = row("tpl_generic", "AT_HUB", "delivered")
RIGHT = row("tpl_generic", "AT_HUB", "arrived_at_facility")


@pytest.fixture
def company(transactional_db):
    return make_company()


def three_days(partner, other):
    """Per day one parcel with the wrong code and one without; a neighbour's with the same code."""
    numbers = []
    for day in range(3):
        post(partner, batch(f"w{day}", f"WRONG{day}", code="AT_HUB"))
        post(partner, batch(f"r{day}", f"RIGHT{day}", code="in_transit"))
        post(other, batch(f"o{day}", f"OTHER{day}", code="AT_HUB"))
        numbers.append(f"WRONG{day}")
    inbox.drain()
    return numbers


def applied(order, ines, kind="note"):
    """A decision that went to Odoo."""
    target = targets.find(order.public_id, None)
    assert target is not None
    return Command.objects.create(
        connection=target.connection, kind=kind, model=target.model, record_odoo_id=target.odoo_id,
        record_name=target.name, record_ref=target.public_id, key=f"k-{order.public_id}-{kind}",
        intent=f"Close {order.name}", cause=order.public_id, actor="Fiona", state="applied",
        not_before=timezone.now(), correlation_id="cor_x", company_id=target.company_id,
        warehouse_id=target.warehouse_id, customer_id=target.customer_id,
    )  # fmt: skip


def scanned(partner, by):
    now = timezone.now()
    job = counterfactual.start(partner, now - timedelta(days=3), now + timedelta(hours=1), by=by)
    jobs.run(only=job.pk)
    job.refresh_from_db()
    return job


def test_exactly_what_a_wrong_code_touched_is_found_and_made_good_once(ines, olga, company):
    partner, other = make_partner(name="Hasty"), make_partner(name="Steady")
    in_force(ines, olga, WRONG, partner=partner)
    wrong = three_days(partner, other)
    order, untouched = make_order(company), make_order(company)
    for number, home in (("WRONG1", order), ("RIGHT1", untouched)):
        PackageLink.objects.create(
            package=Package.objects.get(number=number), shipment=make_shipment(home), said_by="odoo"
        )
    decision, innocent = applied(order, ines), applied(untouched, ines)
    assert Package.objects.get(number="WRONG1").milestone == "delivered"
    fixed = in_force(ines, olga, RIGHT, partner=partner)

    job = scanned(partner, ines)

    assert (job.state, job.done) == ("done", 6)
    assert sorted(job.differences.values_list("number", flat=True)) == wrong
    one = job.differences.get(number="WRONG1")
    assert (one.before["milestone"], one.after["milestone"]) == ("delivered", "arrived_at_facility")
    found = counterfactual.affected(ines, job)
    assert [row.pk for row in found.orders] == [order.pk]
    assert [command.pk for command in found.commands] == [decision.pk]

    again = counterfactual.replay(job, by=ines)
    jobs.run(only=again.pk)
    inbox.drain()

    assert {row.milestone for row in Package.objects.filter(number__in=wrong)} == {
        "arrived_at_facility"
    }
    assert Event.objects.filter(superseded_at__isnull=False).count() == 3
    assert set(Event.objects.filter(superseded_at=None, package__number__in=wrong).values_list("mapping_version", flat=True)) == {fixed.version}  # fmt: skip
    assert Package.objects.get(number="OTHER1").milestone == "arrived_at_facility"
    assert Message.objects.filter(status="received").count() == 0
    with pytest.raises(NotNow):
        counterfactual.replay(job, by=ines)
    assert scanned(partner, ines).differences.count() == 0

    made = counterfactual.compensate(job, decision, by=ines, why="AT_HUB was no delivery")
    assert made.state == "approval"
    assert made.cause.startswith("req_")
    for each in (decision, innocent, made):
        with pytest.raises(NotNow):
            counterfactual.compensate(job, each, by=ines, why="again")
    assert Compensation.objects.get().command == made


def test_a_scan_goes_on_where_it_stopped_and_counts_nothing_twice(ines, olga, monkeypatch):
    partner, other = make_partner(name="Hasty"), make_partner(name="Steady")
    in_force(ines, olga, WRONG, partner=partner)
    wrong = three_days(partner, other)
    in_force(ines, olga, RIGHT, partner=partner)
    monkeypatch.setattr(counterfactual, "_CHUNK", 1)
    monkeypatch.setattr(jobs, "SLICE_S", 0)

    job = scanned(partner, ines)

    assert (job.state, job.done, job.differences.count()) == ("done", 6, len(wrong))


def test_a_scan_needs_a_time_and_an_end_before_anything_is_read_again(ines, company):
    partner, now = make_partner(), timezone.now()
    with pytest.raises(BadMapping):
        counterfactual.start(partner, now, now, by=ines)
    job = counterfactual.start(partner, now - timedelta(days=1), now, by=ines)
    with pytest.raises(NotNow):
        counterfactual.replay(job, by=ines)
    with pytest.raises(BadMapping):
        counterfactual.compensate(job, applied(make_order(company), ines), by=ines, why="")


def test_the_page_shows_it_to_who_sees_the_partner_and_to_nobody_else(
    ines, olga, stranger, company
):
    partner = make_partner("tpl_generic", "Hasty", company)
    in_force(ines, olga, WRONG, partner=partner)
    three_days(partner, make_partner(name="Steady"))
    in_force(ines, olga, RIGHT, partner=partner)
    job = scanned(partner, ines)
    address = reverse("counterfactual", args=[job.public_id])

    said = {}
    for person in (ines, stranger):
        client = Client()
        client.force_login(person)
        said[person] = client.get(address)
    assert b"WRONG1" in said[ines].content
    assert said[stranger].status_code == 404


def laid_out(ines, olga, partner, number):
    """A layout in force in which the tracking number stands under this name."""
    draft = make_draft(ines, partner=partner, name="mapped_json")
    layout = {
        "entries": "scans[]",
        "number": [number],
        "time": ["at"],
        "codes": [{"table": "event", "paths": ["code"]}],
    }
    drafting.set_layout(draft, layout, by=ines)
    if not draft.codes.filter(table="event", code="in_transit").exists():
        drafting.set_code(draft, row("event", "in_transit", "in_transit"), by=ines)
    return reviewing.approve(handed_in(draft, ines), by=olga)


def scans(*days, tracking="PARCEL1", order="ORDER1"):
    """What a partner posts: the whole story of one parcel."""
    return {
        "scans": [
            {"tracking": tracking, "order": order, "code": "in_transit", "at": f"2026-03-{day}T09:00:00Z"}
            for day in days
        ]
    }  # fmt: skip


def test_what_a_corrected_layout_gives_no_more_is_taken_back(ines, olga, company):
    partner = make_partner("mapped_json", "Muddled")
    laid_out(ines, olga, partner, "order")
    post(partner, scans(10))
    inbox.drain()
    post(partner, scans(10, 11))  # a snapshot: one scan told again, one new
    inbox.drain()
    assert Package.objects.get(number="ORDER1").event_count == 2
    laid_out(ines, olga, partner, "tracking")

    plan = replaying.plan(ines, filters=Filters(partner=partner.slug))
    assert plan.report["would_differ"] == 2
    assert plan.report["outlook"]["taken_back"] == 2
    job = scanned(partner, ines)
    assert job.differences.filter(after__isnull=True).count() == 2
    client = Client()
    client.force_login(ines)
    page = client.get(reverse("counterfactual", args=[job.public_id])).content.decode()
    assert "2 events would not be there at all" in page
    jobs.run(only=counterfactual.replay(job, by=ines).pk)
    inbox.drain()

    wrong, right = Package.objects.get(number="ORDER1"), Package.objects.get(number="PARCEL1")
    assert (wrong.event_count, wrong.milestone) == (0, "")
    assert (right.event_count, right.milestone) == (2, "in_transit")
    assert Event.objects.filter(superseded_at=None).count() == 2
    assert Event.objects.count() == 4  # what was said before stays, superseded
    assert scanned(partner, ines).differences.count() == 0
    assert sorted(Message.objects.values_list("status", flat=True)) == ["processed", "processed"]


def test_a_scan_that_another_message_still_tells_comes_back_with_that_one(ines, olga, company):
    partner = make_partner("mapped_json", "Muddled")
    laid_out(ines, olga, partner, "order")
    first = stored(post(partner, scans(10, tracking="PARCEL1", order="BOTH")))
    inbox.drain()
    second = stored(post(partner, {**scans(10, tracking="BOTH", order="BOTH"), "again": True}))
    inbox.drain()
    laid_out(ines, olga, partner, "tracking")

    messages.replay(first, actor=ines.public_id)
    inbox.drain()

    event = Event.objects.get(superseded_at=None, package__number="BOTH")
    assert event.message_id == second.pk
    assert Package.objects.get(number="PARCEL1").event_count == 1


def test_business_events_and_known_conflicts_are_no_differences(ines, company):
    partner = make_partner("canonical", "Middle")
    event = {
        "type": "order.confirmed", "version": "2", "source": "n8n",
        "occurred_at": "2026-03-10T09:00:00Z", "subject": {"order": "S00012"},
    }  # fmt: skip
    scan = {**event, "type": "in_transit", "subject": {"tracking_number": "1Z1"}, "id": "b"}
    post(partner, {**event, "id": "a"})
    post(partner, scan)
    post(partner, json.dumps([{**scan, "type": "lost"}]).encode())
    inbox.drain()
    assert scanned(partner, ines).differences.count() == 0


def test_parcels_of_others_are_counted_and_not_named(ines, olga, company):
    """A partner that reports for two companies: what it said of one's goods is nothing for the other's people."""
    other = make_company("Other Co")
    partner = make_partner("tpl_generic", "Both", company, other)
    in_force(ines, olga, WRONG, partner=partner)
    three_days(partner, make_partner(name="Steady"))
    PackageLink.objects.create(
        package=Package.objects.get(number="WRONG1"), shipment=make_shipment(make_order(other)), said_by="odoo"
    )  # fmt: skip
    Package.objects.filter(number="WRONG1").update(company=other)
    draft = handed_in(make_draft(ines, RIGHT, partner=partner), ines)
    since = timezone.now() - timedelta(days=1)
    tested = rehearsing.stored(draft, partner, since, timezone.now(), viewer=ines)
    assert (tested.differing, len(tested.shown)) == (3, 2)
    reviewing.approve(draft, by=olga)
    job = scanned(partner, ines)

    client = Client()
    client.force_login(ines)
    page = client.get(reverse("counterfactual", args=[job.public_id])).content.decode()

    assert "WRONG0" in page
    assert "WRONG1" not in page
    assert "2 of them are of messages that you may read" in page
