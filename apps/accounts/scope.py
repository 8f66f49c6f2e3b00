"""Who sees what. Company is mandatory; warehouse and customer restrict only where a person has such grants.

AND between kinds, OR within one; a row without a warehouse is hidden from warehouse-restricted people.
Grants are guardian's, on the containers (DESIGN, "Scope").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, Q, QuerySet
from guardian.shortcuts import assign_perm, get_objects_for_user

if TYPE_CHECKING:
    from apps.accounts.models import Company, Customer, User, Warehouse

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Scope:
    """Ids of the containers a person was granted; None means unrestricted in that kind."""

    companies: frozenset[int]
    warehouses: frozenset[int] | None = None
    customers: frozenset[int] | None = None

    def q(self, prefix: str = "") -> Q:
        """The filter for rows that carry company_id, warehouse_id and customer_id below `prefix`."""
        allowed = Q(**{f"{prefix}company_id__in": self.companies})
        if self.warehouses is not None:
            allowed &= Q(**{f"{prefix}warehouse_id__in": self.warehouses})
        if self.customers is not None:
            allowed &= Q(**{f"{prefix}customer_id__in": self.customers})
        return allowed

    def narrow(self, rows: QuerySet[Row], prefix: str = "") -> QuerySet[Row]:
        """The rows of a queryset that lie inside this scope."""
        return rows.filter(self.q(prefix))

    def covers(
        self, company_id: int | None, warehouse_id: int | None, customer_id: int | None
    ) -> bool:
        """The same rule for one row already at hand (live sockets)."""
        return (
            company_id in self.companies
            and (self.warehouses is None or warehouse_id in self.warehouses)
            and (self.customers is None or customer_id in self.customers)
        )


NOTHING = Scope(companies=frozenset())


def scope_of(user: User) -> Scope:
    """Read a person's grants: four small queries, cached on the user for the request."""
    from apps.accounts.models import Company, Customer, Warehouse

    if not user.is_active:
        return NOTHING
    companies = _granted(user, "see_company", Company)
    warehouses = _granted(user, "see_warehouse", Warehouse)
    customers = _granted(user, "see_customer", Customer)
    if customers:
        customers |= frozenset(
            Customer.objects.filter(parent_id__in=customers).values_list("id", flat=True)
        )
    return Scope(companies, warehouses or None, customers or None)


def _granted(user: User, permission: str, model: type[Any]) -> frozenset[int]:
    rows = get_objects_for_user(
        user, permission, model, with_superuser=False, accept_global_perms=False
    )
    return frozenset(rows.values_list("pk", flat=True))


def grant(user: User, *containers: Company | Warehouse | Customer) -> None:
    """Give a person sight of companies, warehouses or customers."""
    for container in containers:
        assign_perm(f"see_{container._meta.model_name}", user, container)
