"""Who is accountable for an open order: exactly one, at all times (PRODUCT.md R61)."""

from dataclasses import dataclass
from typing import Final

RULE: Final = "owner.1"

# Stage to the team that owns orders there; docs/stages.md shows the table.
TEAM_OF: Final = {
    "quoted": "customer-service",
    "confirmed": "customer-service",
    "on_hold": "finance",
    "awaiting_stock": "operations",
    "allocated": "operations",
    "picking": "operations",
    "packed": "operations",
    "ready_to_ship": "operations",
    "booked": "operations",
    "in_transit": "customer-service",
    "out_for_delivery": "customer-service",
    "delivered": "customer-service",
    "pod_validated": "finance",
    "invoice_released": "finance",
    "invoiced": "finance",
    "paid": "finance",
    "closed": "finance",
    "cancelled": "customer-service",
    "returned": "customer-service",
}
TEAMS: Final = {
    "customer-service": "Customer service",
    "operations": "Operations",
    "finance": "Finance",
}
SALES_STAGES: Final = frozenset({"quoted", "confirmed"})


@dataclass(frozen=True, slots=True)
class Owned:
    """The answer: the team by slug, the person (database id) before it if any, and why.

    basis: taken (a person took it over), salesperson (Odoo's, while nothing moves yet), team.
    """

    team: str
    person: int | None
    basis: str
    says: str

    def why(self) -> dict[str, object]:
        """How it is stored beside the owner."""
        return {"rule": RULE, "says": self.says, "facts": []}


def order_owner(
    stage: str,
    *,
    taken_by: int | None = None,
    salesperson: int | None = None,
) -> Owned:
    """The owner of an order at this stage.

    taken_by, salesperson: database ids of people who are active, else None. A person who took the order
    keeps it through its stages; a salesperson owns it until it is in the hands of the warehouse; else, and
    beneath them, it is the team of its stage. A stage nobody listed is customer service's.
    """
    team = TEAM_OF.get(stage, "customer-service")
    if taken_by is not None:
        return Owned(team, taken_by, "taken", "Taken over")
    if salesperson is not None and stage in SALES_STAGES:
        return Owned(team, salesperson, "salesperson", f"Odoo's salesperson, while it is {stage}")
    words = stage.replace("_", " ") or "new"
    return Owned(team, None, "team", f"{TEAMS[team]} owns orders that are {words}")
