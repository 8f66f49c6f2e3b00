"""A small interface over OdooRPC: what the tower asks of Odoo, with timeouts and errors it can act on.

One client per thread; a circuit breaker per connection, so that an Odoo that is away costs one fast refusal
instead of a timeout for each call.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
import urllib.error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import odoorpc
import pybreaker
import structlog
from django.conf import settings

from apps.integrations.odoo.errors import (
    LoginRefused,
    OdooAway,
    OdooError,
    OdooRefused,
    OutcomeUnknown,
    classified,
)
from apps.mirror.specs import Record

log = structlog.get_logger(__name__)
T = TypeVar("T")

DEFAULT = "default"
CONTEXT = {"lang": "en_US"}  # names and error messages are translated otherwise (FACTS 10)
_FAILURES = 3
_REST_S = 5


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where an Odoo is and who we are there. timeout_s is the limit of one call."""

    url: str
    db: str
    user: str
    secret: str
    timeout_s: float = 60

    @classmethod
    def of(cls, connection: str) -> Credentials:
        """Those of a connection; `default` is configured by ODOO_* in the environment."""
        if connection != DEFAULT:
            raise KeyError(f"no Odoo connection is configured as {connection!r}")
        odoo = settings.ODOO
        return cls(odoo["url"], odoo["db"], odoo["user"], odoo["secret"], odoo["timeout_s"])


class _Listener(pybreaker.CircuitBreakerListener):
    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        log.warning("odoo_breaker", odoo=cb.name, state=new_state.name)


_circuits: dict[str, pybreaker.CircuitMemoryStorage] = {}
_clients = threading.local()


def circuit(url: str) -> str:
    """The state of one Odoo's circuit breaker in this process: closed, open or half-open."""
    return str(_storage(url).state)


def _storage(url: str) -> pybreaker.CircuitMemoryStorage:
    return _circuits.setdefault(url, pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED))


def _breaker(url: str) -> pybreaker.CircuitBreaker:
    """One breaker per client, since a pybreaker lets one call through at a time; they share one state.

    The error that opens the circuit must stay what it is: an unknown outcome may never look like a refusal.
    """
    return pybreaker.CircuitBreaker(
        fail_max=_FAILURES,
        reset_timeout=_REST_S,
        name=url,
        listeners=[_Listener()],
        state_storage=_storage(url),
        exclude=[lambda error: not isinstance(error, OdooAway | OutcomeUnknown)],
        throw_new_error_on_trip=False,
    )


def client(connection: str = DEFAULT) -> Client:
    """This thread's client of a connection."""
    credentials = Credentials.of(connection)
    kept: dict[Credentials, Client] = _clients.__dict__.setdefault("kept", {})
    if credentials not in kept:
        kept[credentials] = Client(credentials)
    return kept[credentials]


