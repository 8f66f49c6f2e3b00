"""Which way calls travel: chosen by the server's version and the kind of secret, or as configured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from apps.integrations.odoo.line.connections import JSON_2, JSON_RPC, Credentials, path_of
from apps.integrations.odoo.line.errors import DENIED, LoginRefused, OdooAway, OdooRefused
from apps.integrations.odoo.line.json2 import Json2
from apps.integrations.odoo.line.rpc import JsonRpc
from apps.integrations.odoo.line.wire import look


class Transport(Protocol):
    """How one signed-in user's calls travel. Raises OdooError and nothing else."""

    name: str

    @property
    def version(self) -> str:
        """As the server says it, e.g. `18.0`."""

    def execute(
        self, model: str, method: str, args: Sequence[Any], kwargs: dict[str, Any], *, writes: bool
    ) -> Any:
        """One call in one transaction of Odoo's; writes says that a lost answer leaves the outcome unknown."""

    def close(self) -> None:
        """Give back what is held."""


def sign_in(want: Credentials) -> Transport:
    """The transport that is asked for, else JSON-2 where the server has it and the secret is a key it accepts.

    Raises OdooError. A password, and any secret before 19, goes over JSON-RPC, which ends with 20.
    """
    if (path := path_of(want.url)) is not None:
        raise OdooAway(path)
    if want.transport == JSON_2:
        return Json2(want)
    if want.transport == JSON_RPC:
        return JsonRpc(want)
    if not want.has_key:
        return _by_password(want)
    seen = look(want.url, want.timeout_s)
    if seen.series < 19:
        return JsonRpc(want)
    try:
        return Json2(want, seen.version)
    except LoginRefused as error:
        if error.name not in DENIED or seen.series > 19:
            raise
        return JsonRpc(want)  # a password of 40 hex digits


def _by_password(want: Credentials) -> Transport:
    try:
        return JsonRpc(want)
    except OdooRefused as error:
        if error.name != "HTTP 404" or look(want.url, want.timeout_s).series < 20:
            raise
        raise LoginRefused(
            "KeyNeeded",
            f"Odoo 20 and later take API keys only, not passwords ({want.set_by}).",
        ) from error
