"""Which Odoo databases there are, and who we are there. `default` is ODOO_* of the environment, others are rows."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.integrations.errors import BadConnection, BadPartner
from apps.integrations.models import OdooConnection
from apps.integrations.odoo.line.errors import LoginRefused
from apps.integrations.partners import seal, unseal
from apps.journal.services import NewEntry, append

DEFAULT: Final = "default"
JSON_RPC: Final = "json-rpc"
JSON_2: Final = "json-2"
TRANSPORTS: Final = (JSON_RPC, JSON_2)
CACHE_S: Final = 2.0
"""How long another process may go on with a connection's former settings, in seconds."""

_SHOWN: Final = ("title", "url", "db", "user", "transport", "enabled")

_read: dict[str, tuple[Credentials, float]] = {}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where an Odoo is and who we are there. timeout_s is the limit of one call; transport "" is chosen by version."""

    url: str
    db: str
    user: str
    secret: str = field(repr=False)
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
    def place(self) -> str:
        """Which database this is: what ids in it are believed for."""
        return f"{self.url}/{self.db}"[:300]

    @property
    def set_by(self) -> str:
        """Where a person changes them."""
        if self.connection == DEFAULT:
            return "ODOO_USER, ODOO_API_KEY and ODOO_DB"
        return f"`manage.py odoo_connect {self.connection}`"


def credentials(connection: str) -> Credentials:
    """Those of a connection. Raises KeyError for one that is not configured or switched off.

    Raises LoginRefused for a secret that was sealed under another SECRET_KEY.
    """
    if connection == DEFAULT:
        odoo = settings.ODOO
        return Credentials(
            odoo["url"].rstrip("/"),
            odoo["db"],
            odoo["user"],
            odoo["secret"],
            odoo["timeout_s"],
            odoo.get("transport", ""),
        )
    known = _read.get(connection)
    if known is None or time.monotonic() - known[1] > CACHE_S:
        row = OdooConnection.objects.filter(slug=connection, enabled=True).first()
        if row is None:
            _read.pop(connection, None)
            raise KeyError(f"no Odoo connection is in use as {connection!r}")
        known = _read[connection] = (_of(row), time.monotonic())
    return known[0]


def _of(row: OdooConnection) -> Credentials:
    try:
        secret = unseal(row.sealed_secret)
    except BadPartner as error:
        raise LoginRefused(
            "Sealed", f"{error} `manage.py odoo_connect {row.slug}` does that."
        ) from error
    return Credentials(
        row.url.rstrip("/"),
        row.db,
        row.user,
        secret,
        settings.ODOO["timeout_s"],
        row.transport,
        row.slug,
    )


def path_of(url: str) -> str | None:
    """Why an address with a path is refused, in words; None for one without.

    Odoo's own addresses (/jsonrpc, /json/2, /web) begin at the root of its host, also behind a proxy. What is
    pasted from a browser ends in a path: calls would silently go elsewhere than was said.
    """
    where = urlsplit(url)
    if not (where.path.strip("/") or where.query or where.fragment):
        return None
    rest = url[len(f"{where.scheme}://{where.netloc}") :]
    return f"The address of an Odoo is its scheme, host and port alone: take {rest!r} off {url!r}."


def forget() -> None:
    """Drop what this process remembers of connections."""
    _read.clear()


def slugs() -> list[str]:
    """Every connection that is in use, `default` first."""
    rows = OdooConnection.objects.filter(enabled=True).order_by("slug")
    return [DEFAULT, *rows.values_list("slug", flat=True)]


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What a person says of an Odoo. transport "" is chosen by the server's version."""

    slug: str
    url: str
    db: str
    user: str
    secret: str = field(repr=False)
    title: str = ""
    transport: str = ""

    @property
    def credentials(self) -> Credentials:
        """To sign in with before anything is stored."""
        return Credentials(
            self.url.rstrip("/"),
            self.db,
            self.user,
            self.secret,
            settings.ODOO["timeout_s"],
            self.transport,
            self.slug,
        )


@transaction.atomic
def connect(new: NewConnection, *, actor: str = "system") -> OdooConnection:
    """Store a connection, or change it, and switch it on. Raises BadConnection. Check the login first."""
    if (path := path_of(new.url)) is not None:
        raise BadConnection(path)
    if new.slug == DEFAULT:
        raise BadConnection("`default` is configured by ODOO_URL and its like in the environment.")
    row = OdooConnection.objects.filter(slug=new.slug).first() or OdooConnection(slug=new.slug)
    before = {name: getattr(row, name) if row.pk else None for name in _SHOWN}
    row.title, row.url = new.title or row.title, new.url.rstrip("/")
    row.db, row.user = new.db, new.user
    row.sealed_secret, row.transport, row.enabled = seal(new.secret), new.transport, True
    try:
        row.full_clean(exclude=["sealed_secret"])
    except ValidationError as error:
        raise BadConnection(
            "; ".join(f"{k}: {v[0]}" for k, v in error.message_dict.items())
        ) from error
    _refuse_twin(row)
    row.save()
    changed = [name for name in _SHOWN if getattr(row, name) != before[name]]
    _tell(new.slug, ["secret", *changed], actor)
    forget()
    return row


def _tell(slug: str, changed: list[str], actor: str) -> None:
    told = {"connection": slug, "changed": sorted(changed)}
    append(NewEntry("odoo.connection_changed", f"odoo:{slug}", told, actor=actor))


def _refuse_twin(row: OdooConnection) -> None:
    """One database under two names would be mirrored and written to twice."""
    own = settings.ODOO
    twins = OdooConnection.objects.filter(url__in=[row.url, f"{row.url}/"], db=row.db)
    is_own = (row.url, row.db) == (own["url"].rstrip("/"), own["db"])
    if is_own or twins.exclude(slug=row.slug).exists():
        raise BadConnection(f"{row.db} on {row.url} is connected already, under another name.")


@transaction.atomic
def disable(slug: str, *, actor: str = "system") -> None:
    """Stop reading and writing a connection; what was mirrored stays. Raises BadConnection."""
    if not OdooConnection.objects.filter(slug=slug).update(enabled=False):
        raise BadConnection(f"There is no connection {slug!r}.")
    _tell(slug, ["enabled"], actor)
    forget()
