"""The verbs of the approvals room.

Lock order, everywhere and always: mirror rows, packages, shipments, orders, cases, holds, requests; within one
table by id. `locks.py` takes them in this order, so that a decision and a changing fact wait for each other
instead of passing each other unseen (B8).
"""

from apps.approvals.services.commands import Wish, policy_for, request_command
from apps.approvals.services.decisions import decide, may_decide
from apps.approvals.services.effects import mark_bypassed, record_effect
from apps.approvals.services.facts import facts_of, reads, refresh_facts, remember_shown
from apps.approvals.services.holds import end_hold, place_hold, release_hold, why_held
from apps.approvals.services.involvement import note_involvement
from apps.approvals.services.locks import lock_for_order, lock_for_orders
from apps.approvals.services.requests import mark_overdue, request_release, withdraw

__all__ = [
    "Wish",
    "decide",
    "end_hold",
    "facts_of",
    "lock_for_order",
    "lock_for_orders",
    "mark_bypassed",
    "mark_overdue",
    "may_decide",
    "note_involvement",
    "place_hold",
    "policy_for",
    "reads",
    "record_effect",
    "refresh_facts",
    "release_hold",
    "remember_shown",
    "request_command",
    "request_release",
    "why_held",
    "withdraw",
]
