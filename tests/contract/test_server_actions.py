"""Server actions with code: what the code is given, what it may not do, and that it is all or nothing."""

import contextlib

import pytest

from tests.contract import make
from tests.contract.client import OdooError


@pytest.fixture
def action(admin):
    """Make server actions; they are removed again."""
    made = []

    def install(code="", model="stock.picking", **values):
        model_id = admin("ir.model", "search", [["model", "=", model]])[0]
        given = {"name": f"Contract {make.key()}", "model_id": model_id, "state": "code", **values}
        if code:
            given["code"] = code
        made.append(admin("ir.actions.server", "create", given))
        return made[-1]

    yield install
    for one in made:
        with contextlib.suppress(OdooError):
            admin("ir.actions.server", "unlink", [one])


@pytest.fixture
def picking(admin, tower):
    return make.picking_of(tower, make.confirmed(admin, tower))


def run(user, action_id, model, *ids, **context):
    active = {"active_model": model, "active_id": ids[0], "active_ids": list(ids)}
    return user("ir.actions.server", "run", [action_id], context={**active, **context})


def test_the_answer_is_false_or_what_the_code_leaves_in_action(tower, action, picking):
    silent = action("x = len(records)")
    telling = action("action = {'answer': len(records), 'names': records.mapped('name')}")

    assert run(tower, silent, "stock.picking", picking) is False
    assert run(tower, telling, "stock.picking", picking) == {
        "answer": 1,
        "names": [tower.value("stock.picking", picking, "name")],
    }


def test_code_sees_the_active_records_the_user_and_the_context(tower, admin, action, picking):
    code = """
action = {
    'record': record.id, 'records': records.ids, 'model': model._name, 'user': user.login,
    'uid': env.uid, 'su': env.su, 'expected': env.context['controltower']['expected'],
    'company': env.company.id, 'same': record == records and record in records,
}
"""
    other = make.picking_of(tower, make.confirmed(admin, tower))
    made = action(code)
    answer = run(
        tower, made, "stock.picking", picking, controltower={"expected": {"state": "assigned"}}
    )

    assert answer == {
        "record": picking,
        "records": [picking],
        "model": "stock.picking",
        "user": tower.login,
        "uid": tower.uid,
        "su": False,
        "expected": {"state": "assigned"},
        "company": 1,
        "same": True,
    }
    both = run(tower, action("action = records.ids"), "stock.picking", picking, other)
    assert both == [picking, other]
    nothing = action("action = {'record': record is None, 'records': records is None}")
    assert tower("ir.actions.server", "run", [nothing]) == {"record": True, "records": True}


def test_fields_are_recordsets_moments_and_false(tower, action, picking):
    code = """
action = {
    'partner': [record.partner_id.id, record.partner_id._name, record.partner_id.display_name],
    'moves': [repr(record.move_ids), record.move_ids.ids, len(record.move_ids)],
    'product': record.move_ids.product_id.name,
    'carrier': [record.carrier_id.id, bool(record.carrier_id), record.carrier_id.name],
    'origin': record['origin'], 'note': record.note,
    'year': record.write_date.year, 'micro': str(record.write_date)[:19],
    'read': repr(record.read(['partner_id', 'state'])[0]),
    'day': record.scheduled_date.strftime('%Y-%m-%d'),
}
"""
    got = run(tower, action(code), "stock.picking", picking)
    row = tower.one(
        "stock.picking", picking, "partner_id", "move_ids", "write_date", "origin", "scheduled_date"
    )
    partner = tuple(row["partner_id"])

    assert got["partner"] == [partner[0], "res.partner", partner[1]]
    assert got["moves"] == [f"stock.move({row['move_ids'][0]},)", row["move_ids"], 1]
    assert got["product"].startswith("Product ")
    assert got["carrier"] == [False, False, False]
    assert (got["origin"], got["note"]) == (row["origin"], False)
    assert (got["year"], got["micro"]) == (int(row["write_date"][:4]), row["write_date"])
    assert got["read"] == repr({"id": picking, "partner_id": partner, "state": "assigned"})
    assert got["day"] == row["scheduled_date"][:10]


