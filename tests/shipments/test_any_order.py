"""Whatever the order, the repetition and the split into batches: the same packages and shipments."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.shipments.apply import apply
from apps.shipments.models import Order, Shipment
from apps.shipments.services import rollup
from tests.factories import make_company
from tests.shipments.factories import make_order, make_package, make_shipment, message, said, states
from tests.walk import examples

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
STEPS = ["label_created", "picked_up", "in_transit", "exception", "delivery_attempted", "out_for_delivery",
         "delivered", "pod_received", "return_in_transit", "eta_updated", "info_only"]  # fmt: skip
PODS = [None, {"received_by": "Reception"}, {"has_signature": True}]

events = st.builds(
    lambda step, number, hours, carrier, pod, eta: said(
        step, START + timedelta(hours=hours), number, carrier=carrier, pod=pod, eta=eta
    ),
    st.sampled_from(STEPS), st.sampled_from(["1Z1", "1Z2", "1Z3"]), st.integers(0, 24 * 200),
    st.sampled_from(["ups", "ups", "ups", None, "fedex"]), st.sampled_from(PODS), st.sampled_from([None, "2026-03-20"]),
)  # fmt: skip


class Undone(Exception):
    """Takes a world back, so that the next example finds the database empty."""


def outcome_of(batches, *, linked):
    """The packages, shipments and orders after these batches, in a world that is taken back afterwards."""
    try:
        with transaction.atomic():
            if linked:
                company = make_company()
                shipment = make_shipment(
                    company, make_order(company), deadline_at=START + timedelta(days=5)
                )
                for number in ("1Z1", "1Z2"):
                    make_package(number, shipment)
                rollup([shipment.id])
            for batch in batches:
                apply([message(*part, carrier=None) for part in batch])
            truths = (
                "execution_status", "customer_status", "financial_status", "attempts", "late", "has_proof", "eta",
                "delivered_at", "partial", "delivered_packages", "exception_reason", "last_event_at", "package_count",
            )  # fmt: skip
            found = (
                states(),
                list(Shipment.objects.values(*truths)),
                list(Order.objects.values("stage", "promise_at")),
            )
            raise Undone
    except Undone:
        return found


def shaken(facts, seed):
    """Some of the events twice, all in another order, cut into messages and batches somewhere."""
    dice = random.Random(seed)
    facts = [*facts, *dice.sample(facts, len(facts) // 2)]
    dice.shuffle(facts)
    batches, batch = [], []
    while facts:
        size = dice.randint(1, 3)
        batch.append(facts[:size])
        facts = facts[size:]
        if dice.random() < 0.5 or not facts:
            batches.append(batch)
            batch = []
    return batches


@pytest.mark.parametrize("linked", [False, True])
@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # against a real database shrinking takes minutes
)
@given(
    facts=st.lists(events, min_size=1, max_size=10, unique_by=lambda fact: fact.identity),
    seed=st.integers(),
)
def test_any_permutation_duplication_and_split_gives_the_same_state(facts, seed, linked):
    at_once, bit_by_bit = (
        outcome_of([[facts]], linked=linked),
        outcome_of(shaken(facts, seed), linked=linked),
    )
    for one, other in zip(at_once, bit_by_bit, strict=True):
        assert one == other


def test_a_thousand_shuffled_events_give_what_the_ordered_ones_give():
    """R226, in batches of a hundred messages."""
    facts = [
        said(step, START + timedelta(hours=index * 5 + parcel), f"1Z{parcel}", carrier="ups", eta=f"2026-03-{10 + index}")
        for index, step in enumerate([*STEPS[:8], "in_transit", "eta_updated"])
        for parcel in range(100)
    ]  # fmt: skip
    shuffled = random.Random(226).sample(facts, len(facts))

    def batches(of):
        return [[[fact] for fact in of[at : at + 100]] for at in range(0, len(of), 100)]

    ordered, mixed = outcome_of(batches(facts), linked=True), outcome_of(batches(shuffled), linked=True)  # fmt: skip

    assert len(facts) == 1000
    assert len(ordered[0]) == 100
    assert mixed == ordered
