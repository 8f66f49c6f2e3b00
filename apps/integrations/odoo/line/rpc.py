"""JSON-RPC through OdooRPC: 18 and 19. Odoo 20 does away with `/jsonrpc` (FACTS 1)."""

from __future__ import annotations

import contextlib
import http.client
import urllib.error
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import odoorpc

from apps.integrations.odoo.line.connections import JSON_RPC, Credentials
from apps.integrations.odoo.line.errors import (
    LoginRefused,
    OdooAway,
    OdooError,
    OdooRefused,
    OutcomeUnknown,
    classified,
)

T = TypeVar("T")


class JsonRpc:
    """Signed in with the constructor. Raises OdooError and nothing else; each call is a connection of its own."""

    name = JSON_RPC

    def __init__(self, want: Credentials) -> None:
        self._odoo: odoorpc.ODOO = _translated(lambda: _signed_in(want), writes=False)

    @property
    def version(self) -> str:
        """As the server says it, e.g. `18.0`."""
        return str(self._odoo.version)

    def execute(
        self, model: str, method: str, args: Sequence[Any], kwargs: dict[str, Any], *, writes: bool
    ) -> Any:
        """One call in one transaction of Odoo's."""
        return _translated(
            lambda: self._odoo.execute_kw(model, method, list(args), kwargs), writes=writes
        )

    def close(self) -> None:
        """OdooRPC keeps no connection."""


def _signed_in(want: Credentials) -> odoorpc.ODOO:
    where = urlsplit(want.url)
    tls = where.scheme == "https"
    odoo = odoorpc.ODOO(
        f"{where.hostname}",
        protocol="jsonrpc+ssl" if tls else "jsonrpc",
        port=where.port or (443 if tls else 80),
        timeout=want.timeout_s,
    )
    try:
        odoo.login(want.db, want.user, want.secret)
    except odoorpc.error.RPCError as error:
        if isinstance(error.info, dict):
            raise classified(error.info) from error
        raise LoginRefused("AccessDenied", "Odoo does not accept the login.") from error
    return odoo


def _translated(work: Callable[[], T], *, writes: bool) -> T:
    """Run work; every way it can fail becomes an OdooError.

    urllib raises URLError only until the whole request is sent: Odoo cannot have acted on it. Whatever comes
    later (timeout, reset, a proxy's 5xx, a cut answer) leaves the outcome of a write unknown.
    """
    lost = OutcomeUnknown if writes else OdooAway
    try:
        return work()
    except OdooError:
        raise
    except odoorpc.error.RPCError as error:
        raise classified(error.info) from None
    except odoorpc.error.InternalError as error:
        raise OdooRefused("InternalError", str(error)) from error
    except urllib.error.HTTPError as error:
        with contextlib.closing(error):
            says = f"The server answered HTTP {error.code} {error.reason}."
            if error.code == http.client.TOO_MANY_REQUESTS:
                raise OdooAway(says) from error
            if error.code < 500:
                raise OdooRefused(f"HTTP {error.code}", says) from error
            raise lost(says) from error
    except urllib.error.URLError as error:
        raise OdooAway(f"Odoo cannot be reached: {error.reason}.") from error
    except TimeoutError as error:
        raise lost("Odoo did not answer in time.") from error
    except (OSError, http.client.HTTPException) as error:
        raise lost(f"The connection to Odoo broke: {type(error).__name__}.") from error
    except ValueError as error:  # an answer that is no JSON, from a proxy or another server
        raise lost("The server's answer is not Odoo's.") from error
