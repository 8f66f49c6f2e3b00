"""What a subscriber may hear of: never more than its owner may see, nor than it was narrowed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.models import Customer, User
from apps.accounts.roles import Role
from apps.accounts.scope import NOTHING, Scope
from apps.integrations.models.outgoing import Audience, Subscription
from apps.integrations.outgoing.catalog import CUSTOMER_NEWS, OFFERS
from apps.integrations.queries import partners_of

if TYPE_CHECKING:
    from apps.journal.models import Entry


@dataclass(frozen=True, slots=True)
class Listener:
    """A subscription with what its owner may see and do now; read once for each batch of entries."""

    row: Subscription
    scope: Scope
    kinds: frozenset[str]
    partners: frozenset[str]  # slugs whose messages it may hear of
    owner_left: bool
    sees_pipes: bool = False  # cases of no company

    @property
    def for_customer(self) -> bool:
        """Whether it is told in a customer's words."""
        return self.row.audience == Audience.CUSTOMER

    def hears(self, entry: Entry) -> bool:
        """Whether this entry is for it, by kind, time and the scope the entry was written with."""
        if entry.kind not in self.kinds or entry.at < self.row.created_at:
            return False
        if OFFERS[entry.kind].facts == "message":
            return entry.payload.get("partner") in self.partners
        quiet = CUSTOMER_NEWS.isdisjoint(entry.payload.get("became") or ())
        if self.for_customer and entry.kind == "shipment.changed" and quiet:
            return False
        where = (entry.company_id, entry.warehouse_id, entry.customer_id)
        return self.covers(OFFERS[entry.kind].facts, *where)

    def covers(
        self, sort: str, company_id: int | None, warehouse_id: int | None, customer_id: int | None
    ) -> bool:
        """Whether a record of this sort with this scope is for it.

        Cases of no company (a partner is down, a receiver is gone) are for those who see them in the queue, whole
        companies and all: exceptions.models.CaseQuerySet.visible_to.
        """
        if sort == "case" and company_id is None:
            return self.sees_pipes
        return self.sees(company_id, warehouse_id, customer_id)

    def sees(
        self, company_id: int | None, warehouse_id: int | None, customer_id: int | None
    ) -> bool:
        """The scope's rule for one row, as it stands now."""
        return self.scope.covers(company_id, warehouse_id, customer_id)


def listeners(rows: Iterable[Subscription]) -> list[Listener]:
    """The subscriptions with their owners' rights; owner, companies, warehouses and customers loaded.

    A handful of queries for each different owner, and one for the children of chosen customers.
    """
    subscriptions = list(rows)
    chosen = {customer.pk for row in subscriptions for customer in row.customers.all()}
    children: dict[int, set[int]] = {}
    if chosen:
        for parent, child in Customer.objects.filter(parent_id__in=chosen).values_list(
            "parent_id", "pk"
        ):
            children.setdefault(parent or 0, set()).add(child)
    owners: dict[int, User] = {}
    return [
        _listener(row, owners.setdefault(row.owner_id, row.owner), children)
        for row in subscriptions
    ]


def _listener(row: Subscription, owner: User, children: dict[int, set[int]]) -> Listener:
    scope = _narrowed(row, owner.scope, children) if owner.is_active else NOTHING
    kinds = allowed_kinds(owner, row.audience)
    if row.kinds:
        kinds &= frozenset(row.kinds)
    unrestricted = scope.warehouses is None and scope.customers is None
    wants_messages = any(OFFERS[kind].facts == "message" for kind in kinds)
    slugs = partners_of(owner).values_list("slug", flat=True) if wants_messages else ()
    whole = unrestricted and row.audience == Audience.TOWER and bool(scope.companies)
    return Listener(
        row,
        scope,
        kinds,
        frozenset(slugs) if unrestricted else frozenset(),
        owner_left=not owner.is_active,
        sees_pipes=whole and bool(owner.roles & {Role.OPERATIONS, Role.INTEGRATION}),
    )


def allowed_kinds(owner: User, audience: str) -> frozenset[str]:
    """The kinds this person may subscribe to for this audience.

    What customers may hear needs no right of the desk: it is what the portal shows, and whose goods it may be
    about is the scope's to say.
    """
    if audience == Audience.CUSTOMER:
        return frozenset(kind for kind, offer in OFFERS.items() if offer.customer)
    return frozenset(kind for kind, offer in OFFERS.items() if owner.may(offer.door))


def _narrowed(row: Subscription, scope: Scope, children: dict[int, set[int]]) -> Scope:
    companies = scope.companies & {company.pk for company in row.companies.all()}
    warehouses = _both(scope.warehouses, {warehouse.pk for warehouse in row.warehouses.all()})
    picked = {customer.pk for customer in row.customers.all()}
    for customer in tuple(picked):
        picked |= children.get(customer, set())
    customers = _both(scope.customers, picked)
    if row.audience == Audience.CUSTOMER and customers is None:
        return NOTHING  # a company grant alone must not tell a customer of all the others
    return Scope(companies, warehouses, customers)


def _both(granted: frozenset[int] | None, chosen: set[int]) -> frozenset[int] | None:
    if not chosen:
        return granted
    return frozenset(chosen) if granted is None else granted & chosen
