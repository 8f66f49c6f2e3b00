"""Pure rules of the queue: what is wrong with one order's goods, and what must be held because of it."""

from apps.exceptions.rules.facts import Bundle, EventFact, InvoiceFact, PackageFact, ShipmentFact
from apps.exceptions.rules.findings import LEVEL_KINDS, Evidence, Finding, cleared, findings
from apps.exceptions.rules.invoices import HoldPlan, Verdict, plan_holds

__all__ = [
    "LEVEL_KINDS",
    "Bundle",
    "EventFact",
    "Evidence",
    "Finding",
    "HoldPlan",
    "InvoiceFact",
    "PackageFact",
    "ShipmentFact",
    "Verdict",
    "cleared",
    "findings",
    "plan_holds",
]
