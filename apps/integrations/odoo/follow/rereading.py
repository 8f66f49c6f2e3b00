"""All records of one model read again beside its change feed, since what is asked for of each is no longer the same.

An upgrade of ours adds a column, an app that is installed in Odoo brings a field we ask for: write_date moves for
neither, so records nobody touches would stay as they were read. By id, in chunks; the place stands on the feed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.utils import timezone

from apps.integrations.odoo.follow.loading import PROJECTED
from apps.integrations.odoo.follow.reading import Reader
from apps.integrations.odoo.follow.store import take_in
from apps.integrations.odoo.line.errors import LoginRefused, OdooAway, OdooError
from apps.integrations.odoo.line.locks import only_one
from apps.journal.correlation import bound
from apps.mirror.models import Feed
from apps.mirror.specs import BY_MODEL, SPECS, Spec

log = structlog.get_logger(__name__)

_CHUNK: Final = 500
"""Documents are projected with the chunk that brings them: short enough not to hold back the journal."""
_REST: Final = 0.5
"""After each chunk half the time it took: no more than two thirds of one Odoo worker (R251)."""


def compare_columns(reader: Reader, spec: Spec, feed: Feed) -> None:
    """Have every record read again where the columns are not those that the rows were read with. Raises OdooError."""
    asked = fingerprint(reader, spec)
    if asked == feed.columns_read:
        return
    if feed.columns_read:
        reader.forget()  # another worker may have seen sooner that Odoo has other fields
        asked = fingerprint(reader, spec)
        if asked == feed.columns_read:
            return
    feed.columns_read = asked
    if feed.load_done_at or feed.loaded_to_id:
        log.info("odoo_columns_changed", connection=feed.connection, model=feed.model)
        feed.reread_to_id = 0
    feed.save(update_fields=["columns_read", "reread_to_id"])


def fingerprint(reader: Reader, spec: Spec) -> str:
    """What is asked for of each record of a model, and where it is kept: 32 hex digits. Raises OdooError."""
    known = reader.known(spec)
    told = [(column.name, column.on(known), column.names) for column in spec.columns]
    asked = repr((told, spec.wanted(known), reader.domain(spec)))
    return hashlib.blake2b(asked.encode(), digest_size=16).hexdigest()


def go_on(reader: Reader, deadline: float, *, lock: Callable[[str, Spec], str]) -> bool:
    """Read on where models are being read again, each under its feed's lock; True when there is more to do.

    deadline is of time.monotonic. Never raises OdooError: the feed's own pass says what is wrong.
    """
    waiting = set(_waiting(reader.connection))
    for spec in SPECS:
        while spec.model in waiting:
            began = time.monotonic()
            with only_one(lock(reader.connection, spec)) as mine, bound(None):
                try:
                    more = mine and _chunk(reader, spec)
                except OdooError as error:
                    log.info("odoo_reread_failed", model=spec.model, reason=error.says)
                    if isinstance(error, OdooAway | LoginRefused):
                        return False
                    more = False
            if not more:
                break
            if time.monotonic() > deadline:
                return True
            time.sleep(_REST * (time.monotonic() - began))
    return False


def _waiting(connection: str) -> list[str]:
    feeds = Feed.objects.filter(
        connection=connection,
        model__in=BY_MODEL,
        reread_to_id__isnull=False,
        load_done_at__isnull=False,
        absent=False,
        error="",
    )
    return list(feeds.values_list("model", flat=True))


def _chunk(reader: Reader, spec: Spec) -> bool:
    """The next records by id; False when that were the last."""
    feed = Feed.objects.get(connection=reader.connection, model=spec.model)
    if feed.reread_to_id is None:
        return False
    terms = [*reader.domain(spec), ("id", ">", feed.reread_to_id)]
    odoo_ids = reader.odoo.search(reader.model(spec), terms, limit=_CHUNK)
    started = timezone.now()
    is_master = spec.pace == "master"
    changes = take_in(reader, spec, reader.by_ids(spec, odoo_ids), started, projects=not is_master)
    if is_master and changes.changed:
        _project_all(reader.connection)
    last = len(odoo_ids) < _CHUNK
    Feed.objects.filter(pk=feed.pk, columns_read=feed.columns_read).update(
        reread_to_id=None if last else odoo_ids[-1]
    )
    return not last


def _project_all(connection: str) -> None:
    """One carrier stands on a million transfers: documents are then projected once, in chunks, as after a load."""
    Feed.objects.filter(connection=connection, model__in=PROJECTED).update(
        project_total=None, projected=0, projected_to_id=0, projected_at=None
    )
