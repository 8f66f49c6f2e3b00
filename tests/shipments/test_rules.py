"""The rules on plain values."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations.formats.identity import normalise_number
from apps.shipments.milestones import MILESTONES
from apps.shipments.rules import (
    Claim,
    Facts,
    Group,
    Leg,
    OrderFacts,
    customer_status,
    eta_instant,
    financial_status,
    fold,
    group,
    is_valid_proof,
    normalise,
    order_stage,
    promise,
    segment,
    split,
)  # fmt: skip
from apps.shipments.rules.truths import CUSTOMER_TITLES
from tests.shipments.factories import Scan, at, scan

START = datetime(2026, 3, 1, tzinfo=UTC)

moments = st.integers(0, 60 * 24 * 40).map(lambda minutes: START + timedelta(minutes=minutes))
far_moments = st.integers(0, 400).map(lambda days: START + timedelta(days=days))
pods = st.sampled_from([None, None, {"received_by": "Reception"}, {"has_signature": True}])


@st.composite
def scans(draw, when=moments):
    """Some events of one number, each with its own identity."""
    steps = draw(st.lists(st.tuples(st.sampled_from(sorted(MILESTONES)), when, pods), max_size=12))
    return [
        Scan(
            step,
            moment,
            f"e{index}",
            f"e{index}",
            pod=pod,
            eta="2026-03-09" if index % 5 == 0 else "",
        )
        for index, (step, moment, pod) in enumerate(steps)
    ]


def test_a_late_scan_does_not_reopen_a_delivered_package():
    delivered, late = scan("delivered", "2026-03-02 14:10"), scan("in_transit", "2026-03-02 09:00")
    assert fold([delivered, late]) == fold([late, delivered])
    assert fold([late, delivered]).milestone == "delivered"


def test_a_tie_goes_to_the_later_step():
    assert (
        fold([scan("out_for_delivery", START), scan("delivery_attempted", START)]).milestone
        == "delivery_attempted"
    )


@pytest.mark.parametrize(
    "name", sorted(name for name, m in MILESTONES.items() if not m.moves_state)
)
def test_information_never_moves_a_package(name):
    state = fold([scan("picked_up", START), scan(name, START + timedelta(days=1))])
    assert (state.milestone, state.last_event_at) == ("picked_up", START + timedelta(days=1))


@pytest.mark.parametrize("name", sorted(MILESTONES))
def test_after_delivery_only_what_belongs_after_it_moves_the_state(name):
    state = fold([scan("delivered", START), scan(name, START + timedelta(hours=2))])
    moves = MILESTONES[name].after_delivered
    assert state.milestone == (name if moves else "delivered")
    assert state.delivered_at == START


def test_the_newest_promise_by_time_wins_not_the_latest_date():
    early = scan("eta_updated", "2026-03-01 10:00", eta="2026-03-09")
    newer = scan("eta_updated", "2026-03-02 10:00", eta="2026-03-07")
    assert fold([newer, early]).eta == "2026-03-07"


def test_delivered_before_pickup_is_named_with_its_events():
    state = fold(
        [
            scan("picked_up", "2026-03-03 10:00", ref="p"),
            scan("delivered", "2026-03-02 10:00", ref="d"),
        ]
    )
    assert [(a["code"], a["events"]) for a in state.anomalies] == [
        ("delivered_before_pickup", ["d", "p"])
    ]


def test_scans_in_the_right_order_of_time_are_no_anomaly():
    assert (
        fold(
            [scan("delivered", "2026-03-03 10:00"), scan("picked_up", "2026-03-01 10:00")]
        ).anomalies
        == ()
    )


@given(scans(), st.randoms())
def test_the_fold_is_the_same_in_any_order(events, random):
    shuffled = list(events)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(events)


@given(scans(far_moments), st.randoms())
def test_generations_are_the_same_in_any_order_and_lose_nothing(events, random):
    shuffled = list(events)
    random.shuffle(shuffled)
    parts = segment(events)
    assert segment(shuffled) == parts
    assert sorted(e.ref for part in parts for e in part) == sorted(e.ref for e in events)


@given(scans(far_moments))
def test_no_generation_has_a_silence_of_more_than_120_days(events):
    for part in segment(events):
        for earlier, later in pairwise(part):
            assert later.occurred_at - earlier.occurred_at <= timedelta(days=120)


@pytest.mark.parametrize(
    ("after", "name", "generations"),
    [
        (timedelta(hours=23), "picked_up", 1),
        (timedelta(hours=24), "picked_up", 2),
        (timedelta(days=14), "in_transit", 1),
        (timedelta(days=15), "in_transit", 2),
        (timedelta(days=15), "pod_received", 1),
        (timedelta(days=15), "info_only", 1),
        (timedelta(days=121), "info_only", 2),
    ],
)
def test_a_number_is_used_again_when_something_fresh_follows_the_end(after, name, generations):
    assert len(segment([scan("delivered", START), scan(name, START + after)])) == generations


@pytest.mark.parametrize("name", ["label_created", "in_transit"])
def test_a_scan_whose_clock_is_years_ahead_is_no_new_package(name):
    ahead = scan(name, START + timedelta(days=900), told_at=START + timedelta(hours=1))
    assert len(segment([scan("picked_up", START), ahead])) == 1
    assert len(segment([scan("delivered", START), ahead])) == 1


def test_another_id_of_the_sources_own_is_another_package():
    events = [
        scan("in_transit", START, generation_hint="a", ref="1"),
        scan("in_transit", START + timedelta(hours=1), generation_hint="b", ref="2"),
        scan("delivered", START + timedelta(hours=2), generation_hint="a", ref="3"),
    ]
    assert [[e.ref for e in part] for part in segment(events)] == [["1", "3"], ["2"]]


def test_an_event_without_carrier_joins_the_only_candidate():
    events = [scan("picked_up", START, carrier_id=1, ref="a"), scan("in_transit", START, ref="b")]
    assert {home: len(found) for home, found in group(events, []).items()} == {Group(1): 2}
    assert set(group(events[1:], [Claim(7)])) == {Group(7)}


def test_an_event_without_carrier_and_two_live_candidates_is_ambiguous_unless_one_has_ended_long_ago():
    later = START + timedelta(days=200)
    old = scan("delivered", START, carrier_id=1, ref="a")
    live = scan("in_transit", later, carrier_id=2, ref="b")
    nameless = scan("in_transit", later, ref="c")
    assert set(group([old, live, nameless], [])) == {Group(1), Group(2)}
    both = group([scan("in_transit", later, carrier_id=1, ref="d"), live, nameless], [])
    assert Group(None, "", True) in both


@pytest.mark.parametrize(
    ("pod", "when", "valid"),
    [
        (None, "2026-03-03 10:00", False),
        ({"received_by": "M. Ortiz"}, "2026-03-03 10:00", False),
        ({"has_signature": True}, "2026-03-03 10:00", True),
        ({"document_available": True}, "2026-03-03 10:00", True),
        ({"has_signature": True}, "2026-03-01 10:00", False),
        ({"has_signature": True, "signed_at": "2026-03-01T10:00:00Z"}, "2026-03-03 10:00", False),
    ],
)
def test_proof_is_a_signature_or_a_document_and_never_before_pickup(pod, when, valid):
    assert is_valid_proof(pod, at=at(when), picked_up_at=at("2026-03-02 10:00")) is valid


def test_a_date_alone_means_the_end_of_that_day_where_it_is_delivered():
    assert eta_instant("2026-07-01", zone="America/New_York") == at("2026-07-02 03:59").replace(
        second=59
    )
    assert promise(None, datetime(2026, 7, 1).date(), zone="Asia/Tokyo").at == at(
        "2026-07-01 14:59"
    ).replace(second=59)
    assert eta_instant("2026-07-01T12:00:00Z", zone="Asia/Tokyo") == at("2026-07-01 12:00")
    assert eta_instant("soon") is None
    assert eta_instant("2026-07-01", zone="Nowhere/At all") == at("2026-07-01 23:59").replace(
        second=59
    )


def test_the_orders_commitment_goes_before_the_transfers_deadline():
    assert promise(at("2026-03-01 10:00"), at("2026-03-02 10:00")).basis == "commitment"
    assert promise(None, at("2026-03-02 10:00")).basis == "deadline"
    assert promise(None, None).at is None


def test_odoos_reference_with_several_numbers_names_each_once():
    assert [split(" 1Z1, 1z-1;\n1Z2 "), split("")] == [["1Z1", "1Z2"], []]


@given(st.text(max_size=30))
def test_numbers_are_compared_as_the_formats_compare_them(number):
    assert normalise(number) == normalise_number(number)


EXECUTIONS = [
    "awaiting_stock",
    "ready_to_ship",
    "picking",
    "packed",
    "dispatched",
    "in_transit",
    "delivered",
    "cancelled",
]


@pytest.mark.parametrize(
    "name", sorted({*EXECUTIONS, *(n for n, m in MILESTONES.items() if m.moves_state)})
)
def test_the_customer_reads_one_of_eight_stories_in_his_own_words(name):
    story = customer_status(Facts(execution=name))
    words = {m.customer_words for m in MILESTONES.values()}
    assert len(CUSTOMER_TITLES) == 8
    assert story.value in CUSTOMER_TITLES
    assert story.more["words"] in words


BILL = {
    "id": "inv_1",
    "kind": "out_invoice",
    "state": "posted",
    "payment_state": "not_paid",
    "name": "INV/1",
}
HOLD = {"id": "hld_1", "says": "Held because it was delivered without proof."}


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (Facts("ready_to_ship"), "not_shipped"),
        (Facts("in_transit"), "in_delivery"),
        (Facts("delivered"), "awaiting_proof"),
        (Facts("delivered", proven=True), "releasable"),
        (Facts("delivered", invoices=[BILL]), "awaiting_proof"),
        (Facts("delivered", proven=True, invoices=[BILL]), "invoiced"),
        (Facts("delivered", held=[HOLD], invoices=[BILL]), "held"),
        (Facts("delivered", invoices=[{**BILL, "payment_state": "blocked"}]), "held"),
        (Facts("delivered", invoices=[{**BILL, "payment_state": "paid"}]), "paid"),
        (Facts("cancelled"), "cancelled"),
        (Facts("cancelled", invoices=[BILL]), "invoiced"),
    ],
)
def test_the_financial_status_says_whether_it_may_be_invoiced_and_why(facts, status):
    answer = financial_status(facts)
    assert answer.value == status
    assert answer.says


def leg(execution, proven=False):
    return Leg("shp_1", "WH/OUT/1", execution, proven)


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        (OrderFacts("draft"), "quoted"),
        (OrderFacts("sale"), "confirmed"),
        (OrderFacts("cancel"), "cancelled"),
        (OrderFacts("sale", steps=["assigned"]), "allocated"),
        (OrderFacts("sale", steps=["done"], legs=[leg("awaiting_stock")]), "packed"),
        (OrderFacts("sale", legs=[leg("awaiting_stock")]), "awaiting_stock"),
        (OrderFacts("sale", legs=[leg("delivered"), leg("out_for_delivery")]), "out_for_delivery"),
        (OrderFacts("sale", legs=[leg("delivered")]), "delivered"),
        (OrderFacts("sale", legs=[leg("delivered", True)]), "pod_validated"),
        (
            OrderFacts(
                "sale", legs=[leg("delivered", True)], invoices=[{**BILL, "state": "draft"}]
            ),
            "invoice_released",
        ),
        (OrderFacts("sale", legs=[leg("delivered")], invoices=[BILL], held=[HOLD]), "delivered"),
        (OrderFacts("sale", legs=[leg("delivered")], invoices=[BILL]), "invoiced"),
        (
            OrderFacts(
                "sale", legs=[leg("delivered")], invoices=[{**BILL, "payment_state": "paid"}]
            ),
            "paid",
        ),
        (OrderFacts("sale", legs=[leg("returned_to_sender")]), "returned"),
        (
            OrderFacts("sale", legs=[leg("packed")], held=[{**HOLD, "blocks": "shipping"}]),
            "on_hold",
        ),
    ],
)
def test_an_order_has_one_stage_from_quote_to_cash(facts, stage):
    assert order_stage(facts).value == stage