class Client:
    """Calls one Odoo as one user. Signs in with the first call; raises OdooError and nothing else."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._odoo: odoorpc.ODOO | None = None
        self._breaker = _breaker(credentials.url)
        self._fields: dict[str, dict[str, Any]] = {}
        self._refs: dict[str, int] = {}

    @property
    def version(self) -> str:
        """The server's version, e.g. `18.0`; asks Odoo if nobody did yet."""
        return str(self._guarded(self._connected, writes=False).version)

    def search_read(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        *,
        limit: int | None = None,
        order: str = "id",
        archived: bool = True,
    ) -> list[Record]:
        """Records with bare ids for many2ones (`load=False` saves Odoo 40 %, FACTS 4)."""
        found = self.call(
            model,
            "search_read",
            [list(domain)],
            fields=list(fields),
            limit=limit or 0,
            order=order,
            load=False,
            context=_context(archived),
        )
        return list(found or [])

    def read(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Record]:
        """Records by id; those that Odoo no longer has are left out."""
        if not ids:
            return []
        return list(self.call(model, "read", [list(ids)], fields=list(fields), load=False) or [])

    def search(
        self,
        model: str,
        domain: Sequence[Any],
        *,
        order: str = "id",
        limit: int | None = None,
        archived: bool = True,
    ) -> list[int]:
        """Ids. Records that the user's rules forbid are silently missing (FACTS 2)."""
        found = self.call(
            model,
            "search",
            [list(domain)],
            order=order,
            limit=limit or 0,
            context=_context(archived),
        )
        return list(found or [])

    def count(self, model: str, domain: Sequence[Any], *, archived: bool = True) -> int:
        """How many records match."""
        return int(
            self.call(model, "search_count", [list(domain)], context=_context(archived)) or 0
        )

    def write(self, model: str, ids: Sequence[int], values: dict[str, Any]) -> None:
        """Write, in one transaction of Odoo's. Raises OutcomeUnknown where it may have happened."""
        self.call(model, "write", [list(ids), values], writes=True)

    def create(self, model: str, values: dict[str, Any]) -> int:
        """Create one record. Raises OutcomeUnknown where it may have happened."""
        made = self.call(model, "create", [values], writes=True)
        return int(made[0] if isinstance(made, list) else made)

    def fields(self, model: str) -> dict[str, Any]:
        """The fields this server has, asked once: one unknown field fails a whole read (FACTS 11)."""
        if model not in self._fields:
            self._fields[model] = self.call(model, "fields_get", [], attributes=["type", "store"])
        return self._fields[model]

    def reference(self, xml_id: str) -> int:
        """The id behind a name like `mail.mt_note`; ir.model.data itself is not readable for ordinary users."""
        if xml_id not in self._refs:
            module, _, name = xml_id.partition(".")
            self._refs[xml_id] = int(
                self.call("ir.model.data", "check_object_reference", [module, name])[1]
            )
        return self._refs[xml_id]

    def call(
        self,
        model: str,
        method: str,
        args: Sequence[Any],
        *,
        writes: bool = False,
        context: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Any method of a model. writes says that a lost answer leaves the outcome unknown."""
        kwargs["context"] = context or CONTEXT
        odoo = self._odoo or self._guarded(self._connected, writes=False)
        try:
            return self._guarded(
                lambda: odoo.execute_kw(model, method, list(args), kwargs), writes=writes
            )
        except LoginRefused:
            self._odoo = None
            raise

    def _connected(self) -> odoorpc.ODOO:
        if self._odoo is None:
            want = self.credentials
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
                raise LoginRefused(
                    "AccessDenied",
                    f"Odoo does not accept the login of {want.user!r} in the database {want.db!r}: "
                    "check ODOO_USER, ODOO_API_KEY and ODOO_DB.",
                ) from error
            self._odoo = odoo
        return self._odoo

    def _guarded(self, work: Callable[[], T], *, writes: bool) -> T:
        try:
            return self._breaker.call(_translated, work, writes)
        except pybreaker.CircuitBreakerError as error:
            raise OdooAway(
                f"Odoo did not answer {_FAILURES} times; resting {_REST_S} s before the next try."
            ) from error


def _context(archived: bool) -> dict[str, Any]:
    return {**CONTEXT, "active_test": False} if archived else CONTEXT


def _translated(work: Callable[[], T], writes: bool) -> T:
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
            if error.code < 500:
                raise OdooRefused(
                    f"HTTP {error.code}", f"The server answered HTTP {error.code} {error.reason}."
                ) from error
            raise lost(f"The server answered HTTP {error.code} {error.reason}.") from error
    except urllib.error.URLError as error:
        raise OdooAway(f"Odoo cannot be reached: {error.reason}.") from error
    except TimeoutError as error:
        raise lost("Odoo did not answer in time.") from error
    except (OSError, http.client.HTTPException) as error:
        raise lost(f"The connection to Odoo broke: {type(error).__name__}.") from error
    except ValueError as error:  # an answer that is no JSON, from a proxy or another server
        raise lost("The server's answer is not Odoo's.") from error
