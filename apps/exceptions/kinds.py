"""The kinds of cases: who owns one, how long it may take, what can be done (PRODUCT.md section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apps.exceptions.reported_kinds import REPORTED


@dataclass(frozen=True, slots=True)
class CaseKind:
    """A category of deviation. `sla_min` are working minutes on the team's calendar; `actions` are playbook keys."""

    key: str
    title: str
    team: str
    priority: int
    sla_min: int
    next_step: str
    actions: tuple[str, ...] = ()
    runbook: str = ""


_ALL: Final = (
    CaseKind(
        "delivery_attempted",
        "Delivery attempted",
        "customer-service",
        1,
        120,
        "Arrange a new delivery",
        ("request_redelivery", "contact_customer", "ask_carrier"),
        "Read why the driver left. Agree a new time with the customer, ask the carrier for it, and wait for the scan.",
    ),
    CaseKind(
        "missing_proof",
        "Delivered without proof",
        "customer-service",
        2,
        480,
        "Ask the carrier for proof",
        ("ask_carrier", "request_release", "contact_customer"),
        "Ask the carrier for signature or photo. If the customer can show the signed paper, ask finance to release.",
    ),
    CaseKind(
        "shipment_delayed",
        "Later than promised",
        "operations",
        2,
        240,
        "Tell the customer the new date",
        ("contact_customer", "ask_carrier"),
        "Find out whether the carrier can still make it. If not, tell the customer before the promise lapses.",
    ),
    CaseKind(
        "delivery_exception",
        "Trouble on the way",
        "customer-service",
        1,
        240,
        "Ask the carrier what happened",
        ("ask_carrier", "contact_customer"),
        "Read the carrier's reason. Correct the address or send the papers; for loss or damage prepare a claim.",
    ),
    CaseKind(
        "ambiguous_package",
        "Two shipments fit this number",
        "operations",
        2,
        480,
        "Say which shipment it is",
        (),
        "The number fits more than one live package. Compare dates and destinations, then link the right one.",
    ),
    CaseKind(
        "impossible_sequence",
        "Events that cannot be in this order",
        "operations",
        3,
        960,
        "Check with the carrier",
        ("ask_carrier",),
        "All events are kept and applied. Find out which report is wrong; nothing sensitive follows from it meanwhile.",
    ),
    CaseKind(
        "unmapped_code",
        "A code that nobody has mapped",
        "integration",
        3,
        960,
        "Map the code",
        (),
        "Look at the raw message, map the code on the mapping page, test it against stored messages, replay.",
    ),
    CaseKind(
        "message_conflict",
        "The same event told twice, differently",
        "integration",
        3,
        960,
        "Compare both messages",
        (),
        "The first version is kept. Ask the partner which one is right.",
    ),
    CaseKind(
        "message_dead",
        "A message that cannot be applied",
        "integration",
        2,
        240,
        "Correct and replay",
        (),
        "The message page says why it failed. Correct the cause, then replay it.",
    ),
    CaseKind(
        "subscription_disabled",
        "A receiver of our events is no longer told",
        "integration",
        2,
        240,
        "Ask the receiver, mend the address, resume",
        (),
        "The subscription's page shows every try and what was answered. Settle it with whoever runs the receiver, "
        "send a ping, then resume: what happened meanwhile is sent then.",
    ),
    CaseKind(
        "agent_stuck",
        "An agent does not do its work",
        "integration",
        2,
        60,
        "See whether the agent runs, then replay what it gave up",
        (),
        "It no longer asks, or could not do a piece of work for three days. Its page says since when and why. What it "
        "did not fetch waits for it; what was given up is a dead letter and can be replayed.",
    ),
    CaseKind(
        "write_back_refused",
        "Odoo refused a decision",
        "finance",
        1,
        120,
        "See what changed in Odoo",
        (),
        "Somebody changed the record in between. Read what changed, then decide again on the new facts.",
    ),
    CaseKind(
        "command_waits",
        "A command waits for a person",
        "operations",
        2,
        240,
        "Read what Odoo says, then retry, adapt or give up",
        (),
        "The command page shows what was expected, what Odoo has now and the steps by hand. "
        "Retry, adapt it to the new facts, give it up with a reason, or say that it was done by hand.",
    ),
    CaseKind(
        "command_blocked",
        "Odoo does not let a command through",
        "integration",
        2,
        240,
        "Mend what Odoo lacks, then retry",
        (),
        "A right, the guarded action or the flow is missing; `manage.py odoo_check` names it. "
        "Mend it, then retry the command on its page.",
    ),
    CaseKind(
        "hold_bypassed",
        "A hold was lifted by hand in Odoo",
        "finance",
        1,
        120,
        "Check with who lifted it",
        (),
        "Odoo's log names the user. If it was right, close this; if not, hold it again.",
    ),
    CaseKind(
        "approval_overdue",
        "A decision is overdue",
        "finance",
        1,
        60,
        "Decide the request",
        (),
        "Open the request and decide it, or reject it with a reason; meanwhile the invoice stays held.",
    ),
    CaseKind(
        "integration_down",
        "A connection is down",
        "integration",
        1,
        60,
        "Bring it back",
        (),
        "Work queues up and nothing is lost. Check address, credentials and the other side's status page.",
    ),
    CaseKind(
        "unknown_reference",
        "A reference that nobody knows",
        "integration",
        3,
        960,
        "Find the order it means",
        (),
        "The message is kept and tried again when the record appears.",
    ),
    CaseKind(
        "inbound_delay",
        "A purchase comes late",
        "operations",
        2,
        240,
        "Tell who waits for it, or find another source",
        ("contact_customer",),
        "The orders that wait are named. Ask the supplier for a part delivery, take stock from elsewhere, or tell the customers their new date.",
    ),
    CaseKind(
        "production_slip",
        "A production finishes after its goods are to leave",
        "operations",
        2,
        240,
        "Move the production or the delivery",
        ("contact_customer",),
        "Compare the finish with the dates of the transfers that wait. Bring the production forward, ship in parts, or promise another date.",
    ),
    CaseKind(
        "approver_departed",
        "Somebody who left may still approve",
        "integration",
        1,
        480,
        "Take the role away, or switch the account off",
        (),
        "Odoo's employee is archived. Switch the account off or take the deciding role away; if they are still with "
        "you, put the employee right in Odoo. The case closes by itself then.",
    ),
    CaseKind(
        "unmapped_state",
        "Odoo says a state that nobody has mapped",
        "integration",
        2,
        240,
        "Say what the state means",
        (),
        "Somebody extended Odoo. Nothing is guessed from the state: what carries it stands on hold or unknown. Find out what it means and have it added to the table of states (docs/stages.md).",
    ),
)
KINDS: Final[dict[str, CaseKind]] = {
    kind.key: kind for kind in (*_ALL, *(CaseKind(*row) for row in REPORTED))
}
