"""What JSON-2 and the first look at a server share: httpx with timeouts, and its failures as ours."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

import httpx

from apps.integrations.odoo.line.errors import (
    OdooAway,
    OdooError,
    OdooRefused,
    OutcomeUnknown,
    named,
)
from apps.integrations.odoo.line.naming import series

T = TypeVar("T")

_LOOK_S: Final = 15
_CONNECT_S: Final = 10


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Loading the certificates takes longer than a call: once per process."""
    return httpx.create_ssl_context()


def make_client(url: str, timeout_s: float, headers: dict[str, str] | None = None) -> httpx.Client:
    """A client that keeps its connection. Redirects are not followed: a POST would become a GET."""
    return httpx.Client(
        base_url=url,
        headers=headers,
        verify=_tls(),
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=4),
    )


def translated(work: Callable[[], T], *, writes: bool) -> T:
    """Run work; every way httpx can fail becomes an OdooError.

    Before the connection stands Odoo cannot have acted. Whatever comes later (timeout, reset, a cut answer)
    leaves the outcome of a write unknown.
    """
    lost = OutcomeUnknown if writes else OdooAway
    try:
        return work()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise OdooAway(f"Odoo cannot be reached: {error or 'no connection in time'}.") from error
    except httpx.UnsupportedProtocol as error:
        raise OdooAway("Odoo cannot be reached: its address starts with neither http.") from error
    except httpx.TimeoutException as error:
        raise lost("Odoo did not answer in time.") from error
    except httpx.HTTPError as error:
        raise lost(f"The connection to Odoo broke: {type(error).__name__}.") from error


def failure(response: httpx.Response, *, writes: bool) -> OdooError:
    """Our error for an answer that is no 200.

    With Odoo's own body the transaction was rolled back, also at 500. Without it a proxy speaks: its 5xx leaves
    a write's outcome unknown, its 429 says that nothing was passed on.
    """
    try:
        told = response.json()
    except ValueError:
        told = None
    if isinstance(told, dict) and told.get("name") and "message" in told:
        return named(told)
    says = f"The server answered HTTP {response.status_code} {response.reason_phrase}."
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return OdooAway(says)
    if response.status_code < 500:
        return OdooRefused(f"HTTP {response.status_code}", says)
    return (OutcomeUnknown if writes else OdooAway)(says)


@dataclass(frozen=True, slots=True)
class Look:
    """What a server says of itself without a login. clock_ahead_s: its clock minus ours, to about a second."""

    version: str
    clock_ahead_s: float | None

    @property
    def series(self) -> int:
        """18, 19, …; 0 when the version cannot be read."""
        return series(self.version)


def look(url: str, timeout_s: float = _LOOK_S) -> Look:
    """Ask for the version: `/web/version` (19 and later), else the call that OdooRPC makes. Raises OdooError."""
    with make_client(url, min(timeout_s, _LOOK_S)) as http:
        return translated(lambda: _look(http), writes=False)


def _look(http: httpx.Client) -> Look:
    started = time.time()
    response = http.get("/web/version")
    told = _json(response)
    if isinstance(told, dict) and isinstance(told.get("version"), str):
        return Look(told["version"], _ahead(response, started))
    started = time.time()
    response = http.post("/web/webclient/version_info", json={"jsonrpc": "2.0", "params": {}})
    told = _json(response)
    result = told.get("result") if isinstance(told, dict) else None
    if isinstance(result, dict) and isinstance(result.get("server_version"), str):
        return Look(result["server_version"], _ahead(response, started))
    if response.status_code >= 500:
        raise OdooAway(f"The server answered HTTP {response.status_code} {response.reason_phrase}.")
    raise OdooRefused("NotOdoo", "The server answers, but does not say that it is an Odoo.")


def _json(response: httpx.Response) -> Any:
    try:
        return response.json() if response.is_success else None
    except ValueError:
        return None


def _ahead(response: httpx.Response, started: float) -> float | None:
    """The Date header has whole seconds, cut: half a second is added. A call's own time is halved."""
    try:
        theirs = parsedate_to_datetime(response.headers.get("Date", "")).timestamp() + 0.5
    except ValueError:
        return None
    return theirs - (started + time.time()) / 2
