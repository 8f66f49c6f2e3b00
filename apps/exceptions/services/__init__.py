"""The verbs of the queue. Row locks follow the tower's one order (see `apps.approvals.services`)."""

from apps.exceptions.rules import Evidence
from apps.exceptions.services.acting import act, follow_request, record_run
from apps.exceptions.services.cases import clear_case, open_case
from apps.exceptions.services.evaluate import Causes, evaluate, evaluate_orders, invoice_gone
from apps.exceptions.services.numbers import evaluate_numbers
from apps.exceptions.services.reports import (
    customs_overdue,
    evaluate_reported_orders,
    evaluate_reports,
)
from apps.exceptions.services.silence import clear_heard, sweep_silence
from apps.exceptions.services.states import clear_mapped, unmapped_state
from apps.exceptions.services.supplies import evaluate_supplies, touched_by
from apps.exceptions.services.sweep import sweep_clocks
from apps.exceptions.services.work import annotate, assign, note, resolve, resume, take, wait

__all__ = [
    "Causes",
    "Evidence",
    "act",
    "annotate",
    "assign",
    "clear_case",
    "clear_heard",
    "clear_mapped",
    "customs_overdue",
    "evaluate",
    "evaluate_numbers",
    "evaluate_orders",
    "evaluate_reported_orders",
    "evaluate_reports",
    "evaluate_supplies",
    "follow_request",
    "invoice_gone",
    "note",
    "open_case",
    "record_run",
    "resolve",
    "resume",
    "sweep_clocks",
    "sweep_silence",
    "take",
    "touched_by",
    "unmapped_state",
    "wait",
]
