"""What runs inside Odoo when a guarded command does: one text, the same for every model (FACTS 8, form b).

`odoo_bootstrap` stores it as a server action (`ir.actions.server`, state code) per model; `guard` runs it. It looks
for the key, compares every expected value, does one thing of a fixed list, reads the outcome and posts the key, all
in one transaction of Odoo's; or it raises, and then nothing has happened. It runs with the service user's rights.

Odoo evaluates it under `safe_eval`: no imports, no try, no `getattr`, no name with two underscores, and (with
Python 3.11 and older) no comprehension that uses a function's own names. There is no json: what a refusal tells is
a Python literal behind a marker, which `guard.told_by` reads.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 7
"""Raised with every change of the code below; an action of another version is not run."""

REFUSAL: Final = "controltower-refusal:"
MADE: Final = "controltower-made:"

OPERATIONS: Final[dict[str, tuple[str, ...]]] = {
    "sale.order": ("write", "post", "activity", "cancel_order", "release_credit"),
    "stock.picking": (
        "write",
        "post",
        "activity",
        "validate",
        "cancel_transfer",
        "reallocate",
        "return",
    ),
    "account.move": ("write", "post", "activity"),
    "purchase.order": ("post", "activity", "reschedule_lines"),
    "mrp.production": ("post", "activity", "reschedule_production"),
}
"""What may be done to records of a model: the allow-list inside Odoo (R21)."""

WRITABLE: Final[dict[str, tuple[str, ...]]] = {
    "sale.order": ("commitment_date",),
    "stock.picking": ("carrier_tracking_ref", "carrier_id"),
    "account.move": ("payment_state",),
    "mrp.production": ("date_start", "date_deadline"),
    "mrp.workorder": ("date_start", "date_finished"),
}

_CODE: Final = """
told = env.context.get('controltower') or {}
where = env.context.get('active_model') or ''


def refuse(why, says, facts):
    raise UserError(says + '\\n' + REFUSAL + why + ':' + repr(facts))


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.strftime('%Y-%m-%d %H:%M:%S')
    if isinstance(value, datetime.date):
        return value.strftime('%Y-%m-%d')
    if isinstance(value, (list, tuple)):
        if len(value) == 2 and isinstance(value[1], str):
            return value[0]
        return list(value)
    if isinstance(value, (bool, int, float)):
        return value
    return str(value) if value else False


def alike(want, have):
    if want is None or isinstance(want, bool) or isinstance(have, bool) or want == '':
        return (want or False) == (have or False)
    if isinstance(have, list):
        return str(want) == ','.join([str(item) for item in sorted(have)])
    if isinstance(have, (int, float)):
        return abs(float(want) - have) < 0.00005
    return str(want) == str(have)


def fits(want, have):
    if isinstance(want, (list, tuple)):
        for one in want:
            if alike(one, have):
                return True
        return False
    return alike(want, have)


def values_of(one, names):
    if not names:
        return {}  # asked for no field, read() would answer with every one of them
    found = one.read(sorted(names), load=None)
    if not found:
        refuse('gone', 'The record does not exist any more.', [])
    values = {}
    for name in sorted(names):
        values[name] = plain(found[0][name])
    return values


def differing(prefix, want, have):
    found = []
    for name in sorted(want):
        if not fits(want[name], have[name]):
            found.append([prefix + name, want[name], have[name]])
    return found


def lock(model_name, ids):
    # A new version of the row: a second run of this key waits here, then starts again and finds the key.
    table = model_name.replace('.', '_')
    env.cr.execute('UPDATE ' + table + ' SET write_uid = write_uid WHERE id IN %s', [tuple(ids)])


def no_wizard(answer):
    if isinstance(answer, dict) and answer.get('res_model'):
        refuse('wizard', 'Odoo asks something first: ' + str(answer.get('name') or answer['res_model']),
               [answer['res_model']])


def write_fields(one, model_name, values):
    for name in values:
        if name not in WRITABLE.get(model_name, ()):
            refuse('not_allowed', 'This field is not on the list of what may be written: ' + name, [name])
    one.write(values)


def validate(one, data):
    more = {'skip_sms': True}
    if data.get('backorder') in ('create', 'cancel'):
        more['skip_backorder'] = True
    if data.get('backorder') == 'cancel':
        more['picking_ids_not_to_backorder'] = one.ids
    no_wizard(one.with_context(**more).button_validate())
    made = []
    for rest in env['stock.picking'].search([('backorder_id', '=', one.id)]):
        made.append(['stock.picking', rest.id])
    return made


def open_transfers(order_id):
    return env['stock.picking'].search([
        ('sale_id', '=', order_id), ('picking_type_id.code', '!=', 'incoming'),
        ('state', 'in', ['waiting', 'confirmed', 'assigned'])], order='id')


def release_credit(one):
    if one.state in ('draft', 'sent'):
        no_wizard(one.action_confirm())
        return
    for transfer in open_transfers(one.id):
        transfer.action_assign()


def still_short(order_id):
    short = []
    for transfer in open_transfers(order_id):
        short += missing_in(transfer, [])
    return short


def missing_in(transfer, products):
    short = []
    for move in transfer.move_ids:
        if move.state in ('done', 'cancel') or (products and move.product_id.id not in products):
            continue
        if move.product_uom_qty - move.quantity > 0.00005:
            short.append([move.product_id.display_name, move.product_uom_qty, move.quantity])
    return short


