"""Who could answer for an order."""

from typing import Any

from guardian.shortcuts import get_users_with_perms

from apps.accounts.models import User
from apps.accounts.roles import MAY
from apps.shipments.models import Order

_MOST = 50


def colleagues(order: Order) -> list[User]:
    """Active people whose role may own orders and who were granted the order's company, by name.

    Whether each also sees its warehouse and customer is asked when it is handed over.
    """
    rows = User.objects.filter(
        groups__name__in=sorted(MAY["orders.own"]), is_active=True, is_service=False
    )
    if order.company is not None:
        granted: Any = get_users_with_perms(
            order.company, only_with_perms_in=["see_company"], with_group_users=False
        )
        rows = rows.filter(pk__in=[person.pk for person in granted])
    return list(rows.distinct().order_by("name")[:_MOST])
