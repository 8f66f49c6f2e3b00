"""How a person reads one record of an app, and what it is about: pure.

The Enterprise models (Quality, Helpdesk, Planning) are written from Odoo's public documentation: untested against a
real Enterprise server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says. about: see mirror.LinkedRecord; empty is of no interest to us."""

    title: str
    about: tuple[str, ...]
    state: str = ""
    open: bool = True
    blocks: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    data: Record = field(default_factory=dict)


def name_of(value: Any) -> str:
    """The name of a many2one as Odoo answers it, [id, name] or False; of a joined record its name."""
    if isinstance(value, dict):
        return str(value.get("name") or "")
    return str(value[1]) if isinstance(value, list | tuple) and len(value) > 1 else ""


def id_of(value: Any) -> int | None:
    """The id of a many2one, however it was read."""
    if isinstance(value, dict):
        return int(value["id"])
    if isinstance(value, list | tuple):
        return int(value[0]) if value else None
    return int(value) if value and not isinstance(value, bool) else None


def person(email: Any) -> str:
    """How a person is named in `about`: by the address they have in Odoo and in the tower."""
    return f"person:{str(email).strip().casefold()}" if email and "@" in str(email) else ""


def place(name: Any) -> str:
    """How a work centre or a dock is named in `about` where only its name ties it to us."""
    return f"place:{str(name).strip().casefold()}" if name else ""


