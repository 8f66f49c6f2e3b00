"""The whole day in its order, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.contract.client import User
from tests.day import master, money, production, purchases, sales, transfers
from tests.day.office import Office


@dataclass(frozen=True, slots=True)
class Report:
    """done counts per kind of event; refused is what Odoo did not allow, with its words."""

    done: dict[str, int]
    refused: list[str]

    @property
    def events(self) -> int:
        return sum(self.done.values())


def live(
    user: User, *, size: int, seed: int, between: Callable[[str], object] | None = None
) -> Report:
    """Work a day of about `size` orders as this user, who needs the rights of an admin.

    between is called with a name after each part: a test lets the mirror read meanwhile.
    """
    office = Office(user, seed, size)
    tell = between or (lambda part: None)
    master.open_shop(office)
    tell("shop opened")
    orders = sales.sell(office)
    tell("sold")
    bought = purchases.buy(office) if office.has("purchase.order") else []
    made = production.plan(office) if office.has("mrp.production") else []
    tell("planned")
    sales.change_orders(office, orders)
    transfers.change_transfers(office, transfers.deliveries(office, orders))
    if bought:
        purchases.change_purchases(office, bought)
    tell("changed")
    _drop(office, bool(bought), bool(made))
    tell("dropped")
    shipped = transfers.ship(office, orders)
    if bought:
        purchases.receive(office, bought)
    if made:
        production.make_goods(office, made)
    tell("shipped")
    transfers.aftermath(office, orders, shipped)
    posted = money.invoice(office, orders)
    tell("invoiced")
    money.collect(office, posted)
    money.drop_drafts(office)
    master.change_master_data(office)
    tell("closed")
    return Report(dict(office.done), office.refused)


def _drop(office: Office, buys: bool, makes: bool) -> None:
    """Documents are deleted that a mirror has seen already; nothing in Odoo tells of it."""
    sales.drop_drafts(office)
    if buys:
        purchases.drop_requests(office)
    if makes:
        production.drop_plans(office)
