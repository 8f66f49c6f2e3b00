"""Read records of one Odoo in the form the mirror stores: names for ids, and what they point to first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar

import structlog
from django.db import DataError, IntegrityError
from django.db import connection as database
from django.utils import timezone

from apps.integrations.odoo.follow.ahead import Ahead, Page
from apps.integrations.odoo.follow.invoiced import find_named_orders, find_orders
from apps.integrations.odoo.line.client import Client, client
from apps.integrations.odoo.line.errors import ModelAbsent, OdooRefused, Unstorable
from apps.integrations.odoo.line.rights import is_no_right
from apps.mirror.services import upsert
from apps.mirror.specs import BY_MODEL, Record, Spec, moment, ref

log = structlog.get_logger(__name__)
T = TypeVar("T")
PAGE = 2000  # Odoo gives 500 to 2000 records a call best (FACTS 6)
_SECOND = timedelta(seconds=1)
_ABSENT_S = 600
"""How long a model that was absent is believed to be: an app may be installed meanwhile."""
_FIELDS_S = 3600
"""How long the fields of a model are believed: an app that is installed adds some, and all workers must see them."""
_HELD = 200_000
"""How many pointed records a reader remembers as mirrored, so that it need not look again."""


def batched(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """Slices of at most size items."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


@contextmanager
def storing(model: str) -> Iterator[None]:
    """What cannot be stored of one model is said like any other trouble with Odoo, and stops no other model."""
    try:
        yield
    except (
        DataError, IntegrityError, ArithmeticError, LookupError, TypeError, ValueError
    ) as error:  # fmt: skip
        log.exception("odoo_record_unstorable", model=model)
        raise Unstorable(f"A record of {model} cannot be stored: {error}") from error


