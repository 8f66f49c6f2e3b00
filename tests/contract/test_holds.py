"""The write-back: effect, note and evidence in one call, found again by its key."""

import base64
import hashlib

import pytest

from tests.contract import make
from tests.contract.client import OdooError

EVIDENCE = b"photograph of the damaged parcel"


def evidence(**values):
    return {
        "name": "evidence.jpg",
        "datas": base64.b64encode(EVIDENCE).decode(),
        "mimetype": "image/jpeg",
        **values,
    }


def state(user, move):
    return user.value("account.move", move, "payment_state")


def test_a_hold_and_its_note_are_one_call(tower, admin):
    move, key = make.invoice(admin, tower), make.key()

    assert (
        tower(
            "account.move",
            "write",
            [move],
            {
                "payment_state": "blocked",
                "message_ids": make.note(tower, "account.move", move, f"Held. controltower:{key}"),
            },
        )
        is True
    )

    assert state(tower, move) == "blocked"
    found = tower(
        "mail.message",
        "search_read",
        [
            ["model", "=", "account.move"],
            ["res_id", "=", move],
            ["body", "ilike", f"controltower:{key}"],
        ],
        ["body", "message_type", "subtype_id", "author_id", "is_internal", "attachment_ids"],
    )
    assert [m["body"] for m in found] == [f"<p>Held. controltower:{key}</p>"]
    assert found[0]["message_type"] == "comment"
    assert found[0]["subtype_id"][1] == "Note"
    partner = tower.value("res.users", tower.uid, "partner_id")
    assert found[0]["author_id"] == partner
    assert (found[0]["is_internal"], found[0]["attachment_ids"]) == (False, [])


def test_a_hold_is_released_the_same_way(tower, admin):
    move, key = make.invoice(admin, tower), make.key()
    for wanted in ("blocked", "not_paid"):
        tower(
            "account.move",
            "write",
            [move],
            {
                "payment_state": wanted,
                "message_ids": make.note(tower, "account.move", move, f"controltower:{key}"),
            },
        )
        assert state(tower, move) == wanted

    assert make.notes_with(tower, "account.move", move, key) == 2


def test_evidence_travels_inside_the_note(tower, admin):
    move, key = make.invoice(admin, tower), make.key()
    files = [[0, 0, evidence(res_model="account.move", res_id=move)]]
    tower(
        "account.move",
        "write",
        [move],
        {
            "payment_state": "blocked",
            "message_ids": make.note(tower, "account.move", move, key, attachment_ids=files),
        },
    )

    attached = tower(
        "mail.message",
        "search_read",
        [["res_id", "=", move], ["body", "ilike", key]],
        ["attachment_ids"],
    )
    row = tower.one(
        "ir.attachment",
        attached[0]["attachment_ids"][0],
        "name",
        "checksum",
        "mimetype",
        "res_model",
        "res_id",
        "file_size",
    )
    assert row["checksum"] == hashlib.sha1(EVIDENCE).hexdigest()
    assert (row["res_model"], row["res_id"]) == ("account.move", move)
    assert (row["name"], row["file_size"]) == ("evidence.jpg", len(EVIDENCE))
    assert tower.value("account.move", move, "message_attachment_count") == 1
    assert state(tower, move) == "blocked"


def test_evidence_without_its_document_hangs_on_the_note_only(tower, admin):
    move, key = make.invoice(admin, tower), make.key()
    tower(
        "account.move",
        "write",
        [move],
        {
            "message_ids": make.note(
                tower, "account.move", move, key, attachment_ids=[[0, 0, evidence()]]
            )
        },
    )

    attached = tower(
        "mail.message",
        "search_read",
        [["res_id", "=", move], ["body", "ilike", key]],
        ["attachment_ids"],
    )
    row = tower.one("ir.attachment", attached[0]["attachment_ids"][0], "res_model", "res_id")
    assert (row["res_model"], row["res_id"]) == (False, 0)
    assert tower.value("account.move", move, "message_attachment_count") == 0


def test_evidence_stored_before_is_linked_by_the_note(tower, admin):
    move, key = make.invoice(admin, tower), make.key()
    file = tower("ir.attachment", "create", evidence(res_model="account.move", res_id=move))
    tower(
        "account.move",
        "write",
        [move],
        {
            "payment_state": "blocked",
            "message_ids": make.note(tower, "account.move", move, key, attachment_ids=[[4, file]]),
        },
    )

    attached = tower(
        "mail.message",
        "search_read",
        [["res_id", "=", move], ["body", "ilike", key]],
        ["attachment_ids"],
    )
    assert attached[0]["attachment_ids"] == [file]


def test_a_refused_write_leaves_neither_note_nor_evidence(tower, admin):
    move, key = make.invoice(admin, tower), make.key()
    files = [[0, 0, evidence(name=key, res_model="account.move", res_id=move)]]

    with pytest.raises(OdooError):
        tower(
            "account.move",
            "write",
            [move],
            {
                "payment_state": "nonsense",
                "message_ids": make.note(tower, "account.move", move, key, attachment_ids=files),
            },
        )

    assert state(tower, move) == "not_paid"
    assert make.notes_with(tower, "account.move", move, key) == 0
    assert tower("ir.attachment", "search_count", [["name", "=", key]]) == 0


