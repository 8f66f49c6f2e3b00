"""Where those who own a field differ, the order of trust decides, whatever came first; a change of it is shown before."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.journal.models import Entry
from apps.shipments.apply import apply
from apps.shipments.judging import judge_again, preview
from apps.shipments.models import Event, FieldOwner, Package
from apps.shipments.ownership import change_owners, set_source_kind
from apps.shipments.queries import standings
from apps.shipments.rules import in_order
from apps.shipments.rules.fold import fold_in_order
from apps.shipments.rules.ownership import Matrix
from apps.shipments.rules.trust import Trust
from tests.shipments.factories import Scan, at, make_package, make_shipment, message, said

db = pytest.mark.django_db


class Spoken(Scan):
    """A scan and who told it; the format stands for the kind."""

    source = "any"
    format = "note"


def spoken(milestone, hour, who, **more):
    ref = f"{milestone}@{hour}/{who}"
    one = Spoken(milestone, at("2026-03-02 00:00") + timedelta(hours=hour), ref, ref, **more)
    object.__setattr__(one, "source", who)
    return one


KINDS = {"ups": "carrier", "easy": "aggregator", "van": "driver", "3pl": "3pl"}
_words = st.lists(
    st.builds(
        spoken,
        st.sampled_from(["in_transit", "delivered", "out_for_delivery", "eta_updated"]),
        st.integers(0, 6),
        st.sampled_from(sorted(KINDS)),
        eta=st.sampled_from(["", "2026-03-05", "2026-03-06"]),
        pod=st.sampled_from([None, {"has_signature": True}, {"received_by": "X"}]),
    ),
    max_size=8,
    unique_by=lambda one: one.ref,
)


@given(
    _words, st.permutations(sorted(set(KINDS.values()))), st.permutations(sorted(set(KINDS.values()))),
    st.randoms(),
)  # fmt: skip
def test_the_order_of_arrival_never_changes_whose_word_is_shown(events, eta, delivered, random):
    trust = Trust(
        {"eta": tuple(eta), "delivered_at": tuple(delivered), "proof": tuple(eta)},
        Matrix(kinds=KINDS),
    )
    mixed = list(events)
    random.shuffle(mixed)
    assert fold_in_order(in_order(mixed), trust) == fold_in_order(in_order(events), trust)


@given(_words, st.permutations(sorted(set(KINDS.values()))))
def test_the_word_that_is_shown_is_of_the_most_trusted_that_says_anything(events, order):
    trust = Trust({"eta": tuple(order), "delivered_at": tuple(order)}, Matrix(kinds=KINDS))
    state = fold_in_order(in_order(events), trust)
    says = [one for one in events if one.eta]
    best = min((trust.rank("eta", one) for one in says), default=None)
    assert state.eta in {one.eta for one in says if trust.rank("eta", one) == best} | (
        {""} if not says else set()
    )
    ends = [one for one in events if one.milestone == "delivered"]
    if ends:
        first = min(ends, key=lambda one: (trust.rank("delivered_at", one), one.occurred_at))
        assert state.delivered_at == first.occurred_at


@pytest.fixture
def parcel(company):
    return make_package("1Z1", make_shipment(company))


def tell(*events, source, form="tpl_generic"):
    apply([message(*events, source=source, format=form)])


STORY = [
    ("ups", "ups_track", [said("delivered", "2026-03-03 14:10", "1Z1", eta="2026-03-04", location="Gent")]),
    ("easypost", "easypost", [said("delivered", "2026-03-03 13:55", "1Z1", eta="2026-03-05", location="Aalst")]),
    ("acme-wms", "wms_generic", [said("delivered", "2026-03-03 12:00", "1Z1", eta="2026-03-09", location="Dock")]),
]  # fmt: skip


@db
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_carriers_time_and_promise_are_shown_and_the_others_stay_with_their_trust(
    parcel, order
):
    for index in order:
        source, form, events = STORY[index]
        tell(*events, source=source, form=form)
    parcel.refresh_from_db()
    assert (parcel.delivered_at, parcel.eta) == (at("2026-03-03 14:10"), "2026-03-04")
    found = {one.field: one for one in standings(parcel, Event.objects.filter(package=parcel))}
    assert set(found) == {"eta", "delivered_at", "location"}
    eta = found["eta"]
    assert (eta.shown.source, eta.shown.trust, eta.shown.of) == ("ups", 1, 7)
    assert [(one.source, one.kind, one.trust) for one in eta.others] == [
        ("easypost", "Carrier network", 3), ("acme-wms", "Warehouse system", None),
    ]  # fmt: skip
    assert found["location"].shown.value == "Gent"


@db
def test_another_order_is_shown_before_it_is_saved_and_then_judges_what_was_told_before(
    parcel, ines, olga
):
    for source, form, events in STORY:
        tell(*events, source=source, form=form)
    line = FieldOwner.objects.get(object="package", field="eta", active=True)
    entries = Entry.objects.count()

    seen = preview(line, ["aggregator", "carrier"], by=ines)

    assert (seen.looked, seen.changed) == (1, 1)
    assert (seen.shown[0].was, seen.shown[0].becomes) == (
        {"eta": "2026-03-04"},
        {"eta": "2026-03-05"},
    )
    assert (Entry.objects.count(), Package.objects.get().eta) == (entries, "2026-03-04")
    with pytest.raises(PermissionError):
        preview(line, ["carrier"], by=olga)

    change_owners(line, owners=["aggregator", "carrier"], note="They know first", by=ines)
    assert judge_again(at("2026-03-10 10:00")) == 1
    assert Package.objects.get().eta == "2026-03-05"
    assert judge_again(at("2026-03-10 10:00")) == 0


@db
def test_a_system_that_owns_it_now_counts_with_what_it_said_before(parcel, ines):
    tell(STORY[2][2][0], source="acme-wms", form="wms_generic")
    assert Package.objects.get().delivered_at is None
    line = FieldOwner.objects.get(object="package", field="milestone.delivery", active=True)
    change_owners(line, owners=["carrier", "wms"], note="They deliver", by=ines)
    judge_again(at("2026-03-10 10:00"))
    assert Package.objects.get().delivered_at == at("2026-03-03 12:00")
    assert [one["field"] for one in Event.objects.get().claims] == ["eta"]


@db
def test_the_matrix_judged_again_says_what_apply_would_have_said(parcel, ines):
    """Whatever is told before or after the change: the same state."""
    line = FieldOwner.objects.get(object="package", field="eta", active=True)
    tell(STORY[0][2][0], source="ups", form="ups_track")
    change_owners(line, owners=["3pl", "aggregator", "carrier"], note="x", by=ines)
    tell(STORY[1][2][0], source="easypost", form="easypost")
    judge_again(at("2026-03-10 10:00"))
    assert Package.objects.get().eta == "2026-03-05"
    set_source_kind("easypost", "supplier", by=ines)
    assert Package.objects.get().eta == "2026-03-05"


HAND = {"source": "manual", "form": "canonical"}


@pytest.fixture
def by_hand(ines):
    """What a person types in from a portal is a person's word."""
    set_source_kind("manual", "person", by=ines)


