"""Passwords and API keys."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .store import Row, Store

if TYPE_CHECKING:
    from .registry import Registry

SERVICE_LOGIN = "tower"
KEYS = "res.users.apikeys"
DEMO_KEY = "7041e5707041e5707041e5707041e5707041e570"
"""The service user's key in the demo world: as well known as its password, and as little a secret."""


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def make_key() -> str:
    """An API key as Odoo makes them: 40 hex digits."""
    return secrets.token_hex(20)


def set_service_key(store: Store, key: str) -> None:
    """Accept this key for the service user instead of its password."""
    store.set_meta("api_key", digest(key))


def owner(registry: Registry, key: str) -> int | None:
    """The uid an API key belongs to; None for an unknown or expired key, and for passwords."""
    users = registry.store.root["res.users"].rows
    given = digest(key)
    service = registry.store.meta("api_key")
    if service and hmac.compare_digest(given, str(service)):
        if registry.store.meta("api_key_expired"):
            return None
        return next((i for i, row in users.items() if row.get("login") == SERVICE_LOGIN), None)
    table = registry.store.root.get(KEYS)
    for row in table.rows.values() if table else ():
        if hmac.compare_digest(given, str(row.get("key_hash", ""))) and not _expired(row):
            found = int(row["user_id"])
            return found if users.get(found, {}).get("active", True) else None
    return None


def _expired(row: Row) -> bool:
    until = row.get("expiration_date")
    return bool(until) and str(until) < f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


def login(registry: Registry, name: str, secret: str) -> int | None:
    """The uid for a login name and a password or API key; None if they do not fit."""
    for uid, row in registry.store.root["res.users"].rows.items():
        if row.get("login") == name and row.get("active", True):
            return uid if accepts(registry, uid, secret) else None
    return None


def accepts(registry: Registry, uid: int, secret: object) -> bool:
    """True if the secret is the user's password or one of the user's API keys."""
    row = registry.store.root["res.users"].rows.get(uid)
    if row is None or not isinstance(secret, str) or not secret:
        return False
    given = digest(secret)
    if hmac.compare_digest(given, str(row.get("password_hash", ""))):
        return True
    return owner(registry, secret) == uid
