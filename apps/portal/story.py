"""What the customer is told about an order: one function for the portal, the desk and whoever writes to them."""

from collections.abc import Sequence
from datetime import datetime

from apps.portal import queries
from apps.portal.rules import tell
from apps.portal.shapes import Story
from apps.shipments.models import Order

__all__ = ["Story", "stories", "story"]


def story(order: Order, now: datetime) -> Story:
    """The story of one order at a moment (aware), with its timeline. A constant number of queries."""
    return tell(queries.facts_of([order])[order.pk], now)


def stories(orders: Sequence[Order], now: datetime) -> dict[int, Story]:
    """The stories of many orders by their primary key; the timeline holds only what the first screen needs.

    A constant number of queries, however many orders.
    """
    facts = queries.facts_of(orders)
    return {order.pk: tell(facts[order.pk], now) for order in orders}
