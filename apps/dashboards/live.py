"""The live push: from the journal to the open pages, carrying only *what* changed and its version.

A worker reads the journal behind the cursor "live" and sends to one group for each company; every socket
process hands an item to a page only if its person's scope covers the row and their role sees that kind.
A page then refetches through its ordinary view, so permission is decided in one place.
"""

import asyncio
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import structlog
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from django.contrib.auth import get_user
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.backends.db import SessionStore
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import path
from django.utils import timezone
from redis.exceptions import RedisError

from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.accounts.scope import scope_of
from apps.dashboards.lateness import lateness
from apps.journal.models import Entry
from apps.journal.subscribers import subscribe

log = structlog.get_logger(__name__)

KINDS: Final = (
    "order.confirmed",
    "order.changed",
    "shipment.created",
    "shipment.changed",
    "shipment.delivered",
    "shipment.delivery_attempted",
    "shipment.delayed",
    "shipment.proof_received",
    "package.changed",
    "package.ambiguous",
    "event.unmapped",
    "invoice.changed",
    "supply.changed",
    "linked.changed",
    "document.added",
    "document.accepted",
    "hold.placed",
    "hold.released",
    "hold.bypassed",
    "hold.changed",
    "approval.requested",
    "approval.granted",
    "approval.rejected",
    "approval.changed",
    "case.opened",
    "case.changed",
    "case.resolved",
    "action.requested",
    "command.changed",
    "message.rejected",
    "message.conflict",
    "message.dead",
    "message.replayed",
)
_NEW: Final = frozenset(
    {"order.confirmed", "shipment.created", "hold.placed", "approval.requested", "case.opened"}
)
_TYPES: Final = {
    "cas": "case",
    "ord": "order",
    "shp": "shipment",
    "sup": "supply",
    "pkg": "package",
    "req": "request",
    "hld": "hold",
    "inv": "invoice",
    "doc": "document",
    "msg": "message",
    "cmd": "command",
    "evt": "event",
    "act": "action",
}
_PUBLIC_ID = re.compile(r"^([a-z]{3})_[0-9a-f]{32}$")
# Commands and messages interest the people of the desk; customers hear of their orders and shipments only.
_FOR_CUSTOMERS: Final = frozenset({"order", "shipment"})
_OF_NOBODYS: Final = frozenset({Role.INTEGRATION, Role.OPERATIONS, Role.CUSTOMER_SERVICE})
_OF_NOBODYS_CASES: Final = frozenset({Role.INTEGRATION, Role.OPERATIONS})
_PER_SEND = 200
NOBODYS_GROUP = (
    "live.nobody"  # rows that belong to no company yet: unlinked packages and their cases
)
SIGNED_OUT = 4401
BEAT_S = 10.0
GATHER_S = 0.15


def item_of(entry: Entry) -> dict[str, Any] | None:
    """What pages are told about one entry: `{"t","id","v","new","also"}` and its scope under `c`, `w`, `k`."""
    kind = _TYPES.get(entry.subject[:3])
    if kind is None:
        return None
    also = sorted(set(_ids_in(entry.payload)) - {entry.subject})
    return {
        "t": kind,
        "id": entry.subject,
        "v": entry.payload.get("version", 0),
        "new": entry.kind in _NEW,
        "also": also,
        "c": entry.company_id,
        "w": entry.warehouse_id,
        "k": entry.customer_id,
    }


def _ids_in(value: object) -> Iterable[str]:
    if isinstance(value, str):
        if _PUBLIC_ID.match(value):
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _ids_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids_in(inner)


@subscribe("live", *KINDS, urgent=True)
def push(entries: list[Entry]) -> None:
    """Send what changed to the companies' groups. A page polls when the channel layer is away, so that is no failure."""
    by_group: dict[str, dict[str, dict[str, Any]]] = {}
    for entry in entries:
        item = item_of(entry)
        if item is None:
            continue
        group = group_of(entry.company_id)
        earlier = by_group.setdefault(group, {}).get(item["id"])
        if earlier:
            item["new"] = item["new"] or earlier["new"]
            item["v"] = max(item["v"], earlier["v"])
            item["also"] = sorted({*item["also"], *earlier["also"]})
        by_group[group][item["id"]] = item
    try:
        async_to_sync(_send)({group: list(items.values()) for group, items in by_group.items()})
    except (RedisError, OSError) as error:
        log.warning("live_push_lost", reason=str(error), entries=len(entries))


async def _send(by_group: dict[str, list[dict[str, Any]]]) -> None:
    layer = get_channel_layer()
    for group, items in by_group.items():
        for start in range(0, len(items), _PER_SEND):
            await layer.group_send(
                group, {"type": "live.changes", "items": items[start : start + _PER_SEND]}
            )


