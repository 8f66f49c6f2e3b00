"""Pure rules: plain values in, plain values out; no Django, no clock."""

from apps.shipments.rules.facts import EventLike, PackageState, Why, fact, when
from apps.shipments.rules.fold import fold, in_order
from apps.shipments.rules.generations import segment
from apps.shipments.rules.matching import Claim, Group, granted, group
from apps.shipments.rules.numbers import normalise, split
from apps.shipments.rules.promise import Promise, end_of_day, eta_instant, promise
from apps.shipments.rules.proof import is_valid_proof
from apps.shipments.rules.rollup import Execution, roll_up
from apps.shipments.rules.stage import Leg, OrderFacts, order_stage
from apps.shipments.rules.telling import Told, merged
from apps.shipments.rules.truths import Facts, customer_status, financial_status

__all__ = [
    "Claim", "EventLike", "Execution", "Facts", "Group", "Leg", "OrderFacts", "PackageState", "Promise", "Told", "Why",
    "customer_status", "end_of_day", "eta_instant", "fact", "financial_status", "fold", "granted", "group",
    "in_order", "is_valid_proof", "merged", "normalise", "order_stage", "promise", "roll_up", "segment", "split", "when",
]  # fmt: skip
