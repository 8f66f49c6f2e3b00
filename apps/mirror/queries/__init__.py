"""Reads of the mirror for the rooms above."""

from apps.mirror.queries.feeds import FeedState, MasterData, feeds, history, master_data
from apps.mirror.queries.stock import Box, StockLevel, boxes, stock_levels
from apps.mirror.queries.supply import (
    components,
    fed_by,
    purchase_lines,
    receipts_of,
    work_orders,
)

__all__ = [
    "Box",
    "FeedState",
    "MasterData",
    "StockLevel",
    "boxes",
    "components",
    "fed_by",
    "feeds",
    "history",
    "master_data",
    "purchase_lines",
    "receipts_of",
    "stock_levels",
    "work_orders",
]
