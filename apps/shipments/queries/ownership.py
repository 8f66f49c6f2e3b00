"""The ownership matrix for its screen and the API."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.shipments.models import FieldOwner, Source


def ownership() -> QuerySet[FieldOwner]:
    """The lines that hold now, by object and field, with who changed them last."""
    return FieldOwner.objects.filter(active=True).select_related("changed_by").order_by(
        "object", "field"
    )  # fmt: skip


def ownership_history(public_id: str) -> QuerySet[FieldOwner]:
    """Every version of one line (any version's id), newest first."""
    return FieldOwner.objects.select_related("changed_by").filter(
        object__in=FieldOwner.objects.filter(public_id=public_id).values("object"),
        field__in=FieldOwner.objects.filter(public_id=public_id).values("field"),
    ).order_by("-version")  # fmt: skip


def sources() -> QuerySet[Source]:
    """Partners of which somebody said what kind of system they are; all others are what their format's are."""
    return Source.objects.select_related("changed_by").order_by("slug")
