"""Which Odoo databases there are, and who we are there. `default` is ODOO_* of the environment, others are rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.conf import settings

DEFAULT: Final = "default"
JSON_RPC: Final = "json-rpc"
JSON_2: Final = "json-2"
TRANSPORTS: Final = (JSON_RPC, JSON_2)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where an Odoo is and who we are there. timeout_s is the limit of one call; transport "" is chosen by version."""

    url: str
    db: str
    user: str
    secret: str
    timeout_s: float = 60
    transport: str = ""
    connection: str = DEFAULT

    @classmethod
    def of(cls, connection: str) -> Credentials:
        """Those of a connection. Raises KeyError for one that is not configured or switched off."""
        return credentials(connection)

    @property
    def has_key(self) -> bool:
        """Whether the secret looks like an API key: 40 hex digits (FACTS 3). JSON-2 takes no password."""
        return re.fullmatch(r"[0-9a-f]{40}", self.secret) is not None

    @property
    def set_by(self) -> str:
        """Where a person changes them."""
        if self.connection == DEFAULT:
            return "ODOO_USER, ODOO_API_KEY and ODOO_DB"
        return f"`manage.py odoo_connect {self.connection}`"


def credentials(connection: str) -> Credentials:
    """Those of a connection. Raises KeyError for one that is not configured or switched off."""
    if connection != DEFAULT:
        raise KeyError(f"no Odoo connection is configured as {connection!r}")
    odoo = settings.ODOO
    return Credentials(
        odoo["url"].rstrip("/"),
        odoo["db"],
        odoo["user"],
        odoo["secret"],
        odoo["timeout_s"],
        odoo.get("transport", ""),
    )


def slugs() -> list[str]:
    """Every connection that is in use, `default` first."""
    return [DEFAULT]
