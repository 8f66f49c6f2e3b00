"""What is known of Odoo's series: which were seen, and how older ones differ (FACTS 11). Nothing here was invented."""

from __future__ import annotations

from typing import Final

TESTED: Final = (18, 19)
"""Seen on real servers, over every transport they have."""

OLDER: Final[tuple[tuple[int, str], ...]] = (
    (19, "no JSON-2: calls go over JSON-RPC"),
    (18, "no `blocked` invoices: a posted invoice cannot be held, only noted"),
    (18, "returns are made by `create_returns`: return commands are refused"),
    (18, "API keys never expire; rights are asked for with `check_access_rights`"),
    (18, "stockable products say `detailed_type`: mapped"),
    (17, "no webhooks from automation rules: changes are found by polling"),
    (17, "orders are locked by the state `done`: mapped"),
    (17, "moves say `quantity_done`, productions `date_planned_start`: mapped"),
)
"""(before this series, what differs there and what the tower does about it)."""


def differences(series: int) -> list[str]:
    """How a series before the first tested one differs, in words."""
    return [says for before, says in OLDER if series < before]
