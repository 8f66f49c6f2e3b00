"""Holds: once, explained, and honest about Odoo."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.approvals import services
from apps.approvals.models import Hold
from apps.approvals.rules import releases
from apps.journal.models import Entry
from apps.mirror.models import Invoice
from tests.approvals.factories import (
    NOON,
    make_hold,
    make_invoice,
    make_order,
    make_request,
    make_shipment,
)

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def order(company):
    order = make_order(company)
    make_shipment(order)
    return order


def granted(hold, carl, fiona):
    asked = make_request(hold, carl)
    services.decide(
        asked, by=fiona, verdict="grant", reason="", seen=services.facts_of(asked)[1], now=LATER
    )
    hold.refresh_from_db()
    asked.refresh_from_db()
    return asked


@pytest.mark.django_db
def test_the_same_hold_is_placed_once_and_shown_on_its_order(order):
    invoice = make_invoice(order)
    first, second = make_hold(order, invoice), make_hold(order, invoice)

    order.refresh_from_db()
    assert first == second
    assert Entry.objects.filter(kind="hold.placed").count() == 1
    assert order.held == [{"id": first.public_id, "says": first.says}]


@pytest.mark.django_db
def test_other_words_for_the_same_hold_replace_the_old_ones(order):
    invoice = make_invoice(order)
    make_hold(order, invoice)
    hold = make_hold(order, invoice, says="Held because two parcels miss their proof.")

    assert hold.version == 2
    assert Entry.objects.get(kind="hold.changed").payload["became"] == ["says"]


@pytest.mark.django_db
def test_proof_lifts_the_hold_and_makes_open_requests_moot(order, carl):
    hold = make_hold(order)
    asked = make_request(hold, carl)

    services.release_hold(hold, by=None, why="Proof of delivery arrived.", now=LATER)

    asked.refresh_from_db()
    order.refresh_from_db()
    released = Entry.objects.get(kind="hold.released")
    assert asked.state == "moot"
    assert order.held == []
    assert (released.payload["by"], released.payload["why"]) == ("system", "proof_arrived")


@pytest.mark.django_db
def test_a_release_that_odoo_refuses_puts_the_hold_back(order, carl, fiona):
    hold = make_hold(order)
    asked = granted(hold, carl, fiona)

    services.record_effect(
        hold.public_id,
        "refused",
        "Odoo refused: the amount was changed.",
        LATER + timedelta(minutes=1),
        still_held=True,
    )

    hold.refresh_from_db()
    asked.refresh_from_db()
    order.refresh_from_db()
    assert (hold.state, hold.ended_at, hold.effect) == ("placed", None, "refused")
    assert (asked.state, asked.effect, asked.effect_says) == (
        "granted",
        "refused",
        "Odoo refused: the amount was changed.",
    )
    assert [held["id"] for held in order.held] == [hold.public_id]
    assert not any(condition["met"] for condition in hold.conditions)
    assert make_request(hold, carl) != asked


@pytest.mark.django_db
def test_a_refused_release_of_what_odoo_no_longer_holds_counts_as_bypassed(order, carl, fiona):
    hold = make_hold(order)
    asked = granted(hold, carl, fiona)
    Invoice.objects.update(payment_state="paid")

    services.record_effect(
        asked.public_id, "refused", "It was paid in between.", LATER + timedelta(minutes=1)
    )

    hold.refresh_from_db()
    assert hold.state == "bypassed"
    assert Entry.objects.filter(kind="hold.bypassed", subject=hold.public_id).count() == 1


@pytest.mark.django_db
def test_late_news_about_an_effect_never_overwrites_newer_news(order, carl, fiona):
    hold = make_hold(order)
    asked = granted(hold, carl, fiona)
    services.record_effect(
        hold.public_id, "applied", "Applied in Odoo.", LATER + timedelta(minutes=2)
    )

    services.record_effect(
        hold.public_id, "sending", "Sending to Odoo.", LATER + timedelta(minutes=1)
    )

    hold.refresh_from_db()
    asked.refresh_from_db()
    assert (hold.effect, asked.effect) == ("applied", "applied")


@pytest.mark.django_db
def test_a_hold_lifted_by_hand_in_odoo_is_shown_as_bypassed(order, carl):
    hold = make_hold(order)
    asked = make_request(hold, carl)

    services.mark_bypassed(hold, says="Marc Demo set it to not paid.", now=LATER)
    services.mark_bypassed(hold, says="again", now=LATER)

    hold.refresh_from_db()
    asked.refresh_from_db()
    assert (hold.state, hold.ended_why, asked.state) == (
        "bypassed",
        "Marc Demo set it to not paid.",
        "moot",
    )
    assert Entry.objects.filter(kind="hold.bypassed").count() == 1


@pytest.mark.django_db
def test_why_held_lists_every_way_out(order):
    tree = services.why_held(make_hold(order))

    assert tree["releases"] is False
    assert [[c["says"] for c in way] for way in tree["needs"]] == [
        ["A signature or document from UPS arrives"],
        ["Finance accepts other evidence"],
    ]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=8))
def test_a_hold_releases_exactly_when_one_group_of_its_conditions_is_complete(conditions):
    rows = [{"group": group, "met": met} for group, met in conditions]
    complete = any(all(met for g, met in conditions if g == group) for group, _ in conditions)

    assert releases(rows) is complete


@pytest.mark.django_db
def test_of_fifty_holds_all_conditions_but_one_never_release(order):
    for size in range(2, 52):
        conditions = [
            {"code": "proof", "says": str(n), "met": n > 0, "owner": "UPS", "group": "proof"}
            for n in range(size)
        ]
        hold = Hold(says="x", conditions=conditions, rule="r", state="placed", placed_at=NOON)
        assert services.why_held(hold)["releases"] is False
        conditions[0]["met"] = True
        assert services.why_held(hold)["releases"] is True


@pytest.mark.django_db
def test_a_refused_release_of_an_invoice_that_is_held_anew_leaves_one_hold(order):
    invoice = make_invoice(order)
    first = make_hold(order, invoice)
    services.release_hold(first, by=None, why="Proof arrived.", now=LATER)
    second = make_hold(order, invoice)

    services.record_effect(
        first.public_id, "refused", "The amount changed.", LATER + timedelta(1), still_held=True
    )

    first.refresh_from_db()
    assert (first.state, first.effect) == ("moot", "refused")
    assert list(Hold.objects.filter(state="placed")) == [second]
