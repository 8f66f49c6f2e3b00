"""Who answers for an order: taking it, handing it over, and what becomes of it when somebody leaves (R61)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.journal.services import NewEntry, append, append_many
from apps.shipments import rollup
from apps.shipments.errors import NotTheirs
from apps.shipments.models import Order
from apps.shipments.queries import orders
from apps.shipments.rules.owner import order_owner


@transaction.atomic
def take_order(order: Order, *, by: User, now: datetime) -> Order:
    """Make the order yours, whoever had it; taking your own changes nothing.

    It stays yours through its stages until it is handed over, it closes, or your account is switched off.
    Raises NotTheirs when your role or scope does not cover the order, or when it is closed.
    """
    return _give(order, by, by=by, now=now)


@transaction.atomic
def hand_over(order: Order, *, to: User | None, by: User, now: datetime) -> Order:
    """Give the order to a colleague, or back (to is None): then the documented table decides again.

    Raises NotTheirs for whoever may not, and when the colleague could not own it.
    """
    return _give(order, to, by=by, now=now)


def orders_without_owner() -> QuerySet[Order]:
    """Open orders that nobody is accountable for: none, ever (R61).

    The database refuses an open order without a team, and a person who is no longer active counts for
    nothing beside it (Order.accountable): so this finds something only if that is broken.
    """
    return Order.objects.filter(open=True, owner_team=None)


@transaction.atomic
def release_inactive(now: datetime, *, limit: int = 500) -> int:
    """Orders of people who were switched off get the owner that the table names; returns how many. Run by beat.

    Until then they count as the team's already (Order.accountable).
    """
    rows = list(
        Order.objects.filter(owner__is_active=False)
        .order_by("id")
        .values_list("id", flat=True)[:limit]
    )
    if rows:
        append_many(rollup.recompute((), now, order_ids=rows))
    return len(rows)


def _give(order: Order, to: User | None, *, by: User, now: datetime) -> Order:
    locked = Order.objects.select_for_update(no_key=True, of=("self",))
    row = locked.select_related("owner", "owner_team", "salesperson").get(pk=order.pk)
    _must(row, by, "Your role cannot own orders.")
    if to is not None and to.pk != by.pk:
        _must(row, to, f"{to} cannot own this order.")
    if not row.open:
        raise NotTheirs("closed", "This order is closed; there is nothing left to answer for.")
    taken = row.owner_id if row.owner_basis == "taken" else None
    if taken == (to.pk if to else None):
        return row
    was = _named(row)
    selling = row.salesperson if row.salesperson and row.salesperson.is_active else None
    owned = order_owner(
        row.stage,
        taken_by=to.pk if to else None,
        salesperson=selling.pk if selling else None,
    )
    row.owner_id, row.owner_basis = owned.person, owned.basis
    row.owner_why = {**owned.why(), "by": by.public_id, "at": now.isoformat()}
    if to is None:
        row.owner_why["says"] = f"{owned.says}; handed back by {by}"
    elif to.pk != by.pk:
        row.owner_why["says"] = f"Handed over by {by}"
    row.version += 1
    row.changed_at = now
    row.save()
    row.refresh_from_db()
    _tell(row, was, by)
    return row


def _must(order: Order, who: User, says: str) -> None:
    """Raise NotTheirs unless this person may own orders and sees this one."""
    if not who.may("orders.own"):
        raise NotTheirs("role", says)
    if not orders(who).filter(pk=order.pk).exists():
        raise NotTheirs("out_of_scope", "This order belongs to a company or warehouse of others.")


def _named(row: Order) -> dict[str, str | None]:
    return {
        "owner": row.owner.public_id if row.owner else None,
        "team": row.owner_team.slug if row.owner_team else None,
    }


def _tell(row: Order, was: dict[str, str | None], by: User) -> None:
    scope = (row.company_id, row.warehouse_id, row.customer_id, by.public_id)
    now_owned = {**_named(row), "basis": row.owner_basis, "was": was}
    append(
        NewEntry(
            "order.owner_changed", row.public_id, {"version": row.version, **now_owned}, *scope
        ),
        NewEntry(
            "order.changed",
            row.public_id,
            {"version": row.version, "stage": row.stage, "was": row.stage, "changed": ["owner"]},
            *scope,
        ),
    )
