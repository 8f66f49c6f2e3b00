"""An order's one canonical stage from quote to cash."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from apps.shipments.milestones import MILESTONES
from apps.shipments.rules.facts import Why, fact, invoice_fact
from apps.shipments.rules.rollup import DELIVERED, RETURNED, TITLES, advance
from apps.shipments.rules.states import ORDER, STEP, UNKNOWN, unmapped

RULE: Final = "stage.2"
CLOSED: Final = frozenset({"quoted", "paid", "closed", "cancelled", "returned"})
_OURS: Final = {
    "awaiting_stock": "awaiting_stock", "ready_to_ship": "ready_to_ship", "picking": "picking",
    "packed": "packed", "dispatched": "in_transit", UNKNOWN: "on_hold",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leg:
    """One outgoing shipment of the order."""

    ref: str
    reference: str
    execution: str
    proven: bool
    ship_to: bool = False  # whether it says where to


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What a stage stands on: Odoo's state (gone: it is no longer there), outgoing legs, steps, invoices, holds."""

    state: str
    locked: bool = False
    legs: Sequence[Leg] = ()
    steps: Sequence[str] = ()
    invoices: Sequence[dict[str, Any]] = ()
    held: Sequence[dict[str, Any]] = ()
    gone: bool = False
    blocks: Sequence[dict[str, Any]] = ()  # what quality keeps back, beside the holds


def order_stage(facts: OrderFacts) -> Why:
    """The stage, the rule and what it stands on. Goods first, money after delivery.

    The least advanced outgoing shipment decides until all are delivered; then proof, invoices and
    payment take over. A hold that `blocks` shipping shows as on_hold until the goods have left. So does a
    state of Odoo that nobody has mapped, of the order or of its transfers: nothing is guessed from it.
    """
    if facts.gone:
        return _why("cancelled", "No longer in Odoo")
    said = ORDER.get(facts.state)
    if said is not None and said.stage == "quoted":
        return _why("quoted", "A quotation, not confirmed yet")
    if said is not None and said.stage == "cancelled":
        return _why("cancelled", "Cancelled in Odoo")
    live = [leg for leg in facts.legs if leg.execution != "cancelled"]
    if facts.legs and not live:
        return _why("cancelled", "Every shipment is cancelled", facts.legs)
    kept = [leg for leg in live if leg.execution not in RETURNED]
    if live and not kept:
        return _why("returned", "Everything came back", live)
    least = min(kept, key=lambda leg: (advance(leg.execution), leg.reference), default=None)
    if least is None or advance(least.execution) < advance("dispatched"):
        strange = _unmapped(facts)
        if strange is not None:
            return strange
    if least is not None and least.execution not in DELIVERED:
        return _on_hold(facts, least) or _on_the_way(facts, least)
    if least is None and not facts.invoices:
        return _steps(facts)
    return _money(facts, kept)


def _unmapped(facts: OrderFacts) -> Why | None:
    """What Odoo says in a word of its own; without any word at all the order counts as confirmed."""
    if unmapped(ORDER, facts.state):
        return _why("on_hold", f"Odoo says “{facts.state}”, which nobody has mapped")
    strange = next((step for step in facts.steps if unmapped(STEP, step)), None)
    if strange is not None:
        return _why("on_hold", f"Odoo says a step is “{strange}”, which nobody has mapped")
    return None


def _on_hold(facts: OrderFacts, least: Leg) -> Why | None:
    holds = [hold for hold in facts.held if hold.get("blocks") == "shipping"] + [*facts.blocks]
    if not holds or advance(least.execution) >= advance("dispatched"):
        return None
    about = tuple(
        fact("report" if hold["id"].startswith("rep_") else "hold", hold["id"], hold["says"])
        for hold in holds
    )
    return Why("on_hold", RULE, holds[0]["says"], about)


def _on_the_way(facts: OrderFacts, least: Leg) -> Why:
    stage = _OURS.get(least.execution)
    if stage is None:
        stage = MILESTONES[least.execution].order_stage or "in_transit"
    if stage == "awaiting_stock" and facts.steps:
        stage = _steps(facts).value
    title = TITLES.get(least.execution, least.execution)
    return _why(stage, f"{least.reference}: {title}", [least])


def _steps(facts: OrderFacts) -> Why:
    """Pick and pack transfers come before the outgoing one exists (two- and three-step delivery)."""
    open_steps = [step for step in facts.steps if step not in ("done", "cancel")]
    if "done" in facts.steps:
        return (
            _why("picking", "Picking is under way")
            if open_steps
            else _why("packed", "Picked and packed")
        )
    if open_steps and all(step == "assigned" for step in open_steps):
        return _why("allocated", "Stock is reserved")
    if open_steps:
        return _why("awaiting_stock", "Stock is not reserved yet")
    return _why("confirmed", "Confirmed in Odoo")


def _money(facts: OrderFacts, legs: Sequence[Leg]) -> Why:
    bills = [
        bill
        for bill in facts.invoices
        if bill["kind"] == "out_invoice" and bill["state"] == "posted"
    ]
    drafts = [
        bill
        for bill in facts.invoices
        if bill["kind"] == "out_invoice" and bill["state"] == "draft"
    ]
    about = [invoice_fact(bill) for bill in bills]
    proven = all(leg.proven for leg in legs)
    if bills and all(bill["payment_state"] in ("paid", "in_payment", "reversed") for bill in bills):
        # Delivered is not closed (R51): without proof the order stays open to it, however paid.
        if facts.locked and proven:
            return Why("closed", RULE, "Every invoice is paid and delivery is proven", tuple(about))
        return Why("paid", RULE, "Every invoice is paid", tuple(about))
    held = facts.held or [bill for bill in bills if bill["payment_state"] == "blocked"]
    if bills and not held:
        return Why("invoiced", RULE, "The invoice is posted", tuple(about))
    if proven and drafts and not held:
        return _why("invoice_released", "Nothing keeps the invoice back", legs)
    if legs and proven:
        return _why("pod_validated", "Delivered, with proof of delivery", legs)
    if legs:
        return _why("delivered", "Delivered, without proof of delivery", legs)
    return _why("confirmed", "Confirmed in Odoo")


def _why(stage: str, says: str, legs: Sequence[Leg] = ()) -> Why:
    facts = (
        fact("shipment", leg.ref, f"{leg.reference}: {TITLES.get(leg.execution, leg.execution)}")
        for leg in legs
    )
    return Why(stage, RULE, says, tuple(facts))