def group_of(company_id: int | None) -> str:
    """The channel-layer group of a company."""
    return NOBODYS_GROUP if company_id is None else f"live.company.{company_id}"


def _session_group(session_key: str) -> str:
    return f"live.session.{session_key}"


@receiver(user_logged_out, dispatch_uid="dashboards.live.signed_out")
def hang_up(sender: object, request: HttpRequest | None = None, **kwargs: object) -> None:
    """Signing out closes the sockets of that session at once (otherwise the next check would)."""
    key = getattr(getattr(request, "session", None), "session_key", None)
    if not key:
        return
    with suppress(RedisError, OSError):
        async_to_sync(get_channel_layer().group_send)(_session_group(key), {"type": "live.bye"})


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One open page. Frames to it: an object (`hello`, `beat`, both with the server's time and how late the
    push is), or a list of items that changed."""

    async def connect(self) -> None:
        self._items: dict[str, dict[str, Any]] = {}
        self._last_sent = 0.0
        self._flusher: asyncio.Task[None] | None = None
        self._beat: asyncio.Task[None] | None = None
        self._groups: set[str] = set()
        if not await self._read_person():
            await self.accept()  # a refused handshake hides the reason from the page
            await self.close(code=SIGNED_OUT)
            return
        await self._join()
        await self.accept()
        await self.send_json({"t": "hello", **await self._clock()})
        self._beat = asyncio.create_task(self._keep_beating())

    async def disconnect(self, code: int) -> None:
        for task in (self._beat, self._flusher):
            if task:
                task.cancel()
        for group in self._groups:
            with suppress(RedisError, OSError):
                await self.channel_layer.group_discard(group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Pages say nothing; what comes is ignored."""

    async def live_changes(self, event: dict[str, Any]) -> None:
        """What changed in one of the person's companies: keep what they may see, send at most every 150 ms."""
        for item in event["items"]:
            if self.sees(item):
                self._items[item["id"]] = {
                    key: item[key] for key in ("t", "id", "v", "new", "also")
                }
        if self._items and self._flusher is None:
            rest = self._last_sent + GATHER_S - time.monotonic()
            self._flusher = asyncio.create_task(self._flush(rest))

    async def live_bye(self, event: dict[str, Any]) -> None:
        """The person signed out elsewhere in this browser."""
        await self.close(code=SIGNED_OUT)

    def sees(self, item: dict[str, Any]) -> bool:
        """Scope first, then the role: the same rule as for the row itself."""
        if (
            item["c"] is None
        ):  # an unlinked package, or a case of no company (exceptions.CaseQuerySet)
            return bool(self._roles & (_OF_NOBODYS_CASES if item["t"] == "case" else _OF_NOBODYS))
        if not self._scope.covers(item["c"], item["w"], item["k"]):
            return False
        return not self._only_customer or item["t"] in _FOR_CUSTOMERS

    async def _flush(self, rest_s: float) -> None:
        if rest_s > 0:
            await asyncio.sleep(rest_s)
        items, self._items = list(self._items.values()), {}
        self._last_sent = time.monotonic()
        self._flusher = None
        await self.send_json(items)

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            if not await self._read_person():
                await self.close(code=SIGNED_OUT)
                return
            await self._join()
            await self.send_json({"t": "beat", **await self._clock()})

    async def _clock(self) -> dict[str, Any]:
        return {"now": timezone.now().isoformat(), **await lateness()}

    async def _read_person(self) -> bool:
        """Read session, person and grants afresh; False when the session ended or the person was shut out."""
        found = await _person(self.scope)
        if found is None:
            return False
        self._scope, self._roles = found
        self._only_customer = self._roles <= {Role.CUSTOMER}
        return True

    async def _join(self) -> None:
        wanted = {group_of(company) for company in self._scope.companies}
        wanted |= {NOBODYS_GROUP} if self._roles & _OF_NOBODYS else set()
        session_key = getattr(self.scope.get("session"), "session_key", None)
        wanted |= {_session_group(session_key)} if session_key else set()
        for group in wanted - self._groups:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self._groups - wanted:
            await self.channel_layer.group_discard(group, self.channel_name)
        self._groups = wanted


@database_sync_to_async
def _person(scope: dict[str, Any]) -> tuple[Any, frozenset[Role]] | None:
    session = scope.get("session")
    key = getattr(session, "session_key", None)
    if not key:
        return None
    request = HttpRequest()
    request.session = SessionStore(key)
    user = get_user(
        request
    )  # reads the session again: None of it survives a sign-out or a new password
    if not isinstance(user, User) or not user.is_active:
        return None
    return scope_of(user), user.roles


routes = [path("live/", LiveConsumer.as_asgi())]