def _some(*pairs: tuple[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((label, str(value)) for label, value in pairs if value)


def lead(record: Record) -> Said:
    """crm.lead: of the orders made from it, and while it is open of its customer (R5)."""
    closed = not record.get("active", True) or bool(record.get("date_closed"))
    about = [f"sale.order,{one}" for one in record.get("order_ids") or ()]
    customer = id_of(record.get("partner_id"))
    if customer and not closed:
        about.append(f"res.partner,{customer}")
    stage = name_of(record.get("stage_id"))
    return Said(
        title=record["name"],
        about=tuple(about),
        state="Lost" if not record.get("active", True) else stage,
        open=not closed,
        facts=_some(
            ("Account owner", name_of(record.get("user_id"))),
            ("Expected closing", record.get("date_deadline")),
        ),
        data={"type": record.get("type") or ""},
    )


def maintenance(record: Record) -> Said:
    """maintenance.request: of a work centre, or of equipment that bears a work centre's or a dock's name (R9)."""
    equipment = record.get("equipment_id") or {}
    centre = record.get("workcenter_id") or (
        equipment.get("workcenter_id") if isinstance(equipment, dict) else None
    )
    about = [f"mrp.workcenter,{id_of(centre)}"] if centre else []
    if isinstance(equipment, dict):
        about += [
            one for one in (place(equipment.get("name")), place(equipment.get("location"))) if one
        ]
    done = bool(record.get("done")) or bool(record.get("archive"))
    return Said(
        title=record["name"],
        about=tuple(about),
        state=name_of(record.get("stage_id")),
        open=not done,
        facts=_some(
            ("Where", name_of(centre) or name_of(equipment)),
            ("Planned for", _moment(record.get("schedule_date"))),
            (
                "Kind",
                {"corrective": "repair", "preventive": "preventive"}.get(
                    record.get("maintenance_type") or ""
                ),
            ),
        ),
    )


def quality_check(record: Record) -> Said:
    """quality.check of a transfer: shown and blocking while it has failed (R8)."""
    failed = record.get("quality_state") == "fail"
    return Said(
        title=record.get("title") or record.get("name") or "Quality check",
        about=(f"stock.picking,{id_of(record['picking_id'])}",) if record.get("picking_id") else (),
        state={"none": "to do", "pass": "passed", "fail": "failed"}.get(
            record.get("quality_state") or "", ""
        ),
        open=failed,
        blocks=failed,
        facts=_some(
            ("Product", name_of(record.get("product_id"))), ("By", name_of(record.get("user_id")))
        ),
    )


def quality_alert(record: Record) -> Said:
    """quality.alert of a transfer: blocking until it is closed (R8)."""
    open_ = not record.get("date_close") and record.get("active", True)
    return Said(
        title=record.get("title") or record.get("name") or "Quality alert",
        about=(f"stock.picking,{id_of(record['picking_id'])}",) if record.get("picking_id") else (),
        state=name_of(record.get("stage_id")),
        open=bool(open_),
        blocks=bool(open_),
        facts=_some(
            ("Product", name_of(record.get("product_id"))), ("By", name_of(record.get("user_id")))
        ),
    )


def ticket(record: Record) -> Said:
    """helpdesk.ticket that a command made; what it is about, the command says (R10)."""
    number = f" #{record['ticket_ref']}" if record.get("ticket_ref") else ""
    return Said(
        title=f"{record['name']}{number}",
        about=(),
        state=name_of(record.get("stage_id")),
        open=not record.get("close_date") and record.get("active", True) is not False,
        facts=_some(("With", name_of(record.get("user_id")) or name_of(record.get("team_id")))),
    )


_TASK_STATES: Final = {
    "01_in_progress": "in progress",
    "02_changes_requested": "changes requested",
    "03_approved": "approved",
    "04_waiting_normal": "waiting",
    "1_done": "done",
    "1_canceled": "cancelled",
}


def task(record: Record) -> Said:
    """project.task that a command made, or that Odoo itself ties to a sale order (R11)."""
    order = id_of(record.get("sale_order_id"))
    state = record.get("state") or ""
    return Said(
        title=record["name"],
        about=(f"sale.order,{order}",) if order else (),
        state=_TASK_STATES.get(state, state),
        open=not state.startswith("1_") and record.get("active", True) is not False,
        facts=_some(
            ("Project", name_of(record.get("project_id"))),
            ("Stage", name_of(record.get("stage_id"))),
            ("Until", _moment(record.get("date_deadline"))),
        ),
    )


def attachment(record: Record) -> Said:
    """ir.attachment of an order or a transfer (R14)."""
    return Said(
        title=record["name"],
        about=(f"{record['res_model']},{record['res_id']}",) if record.get("res_id") else (),
        facts=_some(
            ("Size", _size(record.get("file_size") or 0)),
            ("Added", _moment(record.get("create_date"))),
        ),
        data={"checksum": record.get("checksum") or "", "mimetype": record.get("mimetype") or ""},
    )


def employee(record: Record) -> Said:
    """hr.employee.public: whether the person is still there, absent today, and who leads them (R12, R15)."""
    manager = record.get("parent_id")
    user = record.get("user_id")
    names = {person(record.get("work_email"))}
    if isinstance(user, dict):
        names.add(person(user.get("login")))
    absent = bool(record.get("is_absent"))
    return Said(
        title=record["name"],
        about=tuple(sorted(names - {""})),
        state="departed" if not record.get("active", True) else ("absent" if absent else "at work"),
        open=bool(record.get("active", True)),
        facts=_some(
            ("Department", name_of(record.get("department_id"))), ("Manager", name_of(manager))
        ),
        data={
            "active": bool(record.get("active", True)),
            "absent": absent,
            "absent_until": record.get("leave_date_to") or "",
            "manager": name_of(manager),
            "manager_email": str(
                (manager.get("work_email") if isinstance(manager, dict) else "") or ""
            ).casefold(),
        },
    )


def shift(record: Record) -> Said:
    """planning.slot: when somebody of ours is planned to work (R12)."""
    who = record.get("employee_id")
    return Said(
        title=name_of(record.get("role_id")) or "Shift",
        about=tuple(
            one for one in (person(who.get("work_email") if isinstance(who, dict) else ""),) if one
        ),
        state=record.get("state") or "",
        facts=_some(
            ("From", _moment(record.get("start_datetime"))),
            ("Until", _moment(record.get("end_datetime"))),
        ),
        data={
            "from": record.get("start_datetime") or "",
            "until": record.get("end_datetime") or "",
        },
    )


def _moment(text: Any) -> str:
    """Odoo's naive UTC text as a person reads it, to the minute; a date stays one."""
    words = str(text or "")
    return f"{words[:16]} UTC" if len(words) > 10 else words


def _size(octets: int) -> str:
    return f"{octets / 1_048_576:.1f} MB" if octets >= 1_048_576 else f"{max(octets // 1024, 1)} KB"
