"""Passwords and API keys."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from .store import Store

if TYPE_CHECKING:
    from .registry import Registry

SERVICE_LOGIN = "tower"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def make_key() -> str:
    """An API key as Odoo makes them: 40 hex digits."""
    return secrets.token_hex(20)


def set_service_key(store: Store, key: str) -> None:
    """Accept this key for the service user instead of its password."""
    store.set_meta("api_key", digest(key))


def login(registry: Registry, name: str, secret: str) -> int | None:
    """The uid for a login name and a password or API key; None if they do not fit."""
    for uid, row in registry.store.root["res.users"].rows.items():
        if row.get("login") == name and row.get("active", True):
            return uid if accepts(registry, uid, secret) else None
    return None


def accepts(registry: Registry, uid: int, secret: object) -> bool:
    """True if the secret is the user's password or, for the service user, the API key."""
    row = registry.store.root["res.users"].rows.get(uid)
    if row is None or not isinstance(secret, str) or not secret:
        return False
    given = digest(secret)
    if hmac.compare_digest(given, str(row.get("password_hash", ""))):
        return True
    key = registry.store.meta("api_key") if row.get("login") == SERVICE_LOGIN else None
    return bool(key) and hmac.compare_digest(given, str(key))
