"""A small interface to one Odoo: what the tower asks of it, with timeouts and errors it can act on.

Two transports stand behind it, JSON-RPC and JSON-2 (docs/decisions/0009). One client per thread, which hands it on
to the next when it ends (`release`), so that nobody signs in for each pass; a circuit breaker per address, so that an Odoo that is away costs one fast refusal instead of a timeout for each call.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pybreaker
import structlog

from apps.integrations.odoo.line.connections import DEFAULT, Credentials
from apps.integrations.odoo.line.errors import (
    DENIED,
    LoginRefused,
    MethodAbsent,
    OdooAway,
    OdooRefused,
    OutcomeUnknown,
)
from apps.integrations.odoo.line.naming import same, series
from apps.integrations.odoo.line.transports import Transport, sign_in
from apps.mirror.specs import Record

__all__ = [
    "CONTEXT",
    "DEFAULT",
    "Client",
    "Credentials",
    "circuit",
    "client",
    "close_all",
    "release",
]

log = structlog.get_logger(__name__)
T = TypeVar("T")

CONTEXT = {"lang": "en_US"}  # names and error messages are translated otherwise (FACTS 10)
_FAILURES = 3
_REST_S = 5
_HAS_S = 600
"""How long what a server has is believed, in seconds: an app may be installed meanwhile."""


class _Listener(pybreaker.CircuitBreakerListener):
    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        log.warning("odoo_breaker", odoo=cb.name, state=new_state.name)


_circuits: dict[str, pybreaker.CircuitMemoryStorage] = {}
_clients = threading.local()
_idle: dict[str, list[Client]] = {}
_handing_on = threading.Lock()
_IDLE = 4
"""Clients of one connection that wait for a thread; more are closed."""


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
    """This thread's client of a connection. Raises KeyError for one that is not configured or switched off."""
    credentials = Credentials.of(connection)
    kept: dict[str, Client] = _clients.__dict__.setdefault("kept", {})
    known = kept.get(connection)
    if known is None or known.credentials != credentials:
        if known is not None:
            known.close()
        known = kept[connection] = _idle_client(credentials) or Client(credentials)
    return known


def release() -> None:
    """Hand this thread's clients on to whichever comes next: to be called where a thread that used one ends."""
    kept: dict[str, Client] = _clients.__dict__.pop("kept", {})
    for connection, known in kept.items():
        with _handing_on:
            waiting = _idle.setdefault(connection, [])
            spare = len(waiting) >= _IDLE
            if not spare:
                waiting.append(known)
        if spare:
            known.close()


def close_all() -> None:
    """Close this thread's clients and those that nobody uses."""
    release()
    with _handing_on:
        waiting = [known for clients in _idle.values() for known in clients]
        _idle.clear()
    for known in waiting:
        known.close()


def _idle_client(credentials: Credentials) -> Client | None:
    """A client that is signed in with these; one with former credentials is closed."""
    while True:
        with _handing_on:
            waiting = _idle.get(credentials.connection)
            if not waiting:
                return None
            known = waiting.pop()
        if known.credentials == credentials:
            return known
        known.close()


atexit.register(close_all)


class Client:
    """Calls one Odoo as one user. Signs in with the first call; raises OdooError and nothing else."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._transport: Transport | None = None
        self._was_accepted = False
        self._breaker = _breaker(credentials.url)
        self._fields: dict[str, dict[str, Any]] = {}
        self._refs: dict[str, int] = {}
        self._has: dict[tuple[str, str], tuple[bool, float]] = {}

    @property
    def version(self) -> str:
        """The server's version, e.g. `18.0`; asks Odoo if nobody did yet."""
        return self._guarded(self._signed_in).version

    @property
    def series(self) -> int:
        """18, 19, …"""
        return series(self.version)

    @property
    def transport(self) -> str:
        """`json-rpc` or `json-2`: what is in use."""
        return self._guarded(self._signed_in).name

    def close(self) -> None:
        """Sign out: the next call signs in anew."""
        if self._transport is not None:
            self._transport.close()
        self._transport = None

    def has(self, model: str) -> bool:
        """Whether the server has this model and we may read it; believed for some minutes."""
        return self.may(model, "read")

    def may(self, model: str, what: str) -> bool:
        """Whether the user has a right (read, write, create, unlink) on a model; believed for some minutes.

        False also where the model is not installed. `has_access` is 18 and later, before it was
        `check_access_rights` (FACTS 3).
        """
        try:
            return self.right(model, what)
        except LoginRefused:
            raise
        except OdooRefused:
            return False

    def right(self, model: str, what: str) -> bool:
        """As `may`, but raises ModelAbsent where the model is not installed."""
        known = self._has.get((model, what))
        if known is None or time.monotonic() - known[1] > _HAS_S:
            try:
                found = bool(self.call(model, "has_access", [[], what]))
            except MethodAbsent:
                found = bool(self.call(model, "check_access_rights", [what, False]))
            known = self._has[model, what] = (found, time.monotonic())
        return known[0]

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
        transport = self._transport or self._guarded(self._signed_in)
        try:
            answer = self._guarded(
                lambda: transport.execute(model, method, list(args), kwargs, writes=writes)
            )
        except LoginRefused as error:
            self.close()
            raise self._in_words(error) from error
        except OdooRefused as error:
            if error.name == "ValueError":
                self._fields.pop(model, None)  # a field may have gone with an upgrade
            raise
        return same(method, args, answer)

    def _signed_in(self) -> Transport:
        if self._transport is None:
            try:
                self._transport = sign_in(self.credentials)
            except LoginRefused as error:
                raise self._in_words(error) from error
            self._was_accepted = True
        return self._transport

    def _in_words(self, error: LoginRefused) -> LoginRefused:
        """What a person can do about it. Keys expire since 18 (FACTS 3)."""
        want = self.credentials
        if error.name == "OperationalError":
            return LoginRefused(
                error.name, f"Odoo cannot open the database {want.db!r} ({want.set_by})."
            )
        if error.name not in DENIED:
            return error
        if self._was_accepted:
            return LoginRefused(
                error.name,
                f"Odoo no longer accepts the login of {want.user!r}: the API key has expired or was deleted, "
                f"or the user was archived. Make a new key in Odoo and set {want.set_by}.",
            )
        expired = (
            " If it worked before, the API key has expired: make a new one." if want.has_key else ""
        )
        return LoginRefused(
            error.name,
            f"Odoo does not accept the login of {want.user!r} in the database {want.db!r}: "
            f"check {want.set_by}.{expired}",
        )

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return self._breaker.call(work)
        except pybreaker.CircuitBreakerError as error:
            raise OdooAway(
                f"Odoo did not answer {_FAILURES} times; resting {_REST_S} s before the next try."
            ) from error


def _context(archived: bool) -> dict[str, Any]:
    return {**CONTEXT, "active_test": False} if archived else CONTEXT
