"""What Odoo's employees say of our people: who is away, who leads whom, who has left (R12, R15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.roles import MAY
from apps.exceptions import services as exceptions
from apps.exceptions.models import Case
from apps.integrations.odoo.linked.says import person
from apps.mirror.models import LinkedRecord

MODEL: Final = "hr.employee.public"
GOVERNANCE: Final = "approver_departed"
_DECIDES: Final = "release.decide"


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away, or gone: until when (an ISO date, empty if Odoo does not say) and who could step in."""

    name: str
    departed: bool
    until: str
    manager: str
    read_at: datetime

    @property
    def says(self) -> str:
        """One sentence for the case page."""
        if self.departed:
            return f"{self.name} has left, says Odoo."
        until = f" until {self.until}" if self.until else ""
        return f"{self.name} is away{until}, says Odoo."


def employee_of(connection: str, user: User) -> LinkedRecord | None:
    """The employee who is this person, by address; one who is still there before one who left."""
    rows = LinkedRecord.objects.filter(
        connection=connection, model=MODEL, about__contains=[person(user.email)]
    )
    return rows.order_by("-open", "-odoo_id").first()


def absence(connection: str, user: User) -> Absence | None:
    """Whether a person is away today; None while they are at work, or Odoo does not know them."""
    row = employee_of(connection, user)
    if row is None or (row.open and not row.data.get("absent")):
        return None
    return Absence(
        name=str(user),
        departed=not row.open,
        until=str(row.data.get("absent_until") or ""),
        manager=str(row.data.get("manager") or ""),
        read_at=row.read_at,
    )


def manager_of(connection: str, user: User) -> tuple[str, User | None]:
    """The name of who leads a person in Odoo, and that person here where they work with the tower; ("", None) if none."""
    row = employee_of(connection, user)
    if row is None:
        return "", None
    email = str(row.data.get("manager_email") or "")
    there = User.objects.filter(email__iexact=email, is_active=True).first() if email else None
    return str(row.data.get("manager") or ""), there


def watch_approvers(connection: str) -> int:
    """A person who may decide and who has left in Odoo is a case, one each, until either is settled (R15).

    Returns how many stand open.
    """
    now, open_now = timezone.now(), 0
    roles = [role.value for role in MAY[_DECIDES]]
    deciders = {
        user.public_id: user
        for user in User.objects.filter(is_active=True, groups__name__in=roles).distinct()
    }
    for user in deciders.values():
        row = employee_of(connection, user)
        if row is None or row.open:
            continue
        open_now += 1
        exceptions.open_case(
            GOVERNANCE,
            _key(connection, user.public_id),
            now=now,
            title=f"{user} has left, but may still approve"[:200],
            says=f"Odoo's employee {row.title} is archived, and {user} still has a role that decides here.",
            reason="departed",
            subject=user.public_id,
            evidence=[
                exceptions.Evidence(
                    "odoo", f"{MODEL},{row.odoo_id}", f"{row.title}: departed", row.read_at
                )
            ],
        )
    _clear(connection, deciders, now)
    return open_now


def escalate(cases: Iterable[Case], now: datetime) -> None:
    """Name on these cases who leads those that should have acted, as Odoo's employees have it (R15)."""
    for case in cases:
        about = case.order or case.shipment
        connection = about.connection if about else "default"
        if case.kind == "approval_overdue":
            who = list(
                User.objects.filter(
                    is_active=True, groups__name__in=[role.value for role in MAY[_DECIDES]]
                ).distinct()[:20]
            )
        else:
            who = [case.owner] if case.owner else []
        leads = [(one, *manager_of(connection, one)) for one in who]
        words = [f"{manager} leads {one}" for one, manager, _ in leads if manager]
        if words:
            says = f"Next in line, as Odoo's employees have it: {'; '.join(words)}."
            exceptions.annotate(case, says=says, now=now)


def _clear(connection: str, deciders: dict[str, User], now: datetime) -> None:
    prefix = _key(connection, "")
    cases = Case.objects.filter(kind=GOVERNANCE, dedupe__startswith=prefix)
    for case in list(cases.exclude(state="resolved")):
        user = deciders.get(case.subject)
        row = employee_of(connection, user) if user else None
        if user is None:
            exceptions.clear_case(
                case.dedupe, says="They no longer have a role that decides.", now=now
            )
        elif row is None or row.open:
            exceptions.clear_case(case.dedupe, says="Odoo has them as an employee.", now=now)


def _key(connection: str, user: str) -> str:
    return f"{GOVERNANCE}:{connection}:{user}"
