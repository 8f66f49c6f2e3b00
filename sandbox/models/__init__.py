"""The behaviours of all models."""

from __future__ import annotations

from ..behaviour import Behaviour
from . import (
    account,
    account_lines,
    apps,
    automation_rules,
    base,
    invoicing,
    keys,
    mail,
    packages,
    payments,
    pickings,
    product,
    production,
    production_done,
    purchase,
    purchase_lines,
    quants,
    returns,
    reversals,
    sale,
    sale_lines,
    server_actions,
    stock,
    tasks,
    warehouses,
    wizards,
    workorders,
)


def behaviours() -> list[Behaviour]:
    """One fresh instance of every behaviour."""
    found: list[Behaviour] = []
    for module in (
        base,
        product,
        mail,
        stock,
        quants,
        pickings,
        returns,
        sale,
        sale_lines,
        account,
        account_lines,
        invoicing,
        payments,
        wizards,
        automation_rules,
        server_actions,
        keys,
        purchase,
        purchase_lines,
        reversals,
        production,
        production_done,
        workorders,
        packages,
        warehouses,
        tasks,
        apps,
    ):
        for name in dir(module):
            kind = getattr(module, name)
            if (
                isinstance(kind, type)
                and issubclass(kind, Behaviour)
                and kind.__module__ == module.__name__
                and kind.model
            ):
                found.append(kind())
    return found
