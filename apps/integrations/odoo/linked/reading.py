"""Read what installed apps say, on a timer: changes by write_date, all of it once a day. Pages never wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import transaction
from django.utils import timezone

from apps.integrations.odoo.line import discover
from apps.integrations.odoo.line.client import CONTEXT, DEFAULT, Client, client
from apps.integrations.odoo.line.errors import LoginRefused, ModelAbsent, OdooError, OdooRefused
from apps.integrations.odoo.line.locks import only_one
from apps.integrations.odoo.linked import asking, storing
from apps.integrations.odoo.linked.links import LINKS, Link
from apps.integrations.odoo.linked.says import Record, Said, id_of
from apps.mirror.models import Contact, LinkedFeed, LinkedRecord
from apps.mirror.specs import moment

log = structlog.get_logger(__name__)

PAGE: Final = 1000
WHOLE: Final = timedelta(days=1)
PATIENCE: Final = timedelta(seconds=10)
"""How soon at the earliest a page that is opened makes an app be read again."""


def run(connection: str = DEFAULT, *, now: datetime | None = None) -> int:
    """Read every installed app that is due; returns how many were read. Never raises OdooError."""
    done = 0
    for link in LINKS:
        if not discover.has(connection, link.model):
            storing.forget(connection, link.model)
            continue
        with only_one(f"odoo.linked/{connection}/{link.model}") as mine:
            if not mine:
                continue
            feed, _ = LinkedFeed.objects.get_or_create(connection=connection, model=link.model)
            at = now or timezone.now()
            if not due(link, feed, at):
                continue
            done += 1
            if not _read(link, feed, at):
                break
    return done


def due(link: Link, feed: LinkedFeed, now: datetime) -> bool:
    """Whether its time has come, or somebody who looks at it asked."""
    if feed.ran_at is None or now - feed.ran_at >= timedelta(seconds=link.every_s):
        return True
    asked = feed.asked_at is not None and feed.asked_at > feed.ran_at
    return asked and now - feed.ran_at >= PATIENCE


def _read(link: Link, feed: LinkedFeed, now: datetime) -> bool:
    """One pass of one app; False where Odoo does not answer at all, so that the others wait too."""
    reachable = True
    try:
        _pass(link, feed, now)
        feed.error = ""
    except OdooRefused as error:
        feed.error = error.says
        log.info("linked_refused", model=link.model, reason=error.says)
        reachable = not isinstance(error, LoginRefused)
    except OdooError as error:
        feed.error = error.says
        reachable = False
    feed.ran_at = now
    feed.save()
    return reachable


def _pass(link: Link, feed: LinkedFeed, now: datetime) -> None:
    odoo = client(feed.connection)
    known = frozenset(odoo.fields(link.model))
    lacking = [name for name in link.needs if name not in known]
    if lacking:
        raise OdooRefused(
            "ValueError", f"This Odoo's {link.model} has no {', '.join(lacking)}: it is not read."
        )
    first = feed.whole_at is None
    whole = first or not link.followed or now - (feed.whole_at or now) >= WHOLE
    ids = asking.ids_of(link, feed.connection)
    if whole or feed.cursor_at is None:
        domain = asking.whole(link, known, ids, asking.extra_of(link, feed.connection))
    else:
        domain = asking.changed(link, known, ids, _unread(link, feed, ids), feed.cursor_at)
    seen: set[int] = set()
    newest = feed.cursor_at
    for records in _pages(odoo, link, known, domain):
        seen |= {record["id"] for record in records}
        stamps = [at for at in (moment(record.get("write_date")) for record in records) if at]
        newest = max([*stamps, newest] if newest else stamps, default=None)
        _store(link, feed.connection, _joined(odoo, link, known, records), now, quiet=first)
    if whole:
        storing.keep_only(feed.connection, link.model, seen, now, open_only=bool(link.first))
        feed.whole_at = now
    feed.cursor_at = newest


def _unread(link: Link, feed: LinkedFeed, ids: set[int]) -> set[int]:
    rows = LinkedRecord.objects.filter(
        connection=feed.connection, model=link.model, odoo_id__in=ids
    )
    return ids - set(rows.values_list("odoo_id", flat=True))


def _pages(
    odoo: Client, link: Link, known: frozenset[str], domain: list[Any]
) -> Iterator[list[Record]]:
    """Pages by id, many2ones with their names."""
    fields = [name for name in (*link.fields, "write_date") if name in known]
    after = 0
    while True:
        found: list[Record] = odoo.call(
            link.model,
            "search_read",
            [[("id", ">", after), *domain]],
            fields=fields,
            limit=PAGE,
            order="id",
            context={**CONTEXT, "active_test": False},
        )
        if found:
            yield found
        if len(found) < PAGE:
            return
        after = found[-1]["id"]


def _joined(odoo: Client, link: Link, known: frozenset[str], records: list[Record]) -> list[Record]:
    """Records with what they point to read along; what we may not read stays a name."""
    for name, model, wanted in link.joins:
        ids = sorted({one for record in records if (one := id_of(record.get(name)))})
        if not ids:
            continue
        try:
            there = set(odoo.fields(model))
            fields = [field for field in wanted if field in there]
            found = odoo.call(
                model,
                "search_read",
                [[("id", "in", ids)]],
                fields=fields,
                limit=0,
                order="id",
                context={**CONTEXT, "active_test": False},
            )
        except (ModelAbsent, OdooRefused) as error:
            if isinstance(error, LoginRefused):
                raise
            log.info("linked_join_refused", model=model, reason=error.says)
            continue
        by_id = {one["id"]: one for one in found}
        for record in records:
            record[name] = by_id.get(id_of(record.get(name)) or 0, record.get(name))
    return records


def _store(
    link: Link, connection: str, records: list[Record], now: datetime, *, quiet: bool
) -> None:
    made = asking.made(link, connection) if link.ids == "made" else {}
    said: dict[int, Said] = {}
    changed: dict[int, datetime | None] = {}
    for record in records:
        one = link.said(record)
        if record["id"] in made:
            model, odoo_id, cause = made[record["id"]]
            about = dict.fromkeys([*one.about, f"{model},{odoo_id}"])
            if cause.startswith("cas_"):
                about[f"case,{cause}"] = None
            one = replace(one, about=tuple(about))
        said[record["id"]] = one
        changed[record["id"]] = moment(record.get("write_date"))
    with transaction.atomic():
        storing.store(connection, link.model, _commercial(connection, said), changed, now, quiet)


def _commercial(connection: str, said: dict[int, Said]) -> dict[int, Said]:
    """Contacts become the companies they stand for: those are the tower's customers."""
    contacts = {
        int(about.partition(",")[2])
        for one in said.values()
        for about in one.about
        if about.startswith("res.partner,")
    }
    if not contacts:
        return said
    rows = Contact.objects.filter(
        connection=connection, odoo_id__in=contacts, commercial_odoo_id__isnull=False
    )
    stands_for = dict(rows.values_list("odoo_id", "commercial_odoo_id"))

    def whole(about: str) -> str:
        model, _, odoo_id = about.partition(",")
        if model != "res.partner":
            return about
        return f"res.partner,{stands_for.get(int(odoo_id), odoo_id)}"

    return {
        odoo_id: replace(one, about=tuple(whole(about) for about in one.about))
        for odoo_id, one in said.items()
    }
