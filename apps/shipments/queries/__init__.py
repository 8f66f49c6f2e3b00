"""Reads for screens and the API, always narrowed to what a person may see."""

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
from apps.shipments.queries.supplies import (
    SupplyFilters,
    dependents,
    supplies,
    supplies_of,
    supply,
)

__all__ = [
    "Filters", "SupplyFilters", "by_tracking_number", "customer_story", "customer_words", "dependents", "order",
    "orders", "package", "packages", "shipment", "shipments", "supplies", "supplies_of", "supply", "timeline",
    "unlinked", "unlinked_q",
]  # fmt: skip
