"""What comparisons with Odoo found, field by field, narrowed to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from apps.accounts.models import Company, User
from apps.mirror.models import Reconciliation
from apps.mirror.specs import BY_MODEL

_RUNS: Final = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one record on both sides. kind: missing and extra concern the whole record."""

    odoo_id: int
    kind: str
    field: str
    odoo: str | None
    tower: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """A comparison that found something; `foreign` differences lie in other companies than the person's."""

    row: Reconciliation
    shown: list[Difference]
    foreign: int


def differences(user: User, slug: str, model: str = "") -> list[Run]:
    """The last comparisons that found a difference, newest first, field by field, as far as the person may see."""
    rows = Reconciliation.objects.filter(connection=slug, model__in=[model] if model else BY_MODEL)
    found = rows.exclude(missing=0, extra=0, differing=0).order_by("-started_at", "-pk")[:_RUNS]
    return [_run(user, row) for row in found]


def _run(user: User, row: Reconciliation) -> Run:
    told = [
        Difference(
            int(one["odoo_id"]),
            one["field"] if one["field"] in ("missing", "extra") else "differs",
            one["field"],
            one.get("odoo"),
            one.get("tower"),
        )
        for one in row.details
    ]
    hidden = _foreign(user, row, {one.odoo_id for one in told})
    shown = [one for one in told if one.odoo_id not in hidden]
    return Run(row, shown, len(hidden))


def _foreign(user: User, row: Reconciliation, odoo_ids: set[int]) -> set[int]:
    """Records outside the person's scope; one that the mirror does not hold says nothing but its id.

    Lines carry no scope of their own: they are shown to who sees every company of the connection, whole.
    """
    spec = BY_MODEL[row.model]
    if not spec.scoped:
        open_to_all = spec.pace == "master" or _sees_whole(user, row.connection)
        return set() if open_to_all else odoo_ids
    rows: Any = spec.table._default_manager.filter(connection=row.connection, odoo_id__in=odoo_ids)
    return set(rows.exclude(user.scope.q()).values_list("odoo_id", flat=True))


def _sees_whole(user: User, slug: str) -> bool:
    scope = user.scope
    if scope.warehouses is not None or scope.customers is not None:
        return False
    return not Company.objects.filter(connection=slug).exclude(pk__in=scope.companies).exists()
