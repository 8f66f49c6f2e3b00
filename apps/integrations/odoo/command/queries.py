"""Reads of commands for screens and API, narrowed to a person."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Prefetch

from apps.accounts.models import User
from apps.integrations.models import Command, CommandAttempt
from apps.integrations.odoo.command import steering, targets, wording
from apps.integrations.odoo.command.issuing import Draft
from apps.integrations.odoo.command.kinds import KINDS, offered
from apps.integrations.queries import commands_of

_MOST = 20


def one(user: User, public_id: str) -> Command | None:
    """One command with its attempts and what may be done about it."""
    rows = loaded(user).filter(public_id=public_id)
    found: Any = next((dressed(row, user) for row in rows), None)
    if found is not None:
        found.changed_called = wording.table(found.connection, found.changed)
    return cast("Command | None", found)


def on_record(user: User, public_id: str) -> list[Command]:
    """The commands of a record, or those that a decision or action behind it caused, newest first."""
    mine = loaded(user).filter(record_ref=public_id) | loaded(user).filter(cause=public_id)
    return [dressed(row, user) for row in mine.order_by("-pk")[:_MOST]]


def loaded(user: User) -> Any:
    """Commands within the person's scope, newest first, with all that `dressed` needs: two queries more."""
    tries = Prefetch("tries", CommandAttempt.objects.order_by("at", "id"), to_attr="tries_in_order")
    return commands_of(user).select_related("replaces", "replaced_by").prefetch_related(tries)


def dressed(command: Command, user: User) -> Any:
    """Beside the row: ways_forward (those the person may take), by_hand (the steps in Odoo) and asked (its approval)."""
    row: Any = command
    approved = command.cause.startswith("req_") and user.may("approvals.see")
    row.asked = command.cause if approved else ""
    may = steering.may_steer(user, command)
    row.ways_forward = steering.ways_forward(command) if may else []
    kind = KINDS.get(command.kind)
    row.by_hand = kind.steps(command.record_name, command.intent) if kind else []
    row.title = kind.title if kind else command.kind
    return row


def menu(user: User, public_id: str) -> list[tuple[Any, str]] | None:
    """What a person may do in Odoo on a record: (kind, why not now); None where they see no such record."""
    target = targets.find(public_id, user)
    return None if target is None else offered(target, user)


def shape(draft: Draft) -> dict[str, Any]:
    """A draft as plain data: for the API, and for the form's template."""
    kind, target = draft.kind, draft.target
    return {
        "kind": kind.key,
        "title": kind.title,
        "record": target.public_id,
        "record_title": target.title,
        "asks": [
            {
                "name": ask.name,
                "label": ask.label,
                "type": ask.type,
                "required": ask.required,
                "hint": ask.hint,
                "choices": [
                    {"value": choice.value, "label": choice.label}
                    for choice in (ask.choices(target) if ask.choices else [])
                ],
            }
            for ask in kind.asks
        ],
        "seen": draft.seen,
        "prefill": draft.prefill,
        "not_now": draft.not_now,
        "by_hand": draft.steps,
    }
