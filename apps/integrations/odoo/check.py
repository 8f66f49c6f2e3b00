"""Is Odoo there, does it know us, may we do what we must: in words, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from apps.integrations.models import OdooHook, OdooServer
from apps.integrations.odoo.command import guard
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.kinds.base import CREATE, GUARD
from apps.integrations.odoo.line import discover
from apps.integrations.odoo.line.client import DEFAULT, Client, Credentials
from apps.integrations.odoo.line.discover import ABSENT, APPS, HIDDEN
from apps.integrations.odoo.line.errors import LoginRefused, OdooError
from apps.integrations.odoo.line.series import TESTED, differences
from apps.mirror.queries import feeds
from apps.mirror.specs import SPECS

GROUPS: Final = (
    "Inventory / User, Sales / User: All Documents, Invoicing (account.group_account_invoice), "
    "Purchase / User, Manufacturing / User"
)
_CLOCKS_AGREE_S: Final = 2.5
_CLOCKS_DIFFER_S: Final = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: ok, worth knowing (warns), or what is wrong and what to do about it."""

    ok: bool
    says: str
    warns: bool = False


def check(connection: str = DEFAULT) -> Iterator[Finding]:
    """Everything the tower needs of its Odoo, in the order in which it would fail."""
    want = Credentials.of(connection)
    odoo = Client(want)
    try:
        yield Finding(
            True,
            f"{want.url} answers; it is Odoo {odoo.version} over {_way(odoo)}, and {want.user} may sign in to {want.db}.",
        )
        yield from _version(odoo)
        server = discover.refresh(connection, odoo)
        yield from _clock(server)
        yield from _rights(odoo, server)
        yield from _commands(odoo, server)
        yield from _guards(connection, server)
        yield _notes(odoo)
        yield from _apps(server)
    except LoginRefused as error:
        yield Finding(False, f"{want.url} answers, but: {error.says}")
        return
    except OdooError as error:
        yield Finding(False, f"{want.url}: {error.says} Check the address (ODOO_URL).")
        return
    finally:
        odoo.close()
    yield from _hearing(connection)
    yield from _feeds(connection)


def _way(odoo: Client) -> str:
    return {"json-2": "JSON-2", "json-rpc": "JSON-RPC"}[odoo.transport]


def _version(odoo: Client) -> Iterator[Finding]:
    if odoo.series < min(TESTED):
        yield Finding(
            True,
            f"Odoo {odoo.version} is untested: its known differences are mapped, but nobody has seen the tower work "
            "with it. Run the contract suite against a copy first.",
            warns=True,
        )
        for says in differences(odoo.series):
            yield Finding(True, f"Odoo {odoo.version}: {says} (not tested).", warns=True)
    elif odoo.series > max(TESTED):
        yield Finding(
            True, f"Odoo {odoo.version} is newer than the tower knows: untested.", warns=True
        )
    elif odoo.series >= 19 and odoo.transport == "json-rpc":
        yield Finding(
            True,
            "JSON-RPC goes away in Odoo 20: make an API key for the service user and set it as "
            f"the secret ({odoo.credentials.set_by}); JSON-2 is then used by itself.",
            warns=True,
        )


def _clock(server: OdooServer) -> Iterator[Finding]:
    ahead = server.clock_ahead_s
    if ahead is None:
        return
    words = f"Odoo's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} ours"
    if abs(ahead) <= _CLOCKS_AGREE_S:
        yield Finding(True, "Odoo's clock and ours agree.")
    elif abs(ahead) <= _CLOCKS_DIFFER_S:
        yield Finding(True, f"{words}; times on screen may look out of order.", warns=True)
    else:
        yield Finding(False, f"{words}: set both by a time server.")


def _rights(odoo: Client, server: OdooServer) -> Iterator[Finding]:
    optional = {app.model for app in APPS}
    user, lacking, readable = odoo.credentials.user, 0, 0
    wanted = [(spec.model, *spec.alternatives) for spec in SPECS]
    wanted += [(model,) for model in discover.ALSO_READ]
    for names in wanted:
        there = [name for name in names if server.offers[name] != ABSENT]
        hidden = [name for name in there if server.offers[name] == HIDDEN]
        if hidden:
            lacking += 1
            yield Finding(False, f"{user} may not read {hidden[0]}.")
        elif there:
            readable += 1
        elif not optional.intersection(names) and not _belongs_to_an_app(names[0], server):
            lacking += 1
            yield Finding(False, f"Odoo has no {' or '.join(names)}: its app is not installed.")
    if lacking:
        yield Finding(False, f"Groups that give what is needed: {GROUPS}.")
    else:
        yield Finding(True, f"Rights: all {readable} models that are mirrored can be read.")


def _belongs_to_an_app(model: str, server: OdooServer) -> bool:
    """Lines of an app that is absent are absent with it."""
    return any(
        model.startswith(f"{app.model}.") and server.offers[app.model] == ABSENT for app in APPS
    )


def _commands(odoo: Client, server: OdooServer) -> Iterator[Finding]:
    """Each kind needs a right on the models it touches: write, or create of what it makes."""
    needs: dict[tuple[str, str], list[str]] = {}
    for kind in KINDS.values():
        if kind.form == CREATE and kind.app:
            needs.setdefault((kind.app, "create"), []).append(kind.title)
            continue
        for model in kind.models:
            needs.setdefault((model, "write"), []).append(kind.title)
    lacking = 0
    for (model, what), titles in sorted(needs.items()):
        if server.offers.get(model) == ABSENT or odoo.may(model, what):
            continue
        lacking += 1
        yield Finding(False, f"{odoo.credentials.user} may not {what} {model}.")
        yield Finding(
            False, f"Without {what} on {model} these commands are refused: {', '.join(titles)}."
        )
    if not lacking:
        yield Finding(True, f"Rights: all {len(KINDS)} kinds of commands can be carried out.")


def _guards(connection: str, server: OdooServer) -> Iterator[Finding]:
    """Guarded actions are known by what `odoo_bootstrap` made: the service user cannot see them in Odoo."""
    guarded = [kind for kind in KINDS.values() if kind.form == GUARD]
    wanted = sorted({model for kind in guarded for model in kind.models})
    missing = [
        model
        for model in wanted
        if server.offers.get(model) != ABSENT and guard.action_of(connection, model) is None
    ]
    if not missing:
        yield Finding(True, "Guarded actions: made, for every model with commands.")
        return
    without = [kind.title for kind in guarded if not kind.fallback]
    yield Finding(
        True,
        f"Guarded actions: not made (or outdated) for {', '.join(missing)}; `manage.py odoo_bootstrap` makes them. "
        f"Until then these commands are parked there: {', '.join(without)}.",
        warns=True,
    )


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


def _apps(server: OdooServer) -> Iterator[Finding]:
    for app in APPS:
        yield Finding(True, discover.in_words(app, server.offers[app.model]))


def _hearing(connection: str) -> Iterator[Finding]:
    hook = OdooHook.objects.filter(connection=connection).first()
    if hook is None:
        yield Finding(
            True,
            "Webhooks: none set up; changes are found by polling. `manage.py odoo_bootstrap` makes the rules.",
            warns=True,
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