def test_code_writes_creates_posts_and_schedules(tower, action, picking):
    code = """
record.write({'priority': '1', 'carrier_tracking_ref': '1Z ' + env.context['key']})
message = record.message_post(body='controltower:' + env.context['key'])
activity = record.activity_schedule('mail.mail_activity_data_todo', summary=env.context['key'])
attachment = env['ir.attachment'].create({
    'name': 'proof.txt', 'res_model': record._name, 'res_id': record.id,
    'datas': b64encode(b'signed').decode(), 'mimetype': 'text/plain',
})
found = env['mail.message'].search([('model', '=', record._name), ('res_id', '=', record.id),
                                    ('body', 'ilike', env.context['key'])], limit=5)
action = {'message': repr(message), 'activity': repr(activity), 'found': found.ids,
          'count': env['mail.message'].search_count([('id', 'in', found.ids)]),
          'size': len(b64decode(attachment.datas)), 'written': record.carrier_tracking_ref}
"""
    key = make.key()
    got = run(tower, action(code), "stock.picking", picking, key=key)
    row = tower.one("stock.picking", picking, "priority", "carrier_tracking_ref", "activity_ids")

    assert (row["priority"], row["carrier_tracking_ref"]) == ("1", f"1Z {key}")
    assert got["message"] == f"mail.message({got['found'][0]},)"
    assert got["activity"] == f"mail.activity({row['activity_ids'][0]},)"
    assert (got["count"], got["size"], got["written"]) == (1, 6, f"1Z {key}")
    assert make.notes_with(tower, "stock.picking", picking, f"controltower:{key}") == 1


def test_buttons_and_their_wizards_can_be_called(tower, admin, action):
    order = make.confirmed(admin, tower, 5)
    picking = make.picking_of(tower, order)
    code = """
move = record.move_ids
move.write({'quantity': 2, 'picked': True})
answer = record.with_context(skip_sms=True).button_validate()
asked = answer['res_model']
wizard = env[asked].with_context(**answer['context']).create({
    'pick_ids': [Command.link(record.id)],
    'backorder_confirmation_line_ids': [(0, 0, {'to_backorder': True, 'picking_id': record.id})],
})
done = wizard.process()
action = {'asked': asked, 'done': done, 'state': record.state,
          'rest': env['stock.picking'].search([('backorder_id', '=', record.id)]).ids}
"""
    got = run(tower, action(code), "stock.picking", picking)

    assert (got["asked"], got["done"], got["state"]) == (
        "stock.backorder.confirmation",
        True,
        "done",
    )
    rest = tower.value("stock.picking", got["rest"][0], "backorder_id")
    assert rest[0] == picking


def test_a_refusal_in_the_code_undoes_all_of_it(tower, action, picking):
    code = """
record.write({'carrier_tracking_ref': 'GONE'})
record.message_post(body='controltower:gone')
record.activity_schedule('mail.mail_activity_data_todo', summary='gone')
raise UserError('state is %s, expected done' % record.state)
"""
    before = tower.value("stock.picking", picking, "write_date")
    with pytest.raises(OdooError) as told:
        run(tower, action(code), "stock.picking", picking)

    assert told.value.name == "odoo.exceptions.UserError"
    assert told.value.message == "state is assigned, expected done"
    row = tower.one("stock.picking", picking, "carrier_tracking_ref", "activity_ids", "write_date")
    assert (row["carrier_tracking_ref"], row["activity_ids"]) == (False, [])
    assert row["write_date"] == before
    assert make.notes_with(tower, "stock.picking", picking, "controltower:gone") == 0


def test_code_can_catch_a_refusal_and_go_on(tower, action, picking):
    code = """
try:
    record.browse(99999999).write({'note': 'x'})
except UserError as error:
    action = {'told': str(error)}
"""
    got = run(tower, action(code), "stock.picking", picking)

    assert got["told"].startswith("Record does not exist or has been deleted.")


