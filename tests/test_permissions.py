"""Every address × every role: allowed or refused as `accounts.roles.MAY` says. The table is the test."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.accounts.roles import MAY, Role
from tests.factories import make_person

# Addresses that need no sign-in, each with its reason.
OPEN = {
    "healthz": "says only that the process lives",
    "readyz": "says only which dependency is missing",
    "metrics": "kept inside the network by the proxy (deploy/README.md)",
    "schema": "the API's description is public",
    "schema-canonical": "what partners may send is public, as the API's description is",
    "track": "the signed link is the key",
    "track_calendar": "the signed link is the key",
    "track_proof": "the signed link and the postcode are the key",
    "track_document": "the signed link and the postcode are the key",
    "api-receive": "the partner's signature is the key",
    "api-odoo-hook": "the unguessable address is the key; what comes in is a hint only",
}
ID = "x_00000000000000000000000000000000"
NAMED = {"message_id": "msg_" + "0" * 32, "token": "x" * 24, "partner": "nobody"}
SAMPLES = {
    "str": ID,
    "slug": "x",
    "int": "1",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "path": "x",
}


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """(name, path with sample values, view) of every address, allauth's own left out."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith("accounts/"):
                yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or route, fill(route), pattern.callback


def fill(route: str) -> str:
    """A path of a route: sample values for its parts, no regular expression left."""
    # An unknown kind of command is refused to everybody; the door is about those that exist.
    route = re.sub(r"(?<=commands/new/)(<str:kind>|\(\?P<kind>[^()]*\))", "note", route)
    route = re.sub(r"\(\?P<(\w+)>[^()]*\)", lambda part: NAMED.get(part[1], ID), route)
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda part: SAMPLES.get(part[1] or "str", "x"), route)
    return "/" + re.sub(r"\^|\$|\\Z|/\?(?=\$|$)", "", route)


def doors(view: Any) -> set[str]:
    """What a view asks its visitor to be allowed, by whichever way it says so."""
    if hasattr(view, "needs"):
        return {view.needs}
    shown = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if shown is None:
        return set()
    classes = list(getattr(shown, "permission_classes", []))
    for group in getattr(shown, "permissions_by_method", {}).values():
        classes += group
    return {name[4:-1] for name in (c.__name__ for c in classes) if name.startswith("May(")}


ADDRESSES = list(addresses(get_resolver().url_patterns))


def test_every_address_names_its_door_or_a_reason_to_have_none():
    doorless = [
        f"{name} {path}" for name, path, view in ADDRESSES if not doors(view) and name not in OPEN
    ]
    assert not doorless, "\n".join(doorless)


def test_every_door_in_use_stands_in_the_table():
    assert {door for _, _, view in ADDRESSES for door in doors(view)} <= set(MAY)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, *Role], ids=str)
def test_every_role_is_let_in_or_refused_as_the_table_says(role, company):
    client = Client(raise_request_exception=True)
    if role is not None:
        client.force_login(make_person("Rory Role", role.value, company))
    wrong = []
    for name, path, view in ADDRESSES:
        needed = doors(view)
        if not needed or len(needed) > 1:
            continue
        answer = client.get(path)
        if answer.status_code == 405:
            answer = client.post(path)
        allowed = role is not None and all(role in MAY[door] for door in needed)
        elsewhere = answer.headers.get("Location", "")
        refused = answer.status_code in (401, 403) or "/login/" in elsewhere or elsewhere == "/my/"
        if allowed == refused:
            wrong.append(
                f"{name} {path}: {answer.status_code}, {'should be' if allowed else 'should not be'} let in"
            )
    assert wrong == []
