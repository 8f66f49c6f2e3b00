"""A decision reaches Odoo exactly once, whatever breaks on the way."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.approvals.models import Hold
from apps.approvals.services import decide, facts_of, release_hold, request_release
from apps.exceptions.models import Case
from apps.integrations.models import Command, FlowMode
from apps.integrations.odoo.command import bypass, sending, steering
from apps.integrations.odoo.command.errors import TooLate
from apps.integrations.odoo.line.client import Client
from apps.mirror.models import Invoice
from apps.shipments.models import Document, DocumentBody
from tests.contract import make
from tests.integrations.odoo.conftest import (
    SANDBOX_ONLY,
    hold_back,
    in_odoo,
    keys_in_odoo,
    point_at,
)


class Killed(BaseException):
    """What SIGKILL looks like from inside: nothing after it runs."""


def release(hold, settle, by=None, **more):
    """Lift the hold and let the journal make the command."""
    release_hold(hold, by=by, why="The signed paper is here.", now=timezone.now(), **more)
    settle()
    return Command.objects.get(kind="release_invoice", record_odoo_id=hold.record_odoo_id)


def test_a_hold_blocks_the_invoice_and_says_why_in_the_same_write(held, clerk):
    assert in_odoo(clerk, held) == "blocked"
    assert keys_in_odoo(clerk, held) == 1
    note = clerk(
        "mail.message",
        "search_read",
        [
            ["model", "=", "account.move"],
            ["res_id", "=", held.record_odoo_id],
            ["body", "ilike", "controltower:"],
        ],
        ["body"],
    )
    assert "Delivered without proof of delivery." in note[0]["body"]
    command = Command.objects.get(cause=held.public_id)
    assert command.key in note[0]["body"]
    assert command.read_back["before"]["payment_state"] == "not_paid"
    assert command.read_back["after"]["payment_state"] == "blocked"
    assert list(command.tries.order_by("id").values_list("outcome", flat=True)) == [
        "sending",
        "applied",
    ]


def test_the_mirror_shows_the_hold_as_soon_as_it_is_applied(held):
    assert Invoice.objects.get(odoo_id=held.record_odoo_id).payment_state == "blocked"


def test_a_release_lifts_the_block_and_names_the_person_and_the_reason(held, clerk, settle, fiona):
    command = release(held, settle, by=fiona)

    sending.drain(parallel=1)

    assert in_odoo(clerk, held) == "not_paid"
    assert keys_in_odoo(clerk, held) == 2
    note = clerk(
        "mail.message",
        "search_read",
        [
            ["model", "=", "account.move"],
            ["res_id", "=", held.record_odoo_id],
            ["body", "ilike", command.key],
        ],
        ["body"],
    )
    assert "Released by Fiona Finance" in note[0]["body"]
    assert "The signed paper is here." in note[0]["body"]
    held.refresh_from_db()
    assert (held.state, held.effect) == ("released", "applied")


def test_the_evidence_is_attached_in_the_same_write(held, clerk, fiona, settle, company):
    document = Document.objects.create(
        kind="evidence",
        name="signed.pdf",
        media_type="application/pdf",
        size=12,
        sha256="x",
        company=company,
    )
    DocumentBody.objects.create(document=document, content=b"%PDF-1.4 abc")
    command = release(held, settle, by=fiona)
    Command.objects.filter(pk=command.pk).update(documents=[document.public_id])

    sending.drain(parallel=1)

    found = clerk(
        "ir.attachment",
        "search_read",
        [
            ["res_model", "=", "account.move"],
            ["res_id", "=", held.record_odoo_id],
            ["name", "=", "signed.pdf"],
        ],
        ["datas", "mimetype"],
    )
    assert [base64.b64decode(one["datas"]) for one in found] == [b"%PDF-1.4 abc"]


def test_a_hostile_reason_is_text_in_odoo(invoice, clerk, settle, now):
    hold = hold_back(invoice, now)
    Hold.objects.filter(pk=hold.pk).update(says="<img src=x onerror=alert(1)> & co")
    settle()
    sending.drain(parallel=1)

    note = clerk(
        "mail.message",
        "search_read",
        [
            ["model", "=", "account.move"],
            ["res_id", "=", hold.record_odoo_id],
            ["body", "ilike", "controltower:"],
        ],
        ["body"],
    )
    assert "<img" not in note[0]["body"]
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; co" in note[0]["body"]


def test_a_repeated_journal_entry_makes_no_second_command(held, settle):
    from apps.integrations.odoo import handlers
    from apps.journal.models import Entry

    handlers.make_commands(
        list(Entry.objects.filter(kind="hold.placed", subject=held.public_id)) * 2
    )

    assert Command.objects.filter(cause=held.public_id).count() == 1


def test_a_changed_invoice_refuses_the_release_and_names_what_changed(held, clerk, settle, fiona):
    command = release(held, settle, by=fiona)
    make.pay(clerk, held.record_odoo_id)

    sending.drain(parallel=1)

    command.refresh_from_db()
    assert command.state == "refused"
    # 19 keeps a paid invoice blocked: there the residual alone tells that it was paid.
    fields = {one["field"] for one in command.changed}
    assert "amount_residual" in fields
    assert "payment state is paid, was blocked" in command.says or fields == {"amount_residual"}
    assert keys_in_odoo(clerk, held) == 1
    assert Case.objects.get(kind="write_back_refused").subject == command.public_id
    held.refresh_from_db()
    assert held.effect == "refused"


def test_an_amount_that_changed_refuses_the_release_and_the_hold_stands_again(
    held, clerk, settle, fiona
):
    command = release(held, settle, by=fiona)
    Command.objects.filter(pk=command.pk).update(
        expected={**command.expected, "amount_total": "199.0000"}
    )

    sending.drain(parallel=1)

    command.refresh_from_db()
    assert [one["field"] for one in command.changed] == ["amount_total"]
    held.refresh_from_db()
    assert (held.state, held.effect) == ("placed", "refused")
    assert in_odoo(clerk, held) == "blocked"


def test_a_persons_decision_waits_for_the_undo_window_and_can_be_taken_back(
    held, clerk, settle, fiona, settings
):
    settings.UNDO_WINDOW_S = 60
    command = release(held, settle, by=fiona)
    assert sending.drain(parallel=1) == 0

    steering.take_back(command, by=fiona, now=timezone.now())
    Command.objects.filter(pk=command.pk).update(not_before=timezone.now())
    sending.drain(parallel=1)

    assert in_odoo(clerk, held) == "blocked"
    held.refresh_from_db()
    assert held.state == "placed"


def test_what_is_taken_back_while_odoo_is_asked_does_not_leave(
    held, clerk, settle, fiona, monkeypatch
):
    command = release(held, settle, by=fiona)
    read = sending.writing.current_values

    def slowly(*asked):
        found = read(*asked)
        steering.take_back(Command.objects.get(pk=command.pk), by=fiona, now=timezone.now())
        return found

    monkeypatch.setattr(sending.writing, "current_values", slowly)
    sending.drain(parallel=1)

    command.refresh_from_db()
    assert command.state == "cancelled"
    assert in_odoo(clerk, held) == "blocked"
    held.refresh_from_db()
    assert held.state == "placed"


def test_a_release_goes_out_on_the_amounts_the_decider_saw(held, clerk, settle, carl, fiona):
    request = request_release(
        held, by=carl, reason="The paper is here.", documents=[], now=timezone.now()
    )
    seen = facts_of(request)[1]
    decide(request, by=fiona, verdict="grant", reason="", seen=seen, now=timezone.now())
    Invoice.objects.filter(odoo_id=held.record_odoo_id).update(amount_residual="150")
    settle()

    command = Command.objects.get(kind="release_invoice", record_odoo_id=held.record_odoo_id)
    assert command.expected["amount_residual"] == "200.0000"


@SANDBOX_ONLY
def test_a_hold_that_waits_for_a_right_is_not_sent_after_its_release(
    invoice, clerk, settle, now, fault, ines
):
    hold = hold_back(invoice, now)
    settle()
    fault("access_error", model="account.move", method="write")
    sending.drain(parallel=1)
    parked = Command.objects.get(cause=hold.public_id)
    assert parked.state == "parked"

    release_hold(hold, by=None, why="Proof came.", now=timezone.now())
    settle()
    sending.drain(parallel=1)

    with pytest.raises(TooLate):
        steering.send_again(parked, by=ines, now=timezone.now())
    assert in_odoo(clerk, hold) == "not_paid"
    hold.refresh_from_db()
    assert (hold.state, hold.effect) == ("released", "none")
    assert not Case.objects.filter(kind="hold_bypassed").exists()


def test_a_command_that_cannot_be_carried_steps_aside_and_says_why(
    held, clerk, settle, monkeypatch
):
    command = release(held, settle)
    broken = Command.objects.get(cause=held.public_id, kind="hold_invoice")
    broken.pk, broken.public_id, broken.key = None, None, "broken"
    broken.state, broken.record_odoo_id = "waiting", 999_999
    Command.objects.bulk_create([broken])
    Command.objects.filter(pk=command.pk).update(not_before=timezone.now() - timedelta(days=1))
    look = sending.writing.current_values

    def stumbles(odoo, looked_at):
        if looked_at.key == "broken":
            raise RuntimeError("unheard of")
        return look(odoo, looked_at)

    monkeypatch.setattr(sending.writing, "current_values", stumbles)

    sending.drain(parallel=1)

    broken = Command.objects.get(key="broken")
    assert broken.state == "parked"
    assert "unheard of" in broken.says
    assert Case.objects.get(kind="command_blocked").subject == broken.public_id
    assert in_odoo(clerk, held) == "not_paid"
    assert sending.drain(parallel=1) == 0


def test_what_has_left_cannot_be_taken_back(held, fiona):
    with pytest.raises(TooLate):
        steering.take_back(Command.objects.get(cause=held.public_id), by=fiona, now=timezone.now())


def test_the_towers_own_release_does_not_wait(held, settle, settings):
    settings.UNDO_WINDOW_S = 60

    assert release(held, settle).not_before <= timezone.now()


def test_a_release_waits_for_the_hold_of_the_same_invoice(invoice, clerk, settle, now):
    hold = hold_back(invoice, now)
    settle()
    Command.objects.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    release(hold, settle)

    assert sending.drain(parallel=1) == 0
    Command.objects.update(next_attempt_at=None)
    sending.drain(parallel=1)

    assert in_odoo(clerk, hold) == "not_paid"
    assert keys_in_odoo(clerk, hold) == 2


@SANDBOX_ONLY
@pytest.mark.parametrize("kind", ["drop_after_commit", "timeout"])
def test_a_lost_answer_is_looked_up_and_the_effect_happens_once(
    held, clerk, settle, fault, kind, settings, odoo
):
    point_at(settings, odoo, timeout_s=1)
    command = release(held, settle)
    fault(kind, model="account.move", method="write", delay_s=2 if kind == "timeout" else 0)

    sending.drain(parallel=1)
    sending.drain(parallel=1)

    command.refresh_from_db()
    assert command.state == "applied", command.says
    assert in_odoo(clerk, held) == "not_paid"
    assert make.notes_with(clerk, "account.move", held.record_odoo_id, command.key) == 1
    assert "unknown" in set(command.tries.values_list("outcome", flat=True))


@SANDBOX_ONLY
def test_nobody_looks_before_odoo_must_have_given_up(held, settle, fault, settings, odoo):
    point_at(settings, odoo, settle_s=3600)
    command = release(held, settle)
    fault("drop_after_commit", model="account.move", method="write")

    sending.drain(parallel=1)
    sending.drain(parallel=1)

    command.refresh_from_db()
    assert command.state == "unsure"
    assert command.next_attempt_at > timezone.now() + timedelta(seconds=3500)


@pytest.mark.parametrize("at", ["before_the_call", "after_the_call", "before_the_look"])
def test_a_killed_sender_is_survived_exactly_once(held, clerk, settle, monkeypatch, at):
    """The rows are as SIGKILL leaves them: `sending` was committed, nothing after the point of death was."""
    command = release(held, settle)
    write = Client.write

    def dies(self, model, ids, values):
        if at == "after_the_call":
            write(self, model, ids, values)
        raise Killed

    monkeypatch.setattr(Client, "write", dies)
    with pytest.raises(Killed):
        sending.drain(parallel=1)
    command.refresh_from_db()
    assert command.state == "sending"
    monkeypatch.setattr(Client, "write", write)
    if at == "before_the_look":
        monkeypatch.setattr(
            "apps.integrations.odoo.command.writing.find", lambda *_: (_ for _ in ()).throw(Killed)
        )
        with pytest.raises(Killed):
            sending.drain(parallel=1)
        monkeypatch.undo()

    sending.drain(parallel=1)

    command.refresh_from_db()
    assert command.state == "applied", command.says
    assert in_odoo(clerk, held) == "not_paid"
    assert make.notes_with(clerk, "account.move", held.record_odoo_id, command.key) == 1


@SANDBOX_ONLY
@pytest.mark.parametrize("kind", ["serialization", "access_denied"])
def test_what_passes_by_itself_is_tried_again_in_its_place(held, clerk, settle, fault, kind):
    command = release(held, settle)
    fault(kind, model="account.move", method="write")

    sending.drain(parallel=1)
    command.refresh_from_db()
    assert command.state == "waiting"
    assert command.next_attempt_at > timezone.now()
    Command.objects.update(next_attempt_at=None)
    sending.drain(parallel=1)

    command.refresh_from_db()
    assert command.state == "applied"
    assert in_odoo(clerk, held) == "not_paid"


@SANDBOX_ONLY
def test_a_lacking_right_waits_for_a_person_and_goes_on_after(held, clerk, settle, fault, ines):
    command = release(held, settle)
    fault("access_error", model="account.move", method="write")
    sending.drain(parallel=1)
    command.refresh_from_db()
    assert command.state == "parked"
    assert Case.objects.filter(kind="command_blocked", state="open").exists()

    steering.send_again(command, by=ines, now=timezone.now())
    sending.drain(parallel=1)

    assert in_odoo(clerk, held) == "not_paid"


def test_a_shadow_flow_compares_and_sends_nothing(invoice, clerk, settle, now):
    FlowMode.objects.create(flow="odoo.hold_invoice", company_id=invoice.company_id, mode="shadow")
    hold = hold_back(invoice, now)
    settle()

    sending.drain(parallel=1)

    command = Command.objects.get(cause=hold.public_id)
    assert (command.state, command.mode) == ("shadowed", "shadow")
    assert "not_paid → blocked" in command.says
    assert in_odoo(clerk, hold) == "not_paid"
    assert keys_in_odoo(clerk, hold) == 0


def test_a_hold_lifted_by_hand_in_odoo_is_shown_as_bypassed(held, clerk, mirror, settle):
    clerk("account.move", "write", [held.record_odoo_id], {"payment_state": "not_paid"})

    mirror()
    bypass.sweep()

    held.refresh_from_db()
    assert held.state == "bypassed"
    settle()
    assert Case.objects.get(kind="hold_bypassed").state == "open"


def test_a_hold_lifted_by_hand_is_found_also_after_a_decision_was_taken_back(
    held, clerk, mirror, settle, fiona, settings
):
    settings.UNDO_WINDOW_S = 60
    command = release(held, settle, by=fiona)
    steering.take_back(command, by=fiona, now=timezone.now())
    assert bypass.sweep() == 0
    clerk("account.move", "write", [held.record_odoo_id], {"payment_state": "not_paid"})

    mirror()
    bypass.sweep()

    held.refresh_from_db()
    assert held.state == "bypassed"


def test_a_hold_that_was_lifted_before_it_was_sent_never_goes_to_odoo(invoice, clerk, settle, now):
    hold = hold_back(invoice, now)
    release_hold(hold, by=None, why="Proof came.", now=now)
    settle()
    sending.drain(parallel=1)

    assert not Command.objects.exists()
    hold.refresh_from_db()
    assert (hold.state, hold.effect) == ("released", "none")
    assert not Case.objects.filter(kind="write_back_refused").exists()


def test_a_hold_lifted_before_the_mirror_ever_saw_it_is_found_too(
    invoice, clerk, settle, now, mirror, monkeypatch
):
    monkeypatch.setattr("apps.integrations.odoo.follow.feed.read_now", lambda *_: None)
    hold = hold_back(invoice, now)
    settle()
    sending.drain(parallel=1)
    clerk("account.move", "write", [hold.record_odoo_id], {"payment_state": "not_paid"})

    assert bypass.sweep() == 0
    mirror()
    bypass.sweep()

    hold.refresh_from_db()
    assert hold.state == "bypassed"


def test_our_own_release_is_no_bypass(held, settle, mirror):
    release(held, settle)
    sending.drain(parallel=1)
    mirror()
    settle()

    held.refresh_from_db()
    assert held.state == "released"
