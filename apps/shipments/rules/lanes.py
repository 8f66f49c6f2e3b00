"""Three truths side by side: who executes, what Odoo says, what finance accepts, and where they disagree (R49, R50)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.shipments.rules.facts import when
from apps.shipments.rules.rollup import DELIVERED, RETURNED, TITLES, advance
from apps.shipments.rules.states import PICKING
from apps.shipments.rules.truths import FINANCIAL_TITLES

RULE: Final = "lanes.1"
_PAID: Final = frozenset({"paid", "in_payment"})


@dataclass(frozen=True, slots=True)
class Lane:
    """One truth. key: execution, odoo, finance; system: who answers for it; status and title: its word.

    why is {"rule", "says", "facts": [{"kind", "id", "says"}]}: the derivation.
    """

    key: str
    name: str
    system: str
    status: str
    title: str
    says: str
    at: datetime | None
    why: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two lanes that say different things: their keys, and what about in one sentence."""

    code: str
    between: tuple[str, str]
    says: str


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """What the lanes stand on. carrier: who carries it, in words; reported: what packages say, "" for nothing yet."""

    execution: str
    execution_why: dict[str, Any]
    reported: str
    carrier: str
    heard_at: datetime | None
    delivered_at: datetime | None
    kind: str
    reference: str
    picking_state: str
    gone: bool
    dispatched_at: datetime | None
    financial: str
    financial_why: dict[str, Any]
    proven: bool
    invoices: Sequence[dict[str, Any]] = ()
    others_left: bool = (
        False  # another shipment of the order did leave: the invoice may be about that one
    )


def lanes(facts: LaneFacts) -> tuple[Lane, Lane, Lane]:
    """The three lanes of one shipment, each with its derivation."""
    odoo = PICKING.get(facts.picking_state)
    odoo_says = (
        "The transfer is no longer in Odoo"
        if facts.gone
        else odoo.says
        if odoo
        else f"Odoo says “{facts.picking_state}”, which nobody has mapped"
        if facts.picking_state
        else "Odoo does not know this shipment yet"
    )
    return (
        Lane(
            "execution", "Execution", facts.carrier or "the warehouse", facts.execution,
            TITLES.get(facts.execution, facts.execution), str(facts.execution_why.get("says", "")),
            facts.delivered_at or facts.heard_at, facts.execution_why,
        ),
        Lane(
            "odoo", "Odoo", "Odoo", "gone" if facts.gone else facts.picking_state,
            "No longer there" if facts.gone else facts.picking_state or "Not there yet", odoo_says,
            facts.dispatched_at,
            {"rule": RULE, "says": odoo_says,
             "facts": [{"kind": "picking", "id": facts.reference, "says": facts.picking_state}]},
        ),
        Lane(
            "finance", "Finance", "Odoo's accounting and the tower's holds", facts.financial,
            FINANCIAL_TITLES.get(facts.financial, facts.financial),
            str(facts.financial_why.get("says", "")), None, facts.financial_why,
        ),
    )  # fmt: skip


def disagreements(facts: LaneFacts) -> list[Disagreement]:
    """Every pair of lanes that cannot both be the whole truth, in words; in a stable order."""
    return [*_with_odoo(facts), *_with_finance(facts)]


def _with_odoo(facts: LaneFacts) -> Iterable[Disagreement]:
    pair, who = ("execution", "odoo"), facts.carrier or "The carrier"
    word = TITLES.get(facts.reported, facts.reported).lower()
    moving = bool(facts.reported) and advance(facts.reported) > advance("dispatched")
    if facts.gone and moving:
        yield Disagreement(
            "moving_but_gone", pair, f"{who} says {word}, but the transfer is no longer in Odoo."
        )
    elif facts.picking_state == "cancel" and moving and facts.reported != "cancelled":
        yield Disagreement(
            "moving_but_cancelled", pair, f"{who} says {word}, but Odoo has cancelled the transfer."
        )
    elif facts.picking_state not in ("done", "cancel") and moving and facts.kind != "incoming":
        yield Disagreement(
            "moving_but_not_validated", pair,
            f"{who} says {word}, but the transfer in Odoo is “{facts.picking_state or 'not there'}”: nobody has validated it.",
        )  # fmt: skip
    elif facts.picking_state == "done" and facts.reported == "cancelled":
        yield Disagreement(
            "done_but_cancelled", pair, f"Odoo says the goods have left, but {who} says cancelled."
        )
    if (
        facts.picking_state == "done"
        and facts.carrier
        and facts.reported in ("ready_to_ship", "picking", "packed")
    ):
        yield Disagreement(
            "done_but_not_scanned", pair,
            f"Odoo says the goods left on {when(facts.dispatched_at)}; {who} has not taken them over yet.",
        )  # fmt: skip


def _with_finance(facts: LaneFacts) -> Iterable[Disagreement]:
    pair = ("execution", "finance")
    bills = [b for b in facts.invoices if b["kind"] == "out_invoice" and b["state"] == "posted"]
    names = ", ".join(bill["name"] for bill in bills)
    credited = any(b["kind"] == "out_refund" and b["state"] == "posted" for b in facts.invoices)
    if facts.kind == "incoming":
        return
    if facts.execution in DELIVERED and not facts.proven:
        yield Disagreement(
            "delivered_not_accepted", pair,
            f"Delivered on {when(facts.delivered_at)}, but finance has no proof of it yet.",
        )  # fmt: skip
    if bills and advance(facts.execution) < advance("delivered"):
        paid = all(bill["payment_state"] in _PAID for bill in bills)
        yield Disagreement(
            "invoiced_before_delivery", pair,
            f"{names} is {'paid' if paid else 'posted'}, but the goods are not delivered: "
            f"{TITLES.get(facts.execution, facts.execution).lower()}.",
        )  # fmt: skip
    never_left = facts.execution == "cancelled" and not facts.others_left
    if bills and (facts.execution in RETURNED or never_left) and not credited:
        yield Disagreement(
            "invoiced_but_back", ("execution", "finance"),
            f"{names} stands, but the goods {'never left' if never_left else 'came back'}: "
            "there is no credit note.",
        )  # fmt: skip
