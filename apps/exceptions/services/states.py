"""A state of Odoo's that nobody has mapped: one case per state, for whoever keeps the integration."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Model

from apps.exceptions.models import Case
from apps.exceptions.rules import Evidence
from apps.exceptions.services.cases import clear_case, open_case
from apps.journal.models import Entry
from apps.mirror.models import Invoice, Picking, Production, PurchaseOrder, SaleOrder
from apps.shipments.rules.states import TABLES

_MIRROR: Final[dict[str, type[Model]]] = {
    "sale.order": SaleOrder,
    "stock.picking": Picking,
    "account.move": Invoice,
    "purchase.order": PurchaseOrder,
    "mrp.production": Production,
}


def unmapped_state(entry: Entry, *, now: datetime) -> Case:
    """Open the case of the state that a `state.unmapped` entry names, or add the record to it."""
    told = entry.payload
    model, column, state = told["model"], told["field"], told["state"]
    return open_case(
        "unmapped_state",
        _key(told["connection"], model, column, state),
        now=now,
        title=f"Odoo says “{state}” of a {model}, which nobody has mapped"[:200],
        says=f"{told['record']} is “{state}” in Odoo ({model}.{column}). Nothing is guessed from it.",
        reason="unmapped_state",
        subject=entry.subject,
        company_id=entry.company_id,
        evidence=[Evidence("odoo", entry.subject, f"{told['record']} is “{state}”", entry.at)],
    )


def clear_mapped(now: datetime) -> int:
    """Close the cases of states that are mapped by now, or that nothing in Odoo has any more; returns how many."""
    closed = 0
    open_ones = Case.objects.filter(kind="unmapped_state").exclude(state="resolved")
    for key in list(open_ones.values_list("dedupe", flat=True)):
        connection, model, column, state = key.split(":", 1)[1].split("|", 3)
        if any(
            one.model == model and one.field == column and state in one.states for one in TABLES
        ):
            closed += clear_case(key, says="The state is mapped now.", now=now) is not None
        elif not (
            _MIRROR[model]
            ._default_manager.filter(connection=connection, gone_at=None, **{column: state})
            .exists()
        ):
            says = "Nothing in Odoo has this state any more."
            closed += clear_case(key, says=says, now=now) is not None
    return closed


def _key(connection: str, model: str, column: str, state: str) -> str:
    return f"unmapped_state:{connection}|{model}|{column}|{state}"[:160]
