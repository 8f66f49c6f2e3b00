"""What all business events about one thing say together, in whatever order they came."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from apps.shipments.rules.reported import (
    Told,
    checks_of,
    freight,
    handover,
    quality_blocks,
    release,
    returns,
)
from tests.shipments.factories import at


def told(kind, hour, subject="WH/OUT/1", source_kind="carrier", **details):
    when = at(f"2026-03-02 {hour:02}:00")
    return Told(f"rep_{kind}{hour}", kind, when, "acme", source_kind, subject, details)


BOOKING = [
    told("carrier.booked", 8, source_kind="tms", carrier="DHL"),
    told("label.failed", 9, reason="address_incomplete"),
    told("label.issued", 10, tracking_number="1Z9"),
    told("pickup.confirmed", 12),
]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_booking_label_number_and_pickup_are_states_with_their_times(order):
    found = handover([BOOKING[index] for index in order])
    assert [(one.state, one.at.hour) for one in found.steps] == [
        ("booked", 8), ("label failed", 9), ("label issued", 10), ("picked up", 12),
    ]  # fmt: skip
    assert (found.state, found.possession_at) == ("picked up", at("2026-03-02 12:00"))
    assert [one.more for one in found.steps] == ["DHL", "address incomplete", "1Z9", ""]
    assert handover(BOOKING[:1]).owner == "tms"
    assert handover([]) is None


@pytest.mark.parametrize(
    ("events", "delta", "says"),
    [
        ([("carrier.cost_quoted", 40), ("freight.charge_changed", 55)], 15, ""),
        ([("carrier.cost_quoted", 40), ("freight.invoice_received", 38)], -2, ""),
        ([("carrier.cost_quoted", 40)], None, "nothing was charged yet"),
        ([("freight.charge_changed", 55)], None, "no amount was approved or quoted"),
        ([("carrier.cost_quoted", 40), ("freight.charge_changed", 50), ("freight.charge_changed", 45)], 5, ""),
    ],
)  # fmt: skip
def test_the_charge_is_set_against_what_was_approved(events, delta, says):
    rows = [
        told(kind, hour, amount=str(sum_), currency="EUR")
        for hour, (kind, sum_) in enumerate(events, start=8)
    ]
    for some in (rows, rows[::-1]):
        found = freight(some)
        assert (found.delta, found.says) == (None if delta is None else Decimal(delta), says)


def test_an_approved_amount_goes_before_the_quote_and_currencies_are_never_mixed():
    quote = told("carrier.cost_quoted", 8, amount=40, currency="EUR")
    approved = told("freight.charge_changed", 9, amount=52, approved="50.00", currency="EUR")
    assert freight([quote, approved]).delta == Decimal("2.00")
    dollars = told("freight.invoice_received", 10, total=52, currency="USD")
    found = freight([quote, dollars])
    assert (found.delta, found.says) == (None, "approved and charged are in different currencies")


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "ten", None, True, [1], {}, "1e400"])
def test_an_amount_that_is_none_is_passed_over(wrong):
    assert freight([told("carrier.cost_quoted", 8, amount=wrong)]) is None


def test_a_release_lists_each_check_and_the_first_one_counts():
    listed = [
        {"name": "credit", "passed": True},
        {"name": "stock", "result": "failed", "reason": "2 short"},
        "odd", {"note": 1},
    ]  # fmt: skip
    first = told("order.released", 8, "S1", "odoo", checks=listed)
    again = told("order.released", 9, "S1", "odoo", checks={"credit": "ok", "address": "later"})
    found = release([again, first])
    assert [(one.name, one.passed, one.says) for one in found.checks] == [
        ("credit", True, ""), ("stock", False, "2 short"),
    ]  # fmt: skip
    assert [(one.name, one.passed, one.says) for one in checks_of(again.details)] == [
        ("address", None, "later"), ("credit", True, ""),
    ]  # fmt: skip


def test_a_return_has_its_steps_and_its_cycle_time():
    names = ["initiated", "label_issued", "received", "inspected", "credited"]
    rows = [told(f"return.{name}", 8 + index, "RET/1") for index, name in enumerate(names)]
    other = told("return.initiated", 9, "RET/2")
    for some in (rows, rows[::-1]):
        one, two = returns([*some, other])
        assert (one.open, one.took, len(one.steps)) == (False, timedelta(hours=4), 5)
        assert (two.subject, two.open, two.took) == ("RET/2", True, timedelta(0))


def test_a_quality_hold_stands_until_its_release_for_each_thing_by_itself():
    hold, freed = told("quality.hold_placed", 8), told("quality.hold_released", 9)
    other = told("quality.hold_placed", 7, "WH/OUT/2")
    assert quality_blocks([freed, other, hold]) == [other]
    assert quality_blocks([hold]) == [hold]
    assert quality_blocks([freed, told("quality.hold_placed", 10)])[0].at.hour == 10
