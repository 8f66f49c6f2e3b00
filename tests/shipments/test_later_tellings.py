"""A snapshot tells known scans again: what it says more is not lost, in whatever order snapshots come."""

from itertools import permutations

import pytest
from django.db import transaction

from apps.shipments.apply import apply
from apps.shipments.models import Event, Package
from tests.shipments.factories import at, message, said

pytestmark = pytest.mark.django_db

NAMED = {"received_by": "J Doe", "has_signature": False}
SIGNED = {"received_by": "J Doe", "has_signature": True}


class Undone(Exception):
    """Takes a world back."""


def told(eta=None, told_at=None, pod=None, step="delivered"):
    return said(step, "2026-03-02 14:10", eta=eta, told_at=told_at and at(told_at), pod=pod)


def state_after(*batches):
    try:
        with transaction.atomic():
            for batch in batches:
                apply(list(batch))
            package = Package.objects.get()
            raise Undone
    except Undone:
        proof = package.proof and {name: package.proof[name] for name in SIGNED}
        return package.eta, proof, package.event_count


def test_a_proof_that_comes_with_a_later_telling_of_the_scan_counts():
    apply([message(told())])
    later = message(told(pod=SIGNED))
    outcome = apply([later])[0]

    event = Event.objects.get()
    assert (outcome.new, outcome.duplicates, outcome.amended) == (0, 1, 1)
    assert Package.objects.get().proof["valid"] is True
    assert event.amended == {"pod": later.message_ref}


def test_the_promise_told_last_by_the_sources_clock_holds_whatever_came_last():
    tellings = [
        told("2026-03-10", "2026-03-02 15:00", step="in_transit"),
        told("2026-03-12", "2026-03-02 18:00", step="in_transit"),
        told("2026-03-11", "2026-03-02 16:00", step="in_transit"),
    ]
    for order in permutations(tellings):
        assert state_after(*([message(one)] for one in order)) == ("2026-03-12", None, 1)
        assert state_after([message(one) for one in order]) == ("2026-03-12", None, 1)
        assert state_after([message(*order)]) == ("2026-03-12", None, 1)


def test_of_two_proofs_the_one_that_proves_more_stays_and_silence_takes_none_back():
    for order in permutations([told(), told(pod=NAMED), told(pod=SIGNED)]):
        assert state_after(*([message(one)] for one in order)) == ("", SIGNED, 1)


def test_a_promise_repeated_later_outlives_one_told_in_between():
    first, between, again = (
        told("2026-03-10", "2026-03-02 15:00"),
        told("2026-03-12", "2026-03-02 16:00"),
        told("2026-03-10", "2026-03-02 17:00"),
    )
    for order in permutations([first, between, again]):
        assert state_after(*([message(one)] for one in order))[0] == "2026-03-10"


def test_a_newer_mapping_keeps_what_later_tellings_added_also_when_the_old_one_tells_on():
    bare, proven = message(told()), message(told(pod=SIGNED))
    remapped = message(told(), version=2)
    for order in permutations([bare, proven, remapped]):
        assert state_after(*([one] for one in order)) == ("", SIGNED, 1)
        assert state_after(order) == ("", SIGNED, 1)


def test_a_telling_that_adds_nothing_leaves_the_row_and_its_version_alone():
    apply([message(told("2026-03-10", "2026-03-02 15:00", NAMED))])
    before = Package.objects.get().version
    outcome = apply([message(told("2026-03-09", "2026-03-02 14:30"))])[0]

    assert (outcome.amended, Package.objects.get().version) == (0, before)
    assert Event.objects.get().amended == {}
