"""Messages and activities."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError


def posted(server, answer):
    """The id in the answer of message_post."""
    assert isinstance(answer, list) is server.is_19
    return answer[0] if server.is_19 else answer


@pytest.fixture
def order(tower, admin):
    return make.confirmed(admin, tower)


def test_a_message_is_escaped_unless_it_is_said_to_be_html(tower, server, order):
    plain = posted(server, tower("sale.order", "message_post", [order], body="<b>tower</b>"))
    kept = posted(
        server,
        tower(
            "sale.order",
            "message_post",
            [order],
            body="<p><b>tower</b></p>",
            body_is_html=True,
            message_type="comment",
            subtype_xmlid="mail.mt_note",
        ),
    )

    first = tower.one("mail.message", plain, "body", "message_type", "subtype_id", "author_id")
    second = tower.one("mail.message", kept, "body", "message_type", "model", "res_id")
    assert first["body"] == "<p>&lt;b&gt;tower&lt;/b&gt;</p>"
    assert (first["message_type"], first["subtype_id"][1]) == ("notification", "Note")
    assert first["author_id"] == tower.value("res.users", tower.uid, "partner_id")
    assert (second["body"], second["message_type"]) == ("<p><b>tower</b></p>", "comment")
    assert (second["model"], second["res_id"]) == ("sale.order", order)


def test_a_message_carries_files_that_were_stored_before(tower, server, order):
    file = tower(
        "ir.attachment",
        "create",
        {"name": "POD", "datas": "YQ==", "res_model": "sale.order", "res_id": order},
    )
    message = posted(
        server, tower("sale.order", "message_post", [order], body="POD", attachment_ids=[file])
    )

    assert tower.value("mail.message", message, "attachment_ids") == [file]


def test_messages_come_newest_first(tower, server, order):
    made = [
        posted(server, tower("sale.order", "message_post", [order], body=str(n))) for n in range(2)
    ]
    found = tower(
        "mail.message", "search", [["model", "=", "sale.order"], ["res_id", "=", order]], limit=2
    )

    assert found == made[::-1]


def test_an_activity_is_scheduled_and_found_by_its_summary(tower, server, order):
    summary = make.key()
    answer = tower(
        "sale.order",
        "activity_schedule",
        [order],
        "mail.mail_activity_data_todo",
        "2030-11-25",
        summary,
        user_id=tower.uid,
    )
    found = tower(
        "mail.activity",
        "search_read",
        [["res_model", "=", "sale.order"], ["res_id", "=", order], ["summary", "=", summary]],
        ["date_deadline", "user_id", "activity_type_id", "state"],
    )

    assert answer == ([found[0]["id"]] if server.is_19 else f"mail.activity({found[0]['id']},)")
    assert (found[0]["date_deadline"], found[0]["state"]) == ("2030-11-25", "planned")
    assert found[0]["user_id"][0] == tower.uid
    assert tower.value("sale.order", order, "activity_state") == "planned"


def test_a_done_activity_is_gone_on_18_and_archived_on_19(tower, server, order):
    tower(
        "sale.order",
        "activity_schedule",
        [order],
        "mail.mail_activity_data_todo",
        summary="call",
        user_id=tower.uid,
    )
    activity = tower(
        "mail.activity", "search", [["res_model", "=", "sale.order"], ["res_id", "=", order]]
    )[0]
    message = tower("mail.activity", "action_feedback", [activity], feedback="done by phone")

    assert "done by phone" in tower.value("mail.message", message, "body")
    left = tower("mail.activity", "search", [["id", "=", activity]], context={"active_test": False})
    if server.is_19:
        assert left == [activity]
        return
    assert left == []
    with pytest.raises(OdooError) as told:
        tower("mail.activity", "action_feedback", [activity], feedback="again")
    assert told.value.name == "odoo.exceptions.MissingError"


def test_an_activity_is_not_created_without_its_model(tower, order):
    with pytest.raises(OdooError) as told:
        tower(
            "mail.activity",
            "create",
            {"res_model": "sale.order", "res_id": order, "summary": "x", "user_id": tower.uid},
        )
    assert told.value.name in ("odoo.exceptions.ValidationError", "odoo.exceptions.AccessError")
