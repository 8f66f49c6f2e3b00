"""Trying a message out: every gate's verdict, the rows that decided, what applying would do; nothing is kept."""

import json

import pytest
from django.utils import timezone

from apps.integrations import inbox, partners, trying
from apps.integrations.models import Message, Refusal
from apps.journal.models import Entry
from apps.shipments.models import Event, Package
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post
from tests.shipments.factories import make_order, make_package, make_shipment

pytestmark = pytest.mark.django_db

JSON = {"Content-Type": "application/json"}


def tried(partner, document, **options):
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = JSON | trying.signed(partner, raw, timezone.now())
    return trying.try_out(partner, raw, headers, **options)


def verdicts(found):
    return {gate.name: gate.verdict for gate in found.gates}


def test_a_good_message_passes_every_gate_and_nothing_of_it_is_kept():
    partner = make_partner()
    entries = Entry.objects.count()

    found = tried(partner, batch("m1", "AB1", code="delivered"))

    assert set(verdicts(found).values()) == {"passed"}
    assert (found.http_status, found.known_as) == (202, None)
    assert found.events[0].sample["milestone"] == "delivered"
    assert found.effect.new == 1
    assert [(one.kind, one.name, one.before, one.after) for one in found.effect.touched] == [
        ("package", "AB1", None, "delivered")
    ]
    for model in (Message, Refusal, Event, Package):
        assert not model.objects.exists()
    assert Entry.objects.count() == entries


def test_the_trail_names_every_table_asked_and_the_row_that_decided():
    found = tried(make_partner(), batch("m1", "AB1", code="DELIVERED"))

    steps = found.events[0].trail
    assert [(step.table, step.code, step.decided) for step in steps] == [
        ("tpl_generic", "DELIVERED", True)
    ]
    assert steps[0].row.milestone == "delivered"
    assert found.mapping_version == 1


def test_a_code_that_no_row_knows_is_shown_as_asked_and_not_found():
    found = tried(make_partner(), batch("m1", "AB1", code="beamed_up"))

    assert found.events[0].sample["unmapped"] is True
    assert [(step.code, step.row) for step in found.events[0].trail] == [("beamed_up", None)]


def test_every_gate_is_asked_though_an_earlier_one_refuses():
    partner = make_partner()
    found = trying.try_out(partner, json.dumps(batch("m1", "AB1")).encode(), JSON)

    assert verdicts(found)["signature"] == "refused"
    assert verdicts(found)["structure"] == "passed"
    assert (found.http_status, found.refused.reason) == (401, "missing_signature")
    assert found.events


def test_a_malformed_body_is_told_with_the_field_at_fault():
    found = tried(make_partner(), {"message_id": "m1", "events": "none"})

    assert (found.http_status, found.refused.name, found.refused.pointer) == (
        400,
        "structure",
        "/events",
    )
    assert found.events == []


def test_a_message_that_came_before_is_told_as_such():
    partner = make_partner()
    first = post(partner, batch("m1", "AB1"))
    inbox.drain()

    found = tried(partner, batch("m1", "AB1"))

    assert (found.http_status, found.known_as) == (200, first.json()["message_id"])
    assert (found.effect.new, found.effect.duplicates) == (0, 1)


def test_what_a_shipment_and_its_order_would_become_is_shown_to_who_may_see_them():
    company, other = make_company(), make_company("Other Ltd")
    shipment = make_shipment(company, make_order(company, "S00042"), reference="WH/OUT/1")
    make_package("AB1", shipment)
    partner = make_partner(name="Three PL")
    insider = make_person("Ina Inside", "integration", company)
    outsider = make_person("Otto Outside", "integration", other)

    shown = tried(partner, batch("m1", "AB1", code="delivered"), viewer=insider).effect
    hidden = tried(partner, batch("m1", "AB1", code="delivered"), viewer=outsider).effect

    told = {one.kind: (one.name, one.after) for one in shown.touched}
    assert told["shipment"] == ("WH/OUT/1", "delivered")
    assert told["order"][0] == "S00042"
    assert not any(one.kind in ("shipment", "order") for one in hidden.touched)
    assert hidden.hidden >= 2
    shipment.refresh_from_db()
    assert shipment.execution_status != "delivered"


def test_grants_switch_rate_and_addresses_are_gates_too():
    partner = make_partner()
    settings = partners.settings_of(partner)
    changed = {"granted": ("in_transit",), "allow_from": ("203.0.113.0/24",), "rate_per_minute": 5}
    new = partners.NewPartner(
        **{name: getattr(settings, name) for name in settings.__slots__} | changed
    )
    partners.change(partner, new, actor="test")
    partners.switch_to(partner, "off", why="maintenance", actor="test")
    partner.refresh_from_db()

    found = tried(partner, batch("m1", "AB1", code="delivered"), sent_from="198.51.100.1")
    reasons = [gate.reason for gate in found.gates if gate.verdict == "refused"]

    assert reasons == ["partner_disabled", "address_not_allowed", "not_granted"]
    assert found.http_status == 403
    assert {"5 of 5 a minute left"} <= {gate.says for gate in found.gates}
    assert [skip.reason for skip in found.skipped] == ["not_granted"]


@pytest.mark.parametrize("format_name", ["easypost", "ups_track_alert", "x12_214", "canonical"])
def test_every_kind_of_format_can_be_tried_with_an_empty_body(format_name):
    found = tried(make_partner(format_name), b"")
    assert found.refused is not None
    assert found.events == []