def reallocate(one, data):
    other = env['stock.picking'].browse(data['to'])
    lock('stock.picking', other.ids)
    one.do_unreserve()
    other.action_assign()
    short = missing_in(other, data.get('products') or [])
    if short:
        refuse('short', other.name + ' would not get the goods; nothing was moved.', short)
    if data.get('rest', True):
        one.action_assign()
    other.message_post(body=told['note'], body_is_html=True, message_type='comment',
                       subtype_xmlid='mail.mt_note')


def reschedule_lines(one, data):
    for item in data['lines']:
        line = env['purchase.order.line'].browse(item[0])
        if line.order_id.id != one.id:
            refuse('not_allowed', 'This line belongs to another order.', [item[0]])
        line.write({'date_planned': item[1]})


def reschedule_production(one, data):
    if data.get('dates'):
        write_fields(one.with_context(force_date=True), where, data['dates'])
    for item in data.get('workorders') or []:
        work = env['mrp.workorder'].browse(item[0])
        if work.production_id.id != one.id:
            refuse('not_allowed', 'This work order belongs to another production.', [item[0]])
        write_fields(work.with_context(bypass_duration_calculation=True), 'mrp.workorder', item[1])


def make_return(one, data):
    at = {'active_model': 'stock.picking', 'active_id': one.id, 'active_ids': one.ids}
    wizard = env['stock.return.picking'].with_context(**at).create({'picking_id': one.id})
    left = dict(data['quantities'])
    for line in wizard.product_return_moves:
        line.write({'quantity': left.pop(str(line.move_id.id), 0)})
    if left:
        refuse('not_returnable', 'Odoo does not offer these goods for return.', sorted(left))
    answer = wizard.action_create_returns()
    return [['stock.picking', answer['res_id']]]


def schedule(one, data):
    more = {}
    if data.get('user_id'):
        more['user_id'] = data['user_id']
    made = one.activity_schedule('mail.mail_activity_data_todo', date_deadline=data['date_deadline'],
                                 summary=data['summary'], note=data.get('note') or '', **more)
    return [['mail.activity', made.id]]


def act(one, op, values, data):
    if op == 'write':
        write_fields(one, where, values)
    elif op == 'validate':
        return validate(one, data)
    elif op == 'cancel_transfer':
        no_wizard(one.action_cancel())
    elif op == 'cancel_order':
        no_wizard(one.with_context(disable_cancel_warning=True).action_cancel())
    elif op == 'release_credit':
        release_credit(one)
    elif op == 'reallocate':
        reallocate(one, data)
    elif op == 'reschedule_lines':
        reschedule_lines(one, data)
    elif op == 'reschedule_production':
        reschedule_production(one, data)
    elif op == 'return':
        return make_return(one, data)
    elif op == 'activity':
        return schedule(one, data)
    return []


def attach(one):
    ids = []
    for item in told.get('attachments') or []:
        made = env['ir.attachment'].create({
            'name': item['name'], 'datas': item['datas'], 'mimetype': item['mimetype'],
            'res_model': where, 'res_id': one.id})
        if made.checksum != item['checksum']:
            refuse('checksum', 'The attached file is not what was sent: ' + item['name'], [item['name']])
        ids.append(made.id)
    return ids


def run(one):
    lock(where, one.ids)
    if not one.exists():
        refuse('gone', 'The record does not exist any more.', [])
    mark = 'controltower:' + told['key']
    if env['mail.message'].sudo().search([
            ('model', '=', where), ('res_id', '=', one.id), ('body', 'ilike', mark)], limit=1):
        return {'again': True, 'short': still_short(one.id) if told['op'] == 'release_credit' else []}
    expected = told.get('expected') or {}
    before = values_of(one, expected)
    changed = differing('', expected, before)
    for item in told.get('also') or []:
        other = env[item[0]].browse(item[1])
        changed += differing(item[0] + ',' + str(item[1]) + '.', item[2], values_of(other, item[2]))
    if changed:
        refuse('changed', 'The record has changed since it was decided on.', changed)
    made = act(one, told['op'], told.get('values') or {}, told.get('data') or {})
    wanted = told.get('wanted') or {}
    after = values_of(one, wanted)
    missed = differing('', wanted, after)
    for item in (told.get('data') or {}).get('check') or []:
        other = values_of(env[item[0]].browse(item[1]), item[2])
        missed += differing(item[0] + ',' + str(item[1]) + '.', item[2], other)
    if missed:
        refuse('not_done', 'Odoo did not do it and did not say why; nothing was changed.', missed)
    body = told['note']
    short = still_short(one.id) if told['op'] == 'release_credit' else []
    if short:
        body += '<p>Released, but not all goods could be reserved.</p>'
    for item in made:
        body += '<p>' + MADE + item[0] + ',' + str(item[1]) + '</p>'
    one.message_post(body=body, body_is_html=True, message_type='comment',
                     subtype_xmlid='mail.mt_note', attachment_ids=attach(one))
    return {'before': before, 'after': after, 'made': made, 'short': short}


if told.get('guard') != VERSION or told.get('op') not in ('ping',) + OPERATIONS.get(where, ()):
    refuse('not_allowed', 'This is not on the list of what the control tower may do here.',
           [where, str(told.get('op'))])
answer = {} if told['op'] == 'ping' else run(record)
answer['guard'] = VERSION
action = {'controltower': answer}
"""


def code() -> str:
    """The text to store in Odoo: the lists above as literals, then what uses them."""
    lists = {
        "VERSION": VERSION,
        "REFUSAL": REFUSAL,
        "MADE": MADE,
        "OPERATIONS": OPERATIONS,
        "WRITABLE": WRITABLE,
    }
    head = [
        "# Written by the control tower (manage.py odoo_bootstrap); changed here, it is mended there."
    ]
    return "\n".join([*head, *(f"{name} = {value!r}" for name, value in lists.items()), _CODE])
