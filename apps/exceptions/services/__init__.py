"""The verbs of the queue. Row locks follow the tower's one order (see `apps.approvals.services`)."""

from apps.exceptions.rules import Evidence
from apps.exceptions.services.acting import act, follow_request, record_run
from apps.exceptions.services.cases import clear_case, open_case
from apps.exceptions.services.evaluate import evaluate, evaluate_orders
from apps.exceptions.services.sweep import sweep_clocks
from apps.exceptions.services.work import assign, note, resolve, resume, take, wait

__all__ = [
    "Evidence",
    "act",
    "assign",
    "clear_case",
    "evaluate",
    "evaluate_orders",
    "follow_request",
    "note",
    "open_case",
    "record_run",
    "resolve",
    "resume",
    "sweep_clocks",
    "take",
    "wait",
]
