"""Closed periods: which lock dates stood when a command was parked for them, and whether they moved since (R218)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import structlog

from apps.integrations.models import Command
from apps.integrations.odoo.line.client import client
from apps.integrations.odoo.line.errors import OdooError

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(minutes=15)
"""How often a parked command's lock dates are looked at."""


def lock_dates(command: Command) -> dict[str, Any]:
    """The company's lock dates as Odoo has them now, by field; empty where it does not tell."""
    company = command.company
    if company is None:
        return {}
    try:
        odoo = client(command.connection)
        names = sorted(name for name in odoo.fields("res.company") if name.endswith("lock_date"))
        found = odoo.read("res.company", [company.odoo_id], names) if names else []
    except OdooError as error:
        log.info("lock_dates_unread", command=command.public_id, reason=error.says)
        return {}
    return {name: found[0][name] for name in names} if found else {}
