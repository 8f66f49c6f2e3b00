"""Who may decide, on what, how often."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from apps.accounts.models import User
from apps.accounts.scope import grant
from apps.approvals import services
from apps.approvals.errors import (
    AlreadyDecided,
    AlreadyRequested,
    NotAllowed,
    NotHeld,
    ReasonMissing,
    StaleFacts,
)
from apps.approvals.models import Decision, Policy
from apps.journal.models import Entry
from tests.approvals.factories import (
    NOON,
    deliver,
    make_document,
    make_hold,
    make_order,
    make_request,
    make_shipment,
)
from tests.factories import make_person

LATER = NOON + timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def order(company):
    order = make_order(company)
    deliver(make_shipment(order))
    return order


@pytest.fixture
def hold(order):
    return make_hold(order)


@pytest.fixture
def request_(hold, order, carl):
    return make_request(hold, carl, documents=[make_document(order, carl)])


def decide(request, by, verdict="grant", reason="", seen=None):
    seen = services.facts_of(request)[1] if seen is None else seen
    return services.decide(request, by=by, verdict=verdict, reason=reason, seen=seen, now=LATER)


def test_finance_releases_what_customer_service_asked_for(request_, hold, fiona):
    decision = decide(request_, fiona)

    hold.refresh_from_db()
    request_.refresh_from_db()
    assert (hold.state, hold.effect, hold.ended_by) == ("released", "waiting", "Fiona Finance")
    assert (request_.state, request_.effect) == ("granted", "waiting")
    assert decision.facts["evidence"][0]["sha256"] == request_.evidence.get().sha256
    assert decision.policy_version == 1
    released = Entry.objects.get(kind="hold.released", subject=hold.public_id)
    assert released.payload["request"] == request_.public_id
    assert released.payload["documents"] == [request_.evidence.get().public_id]


def test_who_asked_cannot_decide_whatever_their_role(hold, fiona):
    asked = make_request(hold, fiona)

    with pytest.raises(NotAllowed) as refused:
        decide(asked, fiona)

    assert refused.value.says == "You asked for this release, so somebody else has to decide."
    assert not Decision.objects.exists()


def test_a_superuser_who_asked_cannot_decide_either(hold, company):
    root = User.objects.create_superuser("root@example.com", "x", name="Root")
    root.groups.set(make_person("Frida", "finance", company).groups.all())
    grant(root, company)
    asked = make_request(hold, root)

    with pytest.raises(NotAllowed, match="You asked for this"):
        decide(asked, root)


def test_customer_service_cannot_decide(request_, company):
    with pytest.raises(NotAllowed, match="Only finance can decide this"):
        decide(request_, make_person("Cleo", "customer_service", company))


def test_finance_of_another_company_cannot_decide(request_):
    from tests.factories import make_company

    with pytest.raises(NotAllowed) as refused:
        decide(request_, make_person("Felix", "finance", make_company("Elsewhere")))
    assert refused.value.code == "out_of_scope"


def test_who_worked_on_the_delivery_cannot_release_its_invoice(request_, order, fiona):
    services.note_involvement(
        order=order, shipment=None, user=fiona, did="asked the carrier to deliver again", now=NOON
    )

    with pytest.raises(NotAllowed, match="You asked the carrier to deliver again for this order"):
        decide(request_, fiona)


def test_who_added_the_evidence_cannot_decide(hold, order, carl, fiona):
    asked = make_request(hold, carl, documents=[make_document(order, fiona)])

    with pytest.raises(NotAllowed, match="You added the evidence"):
        decide(asked, fiona)


def test_an_amount_above_the_limit_is_refused_and_at_the_limit_passes(hold, carl, fiona):
    policy = Policy.objects.get(slug="invoice_release")
    policy.steps = [{"role": "finance", "limit": {"amount": "4179.99", "currency": "EUR"}}]
    policy.save()
    asked = make_request(hold, carl)

    with pytest.raises(
        NotAllowed, match=r"€ 4,180\.00 is above the limit of € 4,179\.99 for finance"
    ):
        decide(asked, fiona)

    policy.steps[0]["limit"]["amount"] = "4180.00"
    policy.save()
    asked.refresh_from_db()
    assert decide(asked, fiona).verdict == "grant"


def test_a_limit_in_another_currency_is_never_compared(hold, carl, fiona):
    Policy.objects.update(
        steps=[{"role": "finance", "limit": {"amount": "9999", "currency": "USD"}}]
    )
    with pytest.raises(NotAllowed, match="cannot be compared"):
        decide(make_request(hold, carl), fiona)


def test_a_decision_on_facts_that_changed_is_refused_and_the_fact_is_named(request_, hold, fiona):
    from apps.mirror.models import Invoice

    seen = services.facts_of(request_)[1]
    Invoice.objects.filter(odoo_id=hold.record_odoo_id).update(amount_residual="100")

    with pytest.raises(StaleFacts) as stale:
        decide(request_, fiona, seen=seen)

    [change] = stale.value.changed
    assert (change.field, change.was, change.now) == ("amount_residual", "4180.0000", "100.0000")
    assert "the amount still to pay" in stale.value.says
    assert not Decision.objects.exists()


def test_a_digest_that_nobody_was_shown_decides_nothing(request_, fiona):
    with pytest.raises(StaleFacts) as stale:
        decide(request_, fiona, seen="made up")
    assert {change.was for change in stale.value.changed} == {None}


def test_deciding_twice_the_same_way_returns_the_first_decision(request_, fiona):
    first = decide(request_, fiona)
    assert decide(request_, fiona) == first
    assert Entry.objects.filter(kind="hold.released").count() == 1


def test_the_second_approver_is_told_who_was_faster(request_, fiona, company):
    decide(request_, fiona)
    with pytest.raises(AlreadyDecided, match="Fiona Finance granted this at 13:00"):
        decide(request_, make_person("Frank", "finance", company), verdict="reject", reason="no")


def test_a_rejection_needs_a_reason_and_leaves_the_hold(request_, hold, fiona):
    with pytest.raises(ReasonMissing):
        decide(request_, fiona, verdict="reject", reason="  ")

    decide(request_, fiona, verdict="reject", reason="The signature is not theirs.")

    hold.refresh_from_db()
    request_.refresh_from_db()
    assert (hold.state, request_.state, request_.effect) == ("placed", "rejected", "none")
    assert not Entry.objects.filter(kind="hold.released").exists()


def test_a_decision_can_never_be_changed_or_deleted(request_, fiona):
    decision = decide(request_, fiona)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(verdict="reject")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).delete()


def test_a_policy_with_two_steps_needs_two_people(hold, carl, fiona, company):
    Policy.objects.update(
        steps=[{"role": "finance", "limit": None}, {"role": "finance", "limit": None}]
    )
    asked = make_request(hold, carl)
    decide(asked, fiona)
    hold.refresh_from_db()
    asked.refresh_from_db()
    assert (hold.state, asked.state, asked.step) == ("placed", "pending", 1)

    with pytest.raises(NotAllowed, match="You decided an earlier step"):
        decide(asked, fiona)
    decide(asked, make_person("Frank", "finance", company))

    hold.refresh_from_db()
    assert hold.state == "released"


def test_asking_twice_gives_the_same_request_and_a_colleague_is_told(hold, carl, olga):
    first = make_request(hold, carl)
    assert make_request(hold, carl) == first
    with pytest.raises(AlreadyRequested, match="Carl Reyes asked for this release"):
        make_request(hold, olga)


def test_asking_needs_a_reason_a_hold_and_the_role(hold, carl, ines):
    with pytest.raises(ReasonMissing):
        make_request(hold, carl, reason=" ")
    with pytest.raises(NotAllowed):
        make_request(hold, ines)
    services.release_hold(hold, by=None, why="Proof of delivery arrived.", now=NOON)
    with pytest.raises(NotHeld):
        make_request(hold, carl)


def test_a_withdrawn_request_cannot_be_decided_and_may_be_asked_again(request_, hold, carl, fiona):
    services.withdraw(request_, by=carl, now=LATER)
    with pytest.raises(AlreadyDecided, match="withdrawn"):
        decide(request_, fiona)
    assert make_request(hold, carl) != request_


def test_the_facts_of_a_pending_request_follow_the_mirror(request_, hold, settle, fiona):
    from apps.journal.services import NewEntry, append
    from apps.mirror.models import Invoice

    settle()
    request_.refresh_from_db()
    version = request_.version
    invoice = Invoice.objects.get(odoo_id=hold.record_odoo_id)
    Invoice.objects.filter(pk=invoice.pk).update(amount_residual="7")
    append(NewEntry("invoice.changed", invoice.public_id))
    settle()

    request_.refresh_from_db()
    assert request_.version > version
    assert request_.facts["amount_residual"] == "4180.0000"  # what the asker saw stays
    assert request_.shown.order_by("-id").first().facts["amount_residual"] == "7.0000"
    assert decide(request_, fiona).facts["amount_residual"] == "7.0000"


def test_a_request_that_waits_too_long_is_marked_overdue_once(request_):
    assert services.mark_overdue(request_.due_at) == 0
    late = request_.due_at + timedelta(seconds=1)
    assert services.mark_overdue(late) == 1
    assert services.mark_overdue(late) == 0
    changed = Entry.objects.filter(kind="approval.changed", subject=request_.public_id)
    assert changed.latest("id").payload["became"] == ["overdue"]
