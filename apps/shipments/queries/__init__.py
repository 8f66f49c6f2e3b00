"""Reads for screens and the API, always narrowed to what a person may see."""

from apps.shipments.queries.estimates import own_estimate
from apps.shipments.queries.goods import (
    Filters,
    by_tracking_number,
    customer_story,
    customer_words,
    order,
    orders,
    package,
    packages,
    shipment,
    shipments,
    timeline,
    unlinked,
    unlinked_q,
)
from apps.shipments.queries.odoo import (
    Change,
    Transfer,
    internal_transfers,
    open_transfers,
    order_changes,
    order_lines,
    shipment_changes,
    supply_changes,
)
from apps.shipments.queries.ownership import ownership, ownership_history, sources
from apps.shipments.queries.reports import reports_of
from apps.shipments.queries.returns import ReturnLeg, ReturnStory, return_story
from apps.shipments.queries.standings import Standing, standings
from apps.shipments.queries.supplies import (
    SupplyFilters,
    dependents,
    supplies,
    supplies_of,
    supply,
)
from apps.shipments.queries.truths import Truths, truths

__all__ = [
    "Change", "Filters", "ReturnLeg", "ReturnStory", "Standing", "SupplyFilters", "Transfer", "Truths", "by_tracking_number",
    "customer_story", "customer_words", "dependents", "internal_transfers", "open_transfers", "order",
    "order_changes", "order_lines", "orders", "own_estimate", "ownership", "ownership_history", "package", "packages", "reports_of", "return_story", "shipment", "shipment_changes", "shipments", "sources",
    "standings", "supplies", "supplies_of", "supply", "supply_changes", "timeline", "truths", "unlinked", "unlinked_q",
]  # fmt: skip
