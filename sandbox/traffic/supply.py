"""What happens to supply meanwhile: vendors and work centres move their dates, goods come in."""

from __future__ import annotations

import logging
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from .wire import Odoo

logger = logging.getLogger("sandbox.traffic")
# how often a round has something to say about supply, and what
CHANCE = 0.2
MAX_LATE_DAYS = 4


def disturb(odoo: Odoo, dice: random.Random) -> str:
    """At times: a purchase or a production is put off, or a receipt that is due comes in.

    Answers what happened, "" if nothing did. Raises Unreachable and Refused as every call.
    """
    if dice.random() > CHANCE:
        return ""
    told = dice.choice((_put_off_purchase, _put_off_production, _receive))(odoo, dice)
    if told:
        logger.info("%s", told)
    return told


def _later(text: str, dice: random.Random) -> str:
    """The same hour one to four days after this moment, or after now if that is later."""
    planned = datetime.fromisoformat(text).replace(tzinfo=UTC)
    start = max(planned, datetime.now(UTC).replace(microsecond=0))
    return (start + timedelta(days=dice.randint(1, MAX_LATE_DAYS))).strftime("%Y-%m-%d %H:%M:%S")


def _put_off_purchase(odoo: Odoo, dice: random.Random) -> str:
    lines: list[dict[str, Any]] = odoo(
        "purchase.order.line",
        "search_read",
        [["order_id.state", "=", "purchase"], ["order_id.receipt_status", "=", "pending"]],
        ["date_planned", "order_id"],
        limit=20,
    )
    if not lines:
        return ""
    line = dice.choice(lines)
    date = _later(line["date_planned"], dice)
    odoo("purchase.order.line", "write", [line["id"]], {"date_planned": date})
    return f"{line['order_id'][1]} is put off to {date}"


def _put_off_production(odoo: Odoo, dice: random.Random) -> str:
    rows: list[dict[str, Any]] = odoo(
        "mrp.production",
        "search_read",
        [["state", "=", "confirmed"]],
        ["date_start", "name"],
        limit=20,
    )
    if not rows:
        return ""
    row = dice.choice(rows)
    date = _later(row["date_start"], dice)
    odoo("mrp.production", "write", [row["id"]], {"date_start": date})
    return f"{row['name']} starts {date}"


def _receive(odoo: Odoo, dice: random.Random) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    rows: list[dict[str, Any]] = odoo(
        "stock.picking",
        "search_read",
        [
            ["picking_type_id.code", "=", "incoming"],
            ["state", "=", "assigned"],
            ["scheduled_date", "<", now],
            ["return_id", "=", False],
        ],
        ["name"],
        limit=5,
    )
    if not rows:
        return ""
    row = dice.choice(rows)
    odoo("stock.picking", "button_validate", [row["id"]], context={"skip_backorder": True})
    return f"{row['name']} came in"
