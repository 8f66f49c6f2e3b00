"""Who owns a field decides between a fact and a claim; the matrix is data, and a change holds from then on."""

import pytest

from apps.integrations.formats import FORMATS
from apps.journal.models import Entry
from apps.shipments.apply import apply
from apps.shipments.claims import note_claim
from apps.shipments.errors import BadNote, BadOwner
from apps.shipments.milestones import MILESTONES
from apps.shipments.models import Event, FieldOwner, Package, Shipment
from apps.shipments.ownership import change_owners, set_source_kind
from apps.shipments.queries import customer_story
from apps.shipments.rules.ownership import KIND_OF_FORMAT
from tests.shipments.factories import at, make_package, make_shipment, message, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def parcel(company):
    shipment = make_shipment(company)
    return make_package("1Z1", shipment)


@pytest.fixture
def wms(ines):
    """A partner that is a warehouse system, though it speaks the 3PL format."""
    return set_source_kind("acme-wms", "wms", by=ines)


def tell(*events, source="acme-wms"):
    [outcome] = apply([message(*events, source=source)])
    return outcome


def line(name):
    return FieldOwner.objects.get(object="package", field=name, active=True)


def test_a_warehouse_system_that_says_delivered_only_claims_it(parcel, wms):
    tell(said("picked_up", "2026-03-02 10:00", "1Z1"), source="ups")
    tell(
        said("packed", "2026-03-01 10:00", "1Z1"),
        said("delivered", "2026-03-03 10:00", "1Z1", pod={"has_signature": True}, eta="2026-03-09"),
    )

    parcel.refresh_from_db()
    assert (parcel.status, parcel.delivered_at, parcel.eta, parcel.proof) == (
        "picked_up",
        None,
        "",
        None,
    )
    assert Shipment.objects.get().execution_status == "picked_up"
    claim = Event.objects.get(milestone="delivered")
    assert [(one["field"], one["row"], one["version"]) for one in claim.claims] == [
        ("milestone", line("milestone.delivery").public_id, 1),
        ("eta", line("eta").public_id, 1),
        ("proof", line("proof").public_id, 1),
    ]
    assert claim.claims[0]["says"].startswith("Delivery is not for a warehouse system to say")
    assert Event.objects.get(milestone="packed").claims == []


def test_the_carrier_makes_it_true_and_the_claim_stays_a_claim_in_either_order(parcel, wms):
    tell(said("delivered", "2026-03-03 10:00", "1Z1"))
    tell(said("out_for_delivery", "2026-03-04 08:00", "1Z1"), source="ups")
    assert Package.objects.get().status == "out_for_delivery"
    assert Package.objects.get().anomalies == []
    tell(said("delivered", "2026-03-04 11:00", "1Z1"), source="ups")
    assert Package.objects.get().delivered_at == at("2026-03-04 11:00")


def test_a_claim_begins_no_new_generation(parcel, wms):
    tell(said("delivered", "2026-03-03 10:00", "1Z1"))
    tell(said("label_created", "2026-03-09 10:00", "1Z1"), source="ups")
    assert Package.objects.count() == 1


def test_the_customer_reads_no_claims(parcel, wms):
    tell(said("picked_up", "2026-03-02 10:00", "1Z1"), source="ups")
    tell(said("delivered", "2026-03-03 10:00", "1Z1"))
    assert [words for _, words in customer_story(Shipment.objects.get())] == ["On its way"]


def test_a_proof_that_comes_with_a_later_telling_of_a_claimed_scan_is_claimed_too(parcel, wms):
    scan = said("delivered", "2026-03-03 10:00", "1Z1")
    tell(scan)
    outcome = tell(said("delivered", "2026-03-03 10:00", "1Z1", pod={"has_signature": True}))
    assert outcome.amended == 1
    assert [one["field"] for one in Event.objects.get().claims] == ["milestone", "proof"]
    assert Package.objects.get().proof is None


def test_a_change_of_the_matrix_holds_from_then_on_and_is_journaled(parcel, wms, ines, olga):
    row = line("milestone.delivery")
    with pytest.raises(PermissionError):
        change_owners(row, owners=["wms"], note="", by=olga)
    with pytest.raises(BadOwner):
        change_owners(row, owners=["oracle"], note="", by=ines)
    tell(said("delivered", "2026-03-03 10:00", "1Z1"))

    new = change_owners(
        row, owners=["carrier", "aggregator", "3pl", "wms"], note="They deliver themselves", by=ines
    )
    again = change_owners(
        new, owners=["carrier", "aggregator", "3pl", "wms"], note="They deliver themselves", by=ines
    )

    assert (new.version, again.pk) == (2, new.pk)
    assert not FieldOwner.objects.get(pk=row.pk).active
    entry = Entry.objects.get(kind="ownership.changed")
    assert (entry.actor, entry.payload["was"]) == (
        ines.public_id, ["carrier", "driver", "aggregator", "tms", "3pl", "middleware"],
    )  # fmt: skip
    assert Package.objects.get().delivered_at is None  # what came before keeps its judgement
    tell(said("delivered", "2026-03-05 10:00", "1Z1"))
    assert Package.objects.get().delivered_at == at("2026-03-05 10:00")


def test_what_the_tower_derives_cannot_be_given_away(ines):
    row = FieldOwner.objects.get(object="order", field="stage", active=True)
    with pytest.raises(BadOwner):
        change_owners(row, owners=["person"], note="", by=ines)


def test_a_phone_note_is_kept_as_a_claim_and_once(parcel, carl):
    now = at("2026-03-03 12:00")
    told = {
        "milestone": "delivered",
        "says": "The neighbour has it",
        "occurred_at": at("2026-03-03 10:00"),
        "by": carl,
    }
    note = note_claim(parcel, **told, now=now)
    assert note_claim(parcel, **told, now=now).pk == note.pk
    assert (note.source, note.description, note.details["by"]) == (
        "person",
        "The neighbour has it",
        carl.public_id,
    )
    assert note.claims[0]["field"] == "milestone"
    assert Package.objects.get().status == ""
    with pytest.raises(BadNote):
        note_claim(parcel, milestone="delivered", says="", occurred_at=now, by=carl, now=now)


def test_a_stranger_notes_nothing(parcel, stranger):
    now = at("2026-03-03 12:00")
    with pytest.raises(PermissionError):
        note_claim(parcel, milestone="delivered", says="x", occurred_at=now, by=stranger, now=now)


def test_the_matrix_covers_every_milestone_that_moves_something_and_every_format(db):
    covered = {name for row in FieldOwner.objects.filter(active=True) for name in row.milestones}
    assert {name for name, step in MILESTONES.items() if step.moves_state} <= covered
    assert set(FORMATS) <= set(KIND_OF_FORMAT)


def test_judging_costs_two_statements_however_many_messages(parcel, django_assert_max_num_queries):
    batch = [
        message(said("in_transit", f"2026-03-02 10:{i:02}", "1Z1"), source=f"s{i}")
        for i in range(40)
    ]
    with django_assert_max_num_queries(30):
        apply(batch)
