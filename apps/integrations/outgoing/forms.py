"""The form of a subscription: what a person typed, kept as typed until it can be used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from django.http import QueryDict

from apps.accounts.models import Company, User, Warehouse
from apps.integrations.models.outgoing import Audience, Subscription
from apps.integrations.outgoing import queries
from apps.integrations.outgoing.errors import BadSubscription
from apps.integrations.outgoing.services import Wanted

MOST_CUSTOMERS: Final = 500
"""Customers on the form; others are named through the API."""


@dataclass(frozen=True, slots=True)
class Given:
    """The form's fields; ids are public ones. wrong: field and sentence of what cannot be used."""

    owner: User
    name: str = ""
    url: str = ""
    fetched: bool = False
    ask_every_s: str = "60"
    audience: str = Audience.TOWER.value
    kinds: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    wrong: str = ""
    wrong_field: str = ""

    def with_wrong(self, bad: BadSubscription) -> Given:
        """The same, and what cannot be used."""
        return replace(self, wrong=str(bad), wrong_field=bad.field)

    def wanted(self) -> Wanted:
        """What a service takes. Raises BadSubscription for an id that is not the owner's to choose."""
        companies = Company.objects.filter(
            pk__in=self.owner.scope.companies, public_id__in=self.companies
        )
        warehouses = Warehouse.objects.filter(
            company_id__in=self.owner.scope.companies, public_id__in=self.warehouses
        )
        customers = queries.customers_of(self.owner).filter(public_id__in=self.customers)
        for field, rows, ids in (
            ("companies", companies, self.companies),
            ("warehouses", warehouses, self.warehouses),
            ("customers", customers, self.customers),
        ):
            if rows.count() < len(set(ids)):
                raise BadSubscription(field, "One of these is not yours to choose.")
        every = self.ask_every_s
        return Wanted(
            self.name,
            "" if self.fetched else self.url,
            self.audience,
            self.kinds,
            tuple(companies),
            tuple(warehouses),
            tuple(customers),
            fetched=self.fetched,
            ask_every_s=int(every) if every.isascii() and every.isdecimal() else 0,
        )


def empty(owner: User) -> Given:
    """A new form."""
    return Given(owner)


def of(row: Subscription) -> Given:
    """What stands."""
    return Given(
        row.owner,
        row.name,
        row.url,
        row.fetched,
        str(row.ask_every_s),
        row.audience,
        tuple(row.kinds),
        tuple(one.public_id for one in row.companies.all()),
        tuple(one.public_id for one in row.warehouses.all()),
        tuple(one.public_id for one in row.customers.all()),
    )


def read(posted: QueryDict, owner: User, row: Subscription | None = None) -> Given:
    """What was typed, within bounds. Whether an agent fetches is settled when a subscription is added."""

    def many(field: str) -> tuple[str, ...]:
        return tuple(text[:60] for text in posted.getlist(field)[:500] if text)

    return Given(
        owner,
        posted.get("name", "").replace("\x00", "").strip()[:200],
        posted.get("url", "").strip()[:600],
        row.fetched if row else posted.get("way") == "fetched",
        posted.get("ask_every_s", "").strip()[:6] or "60",
        posted.get("audience", ""),
        many("kinds"),
        many("companies"),
        many("warehouses"),
        many("customers"),
    )