def test_a_note_on_missing_evidence_undoes_the_hold(tower, admin, server):
    move, key = make.invoice(admin, tower), make.key()

    with pytest.raises(OdooError) as told:
        tower(
            "account.move",
            "write",
            [move],
            {
                "payment_state": "blocked",
                "message_ids": make.note(
                    tower, "account.move", move, key, attachment_ids=[[4, 99999999]]
                ),
            },
        )

    kind = "MissingError" if server.is_19 else "ValidationError"
    assert told.value.name == f"odoo.exceptions.{kind}"
    assert state(tower, move) == "not_paid"
    assert make.notes_with(tower, "account.move", move, key) == 0


def test_the_markup_of_a_note_is_kept(tower, admin):
    move, key = make.invoice(admin, tower), make.key()
    tower(
        "account.move",
        "write",
        [move],
        {"message_ids": make.note(tower, "account.move", move, f"<p>Held <b>{key}</b></p>")},
    )

    found = tower(
        "mail.message", "search_read", [["res_id", "=", move], ["body", "ilike", key]], ["body"]
    )
    assert found[0]["body"] == f"<p>Held <b>{key}</b></p>"


def test_a_note_without_its_model_fails(tower, admin):
    move = make.invoice(admin, tower)
    command = make.note(tower, "account.move", move, "x")
    del command[0][2]["model"]

    with pytest.raises(OdooError) as told:
        tower("account.move", "write", [move], {"message_ids": command})
    assert told.value.name == "builtins.KeyError"


@pytest.mark.parametrize(("amount", "stays"), [(None, "paid"), (50.0, "partial")])
def test_holding_what_is_paid_is_accepted_and_lasts_on_19_only(tower, admin, server, amount, stays):
    """The trap: true is answered and the note is posted, but on 18.0 the payment wins. Read it back."""
    move, key = make.invoice(admin, tower), make.key()
    make.pay(tower, move, amount)

    for wanted in ("blocked", "not_paid"):
        assert (
            tower(
                "account.move",
                "write",
                [move],
                {
                    "payment_state": wanted,
                    "message_ids": make.note(tower, "account.move", move, key),
                },
            )
            is True
        )
        lasts = server.is_19 and wanted == "blocked"
        assert state(tower, move) == ("blocked" if lasts else stays)
    assert make.notes_with(tower, "account.move", move, key) == 2


@pytest.mark.parametrize(("amount", "stays"), [(None, "paid"), (50.0, "partial")])
def test_paying_a_held_invoice_ends_the_hold_on_18_and_is_hidden_by_it_on_19(
    tower, admin, server, amount, stays
):
    """On 19.0 only the residual tells that a held invoice was paid; its release shows it."""
    move = make.invoice(admin, tower)
    tower("account.move", "write", [move], {"payment_state": "blocked"})
    make.pay(tower, move, amount)

    row = tower.one("account.move", move, "payment_state", "status_in_payment", "amount_residual")
    assert row["payment_state"] == ("blocked" if server.is_19 else stays)
    assert row["status_in_payment"] == ("posted" if server.is_19 else stays)
    assert row["amount_residual"] == (150.0 if amount else 0.0)
    tower("account.move", "write", [move], {"payment_state": "not_paid"})
    assert state(tower, move) == stays


def test_a_draft_can_be_held_and_stays_so_when_posted(tower, admin):
    move = make.drafted(tower, make.shipped(admin, tower))
    tower("account.move", "write", [move], {"payment_state": "blocked"})
    assert state(tower, move) == "blocked"
    tower("account.move", "action_post", [move])

    assert state(tower, move) == "blocked"


def test_a_held_invoice_keeps_its_hold_as_a_draft(tower, admin):
    move = make.invoice(admin, tower)
    tower("account.move", "write", [move], {"payment_state": "blocked"})
    tower("account.move", "button_draft", [move])

    row = tower.one("account.move", move, "state", "payment_state")
    assert (row["state"], row["payment_state"]) == ("draft", "blocked")


def test_the_button_toggles_and_refuses_paid_ones(tower, admin):
    move = make.invoice(admin, tower)
    for expected in ("blocked", "not_paid"):
        assert tower("account.move", "action_toggle_block_payment", [move]) is None
        assert state(tower, move) == expected
    make.pay(tower, move)

    with pytest.raises(OdooError) as told:
        tower("account.move", "action_toggle_block_payment", [move])
    assert told.value.message == "You can't block a paid invoice."


def test_a_tracking_reference_and_its_proof_are_one_call(tower, admin):
    picking, key = make.picking_of(tower, make.shipped(admin, tower)), make.key()
    files = [[0, 0, evidence(res_model="stock.picking", res_id=picking)]]
    tower(
        "stock.picking",
        "write",
        [picking],
        {
            "carrier_tracking_ref": key,
            "message_ids": make.note(tower, "stock.picking", picking, key, attachment_ids=files),
        },
    )

    row = tower.one("stock.picking", picking, "carrier_tracking_ref", "message_attachment_count")
    assert (row["carrier_tracking_ref"], row["message_attachment_count"]) == (key, 1)
    assert make.notes_with(tower, "stock.picking", picking, key) == 1


def test_marks_on_a_transfer_are_plain_fields(tower, admin):
    picking = make.picking_of(tower, make.confirmed(admin, tower))
    tower(
        "stock.picking",
        "write",
        [picking],
        {"priority": "1", "note": "<p>HOLD: credit check</p>", "user_id": tower.uid},
    )
    row = tower.one("stock.picking", picking, "priority", "note", "user_id", "is_locked")

    assert (row["priority"], row["note"]) == ("1", "<p>HOLD: credit check</p>")
    assert (row["user_id"][0], row["is_locked"]) == (tower.uid, True)
