"""What journal entries are about, by the name a person knows it by instead of an id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from apps.accounts.models import User
from apps.exceptions.models import Case
from apps.integrations.queries import commands_of, messages_of, partners_of
from apps.journal.models import Entry
from apps.shipments.models import Order, Package, Shipment

_PREFIX: Final = 4


@dataclass(frozen=True, slots=True)
class Called:
    """A name, and where the thing stands."""

    name: str
    url: str


def called(user: User, entries: Iterable[Entry]) -> dict[str, Called]:
    """Name and address by the public id of subjects, people by theirs: what the person may see; one query a kind."""
    rows = list(entries)
    subjects: dict[str, set[str]] = {}
    for row in rows:
        subjects.setdefault(row.subject[:_PREFIX], set()).add(row.subject)
    found: dict[str, Called] = {}
    for prefix, look in _LOOKS.items():
        if refs := subjects.get(prefix):
            found |= look(user, refs)
    people = User.objects.filter(public_id__in={row.actor for row in rows})
    return found | {ref: Called(name, "") for ref, name in people.values_list("public_id", "name")}


def _packages(user: User, refs: set[str]) -> dict[str, Called]:
    mine = user.scope.narrow(Shipment.objects.all()).order_by().values("pk")
    rows = Package.objects.filter(public_id__in=refs).filter(
        Q(links=None) | Q(links__shipment__in=mine)
    )
    return {
        ref: Called(number, f"{reverse('messages')}?{urlencode({'q': number})}")
        for ref, number in rows.values_list("public_id", "tracking_number")
    }


def _shipments(user: User, refs: set[str]) -> dict[str, Called]:
    rows = user.scope.narrow(Shipment.objects.filter(public_id__in=refs))
    return {
        ref: Called(name, reverse("shipment", args=[ref]))
        for ref, name in rows.values_list("public_id", "reference")
    }


def _orders(user: User, refs: set[str]) -> dict[str, Called]:
    rows = user.scope.narrow(Order.objects.filter(public_id__in=refs))
    return {
        ref: Called(name, reverse("order", args=[ref]))
        for ref, name in rows.values_list("public_id", "name")
    }


def _cases(user: User, refs: set[str]) -> dict[str, Called]:
    rows = Case.objects.filter(public_id__in=refs).filter(user.scope.q() | Q(company=None))
    return {
        ref: Called(title, reverse("case", args=[ref]))
        for ref, title in rows.values_list("public_id", "title")
    }


def _messages(user: User, refs: set[str]) -> dict[str, Called]:
    rows = messages_of(user).filter(public_id__in=refs)
    return {
        ref: Called(f"message of {name}", reverse("message", args=[ref]))
        for ref, name in rows.values_list("public_id", "partner__name")
    }


def _commands(user: User, refs: set[str]) -> dict[str, Called]:
    if not user.may("commands.see"):
        return {}
    rows = commands_of(user).filter(public_id__in=refs)
    return {
        ref: Called(intent, reverse("command", args=[ref]))
        for ref, intent in rows.values_list("public_id", "intent")
    }


def _partners(user: User, refs: set[str]) -> dict[str, Called]:
    rows = partners_of(user).filter(public_id__in=refs)
    sees = user.may("integrations.see")
    return {
        ref: Called(name, reverse("partner", args=[slug]) if sees else "")
        for ref, name, slug in rows.values_list("public_id", "name", "slug")
    }


_LOOKS: Final = {
    "pkg_": _packages,
    "shp_": _shipments,
    "ord_": _orders,
    "cas_": _cases,
    "msg_": _messages,
    "cmd_": _commands,
    "prt_": _partners,
}
