"""What can be done about a case: at most a handful of actions, each naming its consequence and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from apps.exceptions.errors import BadInput


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an action asks for. kind: date, time, text, documents."""

    name: str
    label: str
    kind: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """A button. `consequence` says what happens; `approval` names the policy that must agree, if any.

    effect: carrier (journal `action.requested`, the case waits), approval (opens a request), adjustment (opens one for
    a change of stock), note (kept here).
    `did` completes "You … for this order" where doing it bars from approving (R197).
    """

    key: str
    label: str
    consequence: str
    effect: str
    needs: str
    fields: tuple[Field, ...] = ()
    approval: str = ""
    did: str = ""


ACTIONS: Final[dict[str, Action]] = {
    action.key: action
    for action in (
        Action(
            "request_redelivery",
            "Request redelivery",
            "Asks the carrier to deliver again and leaves a note on the transfer in Odoo. The case then waits for the carrier.",
            "carrier",
            "case.work",
            (
                Field("date", "Day", "date", required=True),
                Field("from", "From", "time"),
                Field("to", "Until", "time"),
                Field("text", "For the driver", "text"),
            ),
            did="asked the carrier to deliver again",
        ),
        Action(
            "ask_carrier",
            "Ask the carrier",
            "Sends your question to the carrier. The case then waits for the carrier.",
            "carrier",
            "case.work",
            (Field("text", "Your question", "text", required=True),),
            did="worked with the carrier",
        ),
        Action(
            "retry_label",
            "Have the label made again",
            "Asks whoever makes the labels to try again, once for each failure. The case then waits and closes when a label is issued.",
            "carrier",
            "case.work",
            (Field("text", "What was corrected", "text"),),
            did="had the label made again",
        ),
        Action(
            "request_release",
            "Ask finance to release the invoice",
            "Opens a request with your evidence. Somebody in finance decides, not you.",
            "approval",
            "release.request",
            (
                Field("reason", "Why", "text", required=True),
                Field("documents", "Evidence", "documents", required=True),
            ),
            approval="invoice_release",
        ),
        Action(
            "request_adjustment",
            "Ask finance to accept it",
            "Opens a request with what the warehouse reported. Somebody in finance decides, not you; the case closes if it is accepted.",
            "adjustment",
            "case.work",
            (Field("reason", "Why it is right", "text", required=True),),
            approval="stock_adjustment",
        ),
        Action(
            "contact_customer",
            "Contacted the customer",
            "Notes what you told the customer. Nothing is sent from here.",
            "note",
            "case.work",
            (Field("text", "What was said", "text", required=True),),
        ),
    )
}


def checked(action: Action, data: Mapping[str, Any]) -> dict[str, str]:
    """The texts an action asked for, stripped. Raises BadInput naming the field that lacks or does not fit."""
    from datetime import date, time

    clean: dict[str, str] = {}
    for field in action.fields:
        if field.kind == "documents":
            continue
        value = str(data.get(field.name) or "").strip()[:2000]
        if field.required and not value:
            raise BadInput("missing", f"{field.label}: please fill this in.", field.name)
        try:
            if value and field.kind == "date":
                date.fromisoformat(value)
            if value and field.kind == "time":
                time.fromisoformat(value)
        except ValueError:
            raise BadInput(
                "unreadable", f"{field.label}: this is not a {field.kind}.", field.name
            ) from None
        if value:
            clean[field.name] = value
    return clean
