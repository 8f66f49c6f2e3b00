"""Is Odoo there, does it know us, may we do what we must: in words, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from apps.integrations.models import OdooHook
from apps.integrations.odoo.client import DEFAULT, Client, Credentials
from apps.integrations.odoo.errors import LoginRefused, OdooError, OdooRefused
from apps.mirror.queries import feeds
from apps.mirror.specs import SPECS

WRITES: Final = ("account.move", "stock.picking")
ALSO_READ: Final = (
    "sale.order.line",
    "account.move.line",
    "mail.message",
    "uom.uom",
    "res.currency",
    "res.country",
    "res.users",
)
GROUPS: Final = (
    "Inventory / User, Sales / User: All Documents, Invoicing (account.group_account_invoice)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: ok, or what is wrong and what to do about it."""

    ok: bool
    says: str


def check(connection: str = DEFAULT) -> Iterator[Finding]:
    """Everything the tower needs of its Odoo, in the order in which it would fail."""
    want = Credentials.of(connection)
    odoo = Client(want)
    try:
        yield Finding(
            True,
            f"{want.url} answers; it is Odoo {odoo.version}, and {want.user} may sign in to {want.db}.",
        )
    except LoginRefused as error:
        yield Finding(False, f"{want.url} answers, but: {error.says}")
        return
    except OdooError as error:
        yield Finding(False, f"{want.url}: {error.says} Check ODOO_URL.")
        return
    yield from _rights(odoo)
    yield _notes(odoo)
    yield from _hearing(connection)
    yield from _feeds(connection)


def _rights(odoo: Client) -> Iterator[Finding]:
    lacking = []
    models = [spec.model for spec in SPECS]
    wanted = [(model, "read") for model in [*models, *(m for m in ALSO_READ if m not in models)]]
    for model, what in [*wanted, *((model, "write") for model in WRITES)]:
        if not may(odoo, model, what):
            lacking.append((model, what))
            yield Finding(False, f"{odoo.credentials.user} may not {what} {model}.")
    if lacking:
        yield Finding(False, f"Groups that give what is needed: {GROUPS}.")
    else:
        yield Finding(
            True, f"Rights: all {len(wanted)} models can be read, {' and '.join(WRITES)} written."
        )


def may(odoo: Client, model: str, what: str) -> bool:
    """Whether the user has a right on a model; `has_access` is 18 and later, before it was `check_access_rights`."""
    for method, args in (("has_access", [[], what]), ("check_access_rights", [what, False])):
        try:
            return bool(odoo.call(model, method, args))
        except OdooRefused as error:
            if error.name == "AccessError":
                return False
            if error.name not in ("AttributeError", "KeyError"):
                return False  # a model that is not installed cannot be read either
    return False


def _notes(odoo: Client) -> Finding:
    """Notes need an author with an e-mail address (FACTS 8)."""
    try:
        found = odoo.search_read("res.users", [("login", "=", odoo.credentials.user)], ["email"])
    except OdooError as error:
        return Finding(False, f"The service user cannot be read: {error.says}")
    if found and found[0]["email"]:
        return Finding(True, "The service user has an e-mail address, so its notes have an author.")
    return Finding(
        False,
        f"{odoo.credentials.user} has no e-mail address in Odoo; notes need an author with one.",
    )


def _hearing(connection: str) -> Iterator[Finding]:
    hook = OdooHook.objects.filter(connection=connection).first()
    if hook is None:
        yield Finding(
            True,
            "Webhooks: none set up; changes are found by polling. `manage.py odoo_bootstrap` makes the rules.",
        )
    elif hook.heard_at is None:
        yield Finding(
            False,
            "Webhooks: set up, but Odoo was not heard yet. It speaks when an order, transfer or invoice changes; "
            f"if it then stays silent, it cannot reach PUBLIC_URL ({settings.PUBLIC_URL}).",
        )
    else:
        yield Finding(True, f"Webhooks: last heard {hook.heard_at:%Y-%m-%d %H:%M:%S} UTC.")


def _feeds(connection: str) -> Iterator[Finding]:
    for feed in feeds(connection):
        if feed.error:
            yield Finding(False, f"Feed {feed.model}: {feed.error}")
        elif feed.loading:
            yield Finding(
                True,
                f"Feed {feed.model}: first load, {feed.loaded} of {feed.total or '?'} records.",
            )
