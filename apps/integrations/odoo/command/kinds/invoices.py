"""Invoice hold and release. Only a decision in the tower makes them, never a form of their own."""

from __future__ import annotations

from typing import Final

from apps.integrations.odoo.command.kinds.base import GUARD, CommandKind

HOLD = CommandKind(
    key="hold_invoice",
    title="Hold the invoice",
    models=("account.move",),
    form=GUARD,
    op="write",
    method="account.move.write(payment_state)",
    needs="command.invoice",
    done="Held in Odoo.",
    team="finance",
    fallback=True,
    decided=True,
    by_hand=(
        "Open {record} in Odoo's Invoicing.",
        "From the gear menu choose Block Payment.",
        "Write into the log: {intent}.",
    ),
)
RELEASE = CommandKind(
    key="release_invoice",
    title="Release the invoice",
    models=("account.move",),
    form=GUARD,
    op="write",
    method="account.move.write(payment_state)",
    needs="command.invoice",
    done="Released in Odoo.",
    team="finance",
    fallback=True,
    decided=True,
    by_hand=(
        "Open {record} in Odoo's Invoicing.",
        "From the gear menu choose Unblock Payment.",
        "Write into the log: {intent}.",
    ),
)
KINDS: Final[tuple[CommandKind, ...]] = (HOLD, RELEASE)