class Reader:
    """Reads for one pass; what it learned of names is not kept longer, so that renamed things show.

    As a context manager it ends the thread that reads ahead.
    """

    _absent: dict[tuple[str, str], float] = {}
    _known: dict[tuple[str, str], tuple[set[str], float]] = {}

    def __init__(self, connection: str, coming: Mapping[str, int] | None = None) -> None:
        """coming: models whose every record will be asked for, in this order, with the id after which."""
        self.connection = connection
        self._names: dict[str, dict[int, str]] = {}
        self._refused: set[str] = set()
        self._held: dict[str, set[int]] = {}
        self._asking = threading.Lock()
        self._ahead: Ahead | None = None
        if coming:
            client(
                connection
            )  # looks up here who to sign in as: the thread need not ask our database
            self._ahead = Ahead(self._page, coming, PAGE)

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._ahead is not None:
            self._ahead.close()

    @property
    def odoo(self) -> Client:
        """This thread's client."""
        return client(self.connection)

    def model(self, spec: Spec) -> str:
        """The model's name on this server; the spec's own where it has none, and Odoo then says so."""
        return self.on(spec) or spec.model

    def on(self, spec: Spec) -> str | None:
        """The model's name on this server, None where its app is not installed."""
        for name in (spec.model, *spec.alternatives):
            absent_at = self._absent.get((self._where, name))
            if absent_at is not None and time.monotonic() - absent_at < _ABSENT_S:
                continue
            try:
                self._ask_fields(spec, name)
            except ModelAbsent:
                self._absent[self._where, name] = time.monotonic()
                continue
            return name
        return None

    def known(self, spec: Spec) -> set[str]:
        """Those of the fields we might ask for that this server has: one unknown field fails a whole read."""
        return self._ask_fields(spec, self.model(spec))

    def _ask_fields(self, spec: Spec, name: str) -> set[str]:
        """Asked once an hour: a description of all fields of a model takes Odoo longer than a page of it."""
        key = (self._where, name)
        with self._asking:  # the thread that reads ahead may be about to know it
            known, asked_at = self._known.get(key, (None, 0.0))
            if known is None or time.monotonic() - asked_at > _FIELDS_S:
                told = self.odoo.call(
                    name, "fields_get", [], allfields=spec.asked(), attributes=["type"]
                )
                known = set(told)
                self._known[key] = known, time.monotonic()
            return known

    def forget(self) -> None:
        """Ask anew which fields there are: Odoo refused something, perhaps after an upgrade."""
        for key in [key for key in self._known if key[0] == self._where]:
            self._known.pop(key, None)

    @classmethod
    def forget_all(cls) -> None:
        """As if this process had never asked any Odoo."""
        cls._known.clear()
        cls._absent.clear()

    @property
    def _where(self) -> str:
        known = self.odoo.credentials  # another user may see other models and fields
        return f"{known.url} {known.db} {known.user}"

    def domain(self, spec: Spec) -> list[Any]:
        """The spec's domain, as far as this server has its fields."""
        return spec.searched(self.known(spec))

    def pages(self, spec: Spec, after_id: int) -> Iterator[tuple[datetime, list[Record], bool]]:
        """Pages by id as (read_started_at, records, whether it is the last).

        Of the models that were said to be coming they are read ahead, over the border from one model to the next.
        """
        while True:
            page = self._ahead.take(spec.model, after_id) if self._ahead else None
            started, records = page or self._page(spec.model, after_id)
            last = len(records) < PAGE
            yield started, self._finish(spec, records), last
            if last:
                return
            after_id = records[-1]["id"]

    def _page(self, model: str, after_id: int) -> Page:
        """Asks Odoo and not our database: it may run in another thread, outside the caller's transaction."""
        started, spec = timezone.now(), BY_MODEL[model]
        return started, self._name(spec, self._find(spec, [("id", ">", after_id)], PAGE))

    def by_ids(self, spec: Spec, ids: Sequence[int]) -> list[Record]:
        """These records, as far as they exist and are mirrored."""
        return self.where(spec, [("id", "in", list(ids))]) if ids else []

    def where(self, spec: Spec, domain: Sequence[Any]) -> list[Record]:
        """Records that match, complete."""
        return self._finish(spec, self._name(spec, self._find(spec, domain, None)))

    def listed(
        self, spec: Spec, domain: Sequence[Any], fields: Sequence[str], size: int
    ) -> Iterator[list[Record]]:
        """Records by (write_date, id), some fields of them, at most size at a time, in as many calls as pages.

        Many records share one write_date, which is read without its fraction (FACTS 6): a page that is full
        ends with its last whole second, and that second is then read by id.
        """
        model, wanted = self.model(spec), ["write_date", *fields]
        terms = [*self.domain(spec), *domain]
        at: datetime | None = None
        while True:
            since = [("write_date", ">=", _text(at))] if at else []
            found = self.odoo.search_read(
                model, [*terms, *since], wanted, order="write_date, id", limit=size
            )
            last = moment(found[-1]["write_date"]) if len(found) == size else None
            if last is None:
                yield found
                return
            if whole := [r for r in found if r["write_date"] != found[-1]["write_date"]]:
                yield whole
            yield from self._second(model, [*terms, *since], wanted, last, size)
            at = last + _SECOND

    def _second(
        self, model: str, terms: list[Any], wanted: list[str], at: datetime, size: int
    ) -> Iterator[list[Record]]:
        second = [("write_date", ">=", _text(at)), ("write_date", "<", _text(at + _SECOND))]
        after_id = 0
        while True:
            found = self.odoo.search_read(
                model, [*terms, *second, ("id", ">", after_id)], wanted, order="id", limit=size
            )
            if found:
                yield found
            if len(found) < size:
                return
            after_id = found[-1]["id"]

    def newest(self, spec: Spec) -> str | None:
        """The highest write_date, as Odoo writes it."""
        found = self.odoo.search_read(
            self.model(spec), self.domain(spec), ["write_date"], order="write_date desc", limit=1
        )
        return found[0]["write_date"] or None if found else None

    def highest_id(self, spec: Spec) -> int:
        """The highest id that Odoo has; 0 where there is none."""
        found = self.odoo.search(self.model(spec), self.domain(spec), order="id desc", limit=1)
        return int(found[0]) if found else 0

    def count(self, spec: Spec) -> int:
        """How many records there are to mirror."""
        return self.odoo.count(self.model(spec), self.domain(spec))

    def bring_pointed(self, spec: Spec, records: Sequence[Record], depth: int = 0) -> None:
        """Mirror what these records point to and the mirror does not hold yet (a customer made with the order)."""
        wanted: dict[str, set[int]] = {}
        for name, model in spec.points.items():
            wanted.setdefault(model, set()).update(
                found for r in records if (found := ref(r.get(name)))
            )
        own = {record["id"] for record in records}
        for model, ids in wanted.items():
            missing = self._missing(model, ids - own if model == spec.model else ids)
            if missing and depth < 4 and model not in self._refused:
                self._bring(BY_MODEL[model], sorted(missing), depth)

    def _missing(self, model: str, ids: set[int]) -> set[int]:
        held = self._held.setdefault(model, set())
        asked = ids - held
        if asked:
            table = BY_MODEL[model].table._meta.db_table
            with database.cursor() as cursor:
                cursor.execute(
                    f"SELECT odoo_id FROM {table} WHERE connection = %s AND odoo_id = ANY(%s)",  # noqa: S608
                    [self.connection, list(asked)],
                )
                found = {odoo_id for (odoo_id,) in cursor.fetchall()}
            if len(held) > _HELD:
                held.clear()
            held |= found
            asked -= found
        return asked

    def _bring(self, spec: Spec, ids: list[int], depth: int) -> None:
        started = timezone.now()
        try:
            found = self.by_ids(spec, ids)
        except OdooRefused as error:
            if not is_no_right(error):
                raise
            self._refused.add(spec.model)  # its own feed says so; the pointing records are of use
            return
        self.bring_pointed(spec, found, depth + 1)
        with storing(spec.model):
            upsert(self.connection, spec.model, found, started)

    def _find(self, spec: Spec, domain: Sequence[Any], limit: int | None) -> list[Record]:
        model = self.model(spec)
        fields = spec.wanted(self.known(spec))
        return self.odoo.search_read(
            model, [*self.domain(spec), *domain], fields, limit=limit, order="id"
        )

    def _name(self, spec: Spec, records: list[Record]) -> list[Record]:
        """Add what another model says of them: names for ids, the orders that an invoice's lines are of."""
        for column in spec.columns:
            if column.names and records:
                source = next((name for name in column.source if name in records[0]), "")
                names = self._named(
                    column.names, {i for i in (ref(r.get(source)) for r in records) if i}
                )
                for record in records:
                    record[column.name] = names.get(ref(record.get(source)) or 0, "")
        if spec.model == "account.move" and records:
            find_orders(self.odoo, records)
        return records

    def _finish(self, spec: Spec, records: list[Record]) -> list[Record]:
        """Add what only the mirror knows: the orders of invoices whose lines do not tell."""
        if spec.model == "account.move":
            find_named_orders(self.connection, [r for r in records if not r["order_odoo_ids"]])
        return records

    def _named(self, what: str, ids: set[int]) -> dict[int, str]:
        known = self._names.setdefault(what, {})
        missing = ids - known.keys()
        if missing and what not in self._refused:
            model, _, field = what.partition(":")
            try:
                # Searched for, since one record that a rule hides fails a whole read by id (FACTS 2).
                found = self.odoo.search_read(model, [("id", "in", sorted(missing))], [field])
            except OdooRefused as error:
                if not is_no_right(error):
                    raise
                self._refused.add(what)  # shown without the name; odoo_check says what is lacking
                found = []
            known.update(dict.fromkeys(missing, ""))
            known.update({record["id"]: record[field] or "" for record in found})
        return known


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