@db
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_persons_word_stands_in_until_anybody_tells_of_the_journey(parcel, by_hand, order):
    """A label tells nothing of it; a scan does, though it is older than what the person read."""
    hand = said("out_for_delivery", "2026-03-03 14:00", "1Z1")
    story = [
        (hand, HAND),
        (said("label_created", "2026-03-01 10:00", "1Z1"), {"source": "wms", "form": "wms_generic"}),
        (said("in_transit", "2026-03-02 10:00", "1Z1"), {"source": "ups", "form": "ups_track"}),
    ]  # fmt: skip
    heard = set()
    for index in order:
        event, who = story[index]
        tell(event, **who)
        heard.add(index)
        parcel.refresh_from_db()
        shown = (
            "in_transit" if 2 in heard else "out_for_delivery" if 0 in heard else "ready_to_ship"
        )
        assert parcel.status == shown
        claims = [
            one["field"] for row in Event.objects.filter(source="manual") for one in row.claims
        ]
        assert claims == (["milestone"] if heard >= {0, 2} else [])
    judge_again(at("2026-03-10 10:00"))
    assert Package.objects.get().status == "in_transit"


@db
def test_a_persons_end_of_the_journey_begins_no_new_one(parcel, by_hand):
    tell(said("returned_to_sender", "2026-03-03 14:00", "1Z1"), **HAND)
    assert Package.objects.get().terminal
    tell(said("picked_up", "2026-03-05 10:00", "1Z1"), source="ups", form="ups_track")
    package = Package.objects.get()
    assert (package.status, package.terminal) == ("picked_up", False)


@db
def test_no_persons_word_delivers_and_a_persons_date_yields_to_any_other(parcel, by_hand):
    tell(said("delivered", "2026-03-03 14:00", "1Z1"), **HAND)
    tell(said("info_only", "2026-03-02 08:00", "1Z1", eta="2026-03-07"), **HAND)
    parcel.refresh_from_db()
    assert (parcel.status, parcel.delivered_at, parcel.eta) == ("", None, "2026-03-07")
    tell(
        said("in_transit", "2026-03-01 10:00", "1Z1", eta="2026-03-09"),
        source="ups",
        form="ups_track",
    )
    parcel.refresh_from_db()
    assert parcel.eta == "2026-03-09"