@pytest.mark.parametrize(
    ("code", "name", "start"),
    [
        ("hasattr(record, 'x')", "builtins.ValueError", "NameError(\"name 'hasattr' is not"),
        ("getattr(record, 'x')", "builtins.ValueError", "NameError(\"name 'getattr' is not"),
        ("print('x')", "builtins.ValueError", "NameError(\"name 'print' is not"),
        ("record.nothing", "builtins.ValueError", "AttributeError(\"'stock.picking' object has no"),
        ("env['no.model']", "builtins.ValueError", "KeyError('no.model')"),
        ("{}['a']", "builtins.ValueError", "KeyError('a')"),
        ("raise Exception('boo')", "builtins.ValueError", "Exception('boo') while evaluating\n"),
        ("x = 1 / 0", "builtins.ZeroDivisionError", "division by zero"),
        ("record.browse(99999999).state", "odoo.exceptions.MissingError", "Record does not exist"),
        ("record.write({'nope': 1})", "builtins.ValueError", "ValueError("),
        ("records.browse([1, 2]).state", "builtins.ValueError", "ValueError('Expected singleton:"),
    ],
)
def test_what_goes_wrong_inside_is_told_with_the_code(tower, action, picking, code, name, start):
    with pytest.raises(OdooError) as told:
        run(tower, action(code), "stock.picking", picking)

    assert told.value.name == name
    assert told.value.message.startswith(start)
    if name == "builtins.ValueError":
        assert told.value.message.endswith(f" while evaluating\n{code!r}")


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("import os", "IMPORT_NAME"),
        ("record.state = 'done'", "STORE_ATTR"),
        ("x = {}\ndel x['a']", "DELETE_SUBSCR"),
        ("class A:\n    x = 1", "LOAD_BUILD_CLASS"),
        ("a, *b = [1, 2]", "UNPACK_EX"),
        ("def f(a):\n    def g():\n        return a\n    return g()", "LOAD_CLOSURE"),
        ("x = (", "SyntaxError"),
    ],
)
def test_forbidden_code_cannot_be_saved(action, code, word):
    with pytest.raises(OdooError) as told:
        action(code)

    assert told.value.name == "odoo.exceptions.ValidationError"
    assert word in told.value.message


def test_names_with_two_underscores_are_forbidden(action):
    with pytest.raises(OdooError) as told:
        action("x = record.__class__")

    assert told.value.name == "builtins.NameError"
    assert told.value.message.startswith("Access to forbidden name '__class__'")


def test_the_service_user_may_run_but_neither_read_nor_make_actions(tower, admin, action, picking):
    made = action("record.write({'priority': '1'})")
    assert run(tower, made, "stock.picking", picking) is False
    for method, args in (("read", [[made], ["name"]]), ("write", [[made], {"name": "x"}])):
        with pytest.raises(OdooError) as told:
            tower("ir.actions.server", method, *args)
        assert told.value.name == "odoo.exceptions.AccessError"
    assert tower.value("stock.picking", picking, "priority") == "1"


def test_an_action_with_groups_is_for_their_members_only(tower, admin, clerk, action, picking):
    settings = admin("ir.model.data", "check_object_reference", "base", "group_system")[1]
    stock = admin("ir.model.data", "check_object_reference", "stock", "group_stock_user")[1]
    field = "group_ids" if tower.server.is_19 else "groups_id"
    for_settings = action("action = 7", **{field: [[6, 0, [settings]]]})
    for_stock = action("action = 7", **{field: [[6, 0, [stock]]]})

    assert run(tower, for_stock, "stock.picking", picking) == 7
    for user, made in ((tower, for_settings), (clerk, for_stock)):
        with pytest.raises(OdooError) as told:
            run(user, made, "stock.picking", picking)
        assert told.value.name == "odoo.exceptions.AccessError"
        assert told.value.message == "You don't have enough access rights to run this action."


def test_an_action_without_groups_needs_the_right_to_write_its_model(clerk, action, picking):
    with pytest.raises(OdooError) as told:
        run(clerk, action("action = 7"), "stock.picking", picking)

    assert told.value.name == "odoo.exceptions.AccessError"
    assert "'Transfer' (stock.picking)" in told.value.message


def test_code_has_the_rights_of_its_user_unless_it_asks_for_all(tower, action, picking):
    with pytest.raises(OdooError) as told:
        run(tower, action("env['ir.cron'].search([])"), "stock.picking", picking)
    assert told.value.name == "odoo.exceptions.AccessError"

    made = action("action = len(env['ir.cron'].sudo().search([], limit=1)) <= 1")
    assert run(tower, made, "stock.picking", picking) is True


def test_a_field_is_updated_without_code(tower, admin, action, picking):
    urgent = admin(
        "ir.model.fields.selection",
        "search",
        [
            ["field_id.model", "=", "stock.picking"],
            ["field_id.name", "=", "priority"],
            ["value", "=", "1"],
        ],
    )[0]
    made = action(state="object_write", update_path="priority", value="1", evaluation_type="value")
    admin("ir.actions.server", "write", [made], {"selection_value": urgent})

    assert run(tower, made, "stock.picking", picking) is False
    assert tower.value("stock.picking", picking, "priority") == "1"
    row = admin.one("ir.actions.server", made, "update_field_id", "selection_value", "value")
    assert row["update_field_id"][1] == "Priority (Transfer)"
    assert (row["selection_value"], row["value"]) == ([urgent, "Urgent"], "1")
