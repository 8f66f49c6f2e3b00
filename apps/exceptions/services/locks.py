"""Cases as they are now, locked until commit."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.exceptions.models import Case


def lock_case(case_id: int) -> Case:
    """One case with all that a verb needs. Raises DoesNotExist."""
    return lock_cases(Case.objects.filter(pk=case_id)).get()


def lock_cases(
    rows: QuerySet[Case], *, limit: int | None = None, skip_locked: bool = False
) -> QuerySet[Case]:
    """Lock the cases of a queryset, by id, and read them.

    Two statements on purpose: a locking read that waited shows the new row of the case beside the *old* rows it is
    joined with, so a case just taken by a colleague would come without an owner.
    """
    wanted = rows.order_by("id").select_for_update(no_key=True, skip_locked=skip_locked)
    ids = list(wanted.values_list("id", flat=True)[:limit])
    return (
        Case.objects.filter(id__in=ids)
        .select_related("team", "owner", "shipment__carrier", "package__carrier", "order")
        .order_by("id")
    )
