"""Read records of one Odoo in the form the mirror stores: names for ids, and what they point to first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import structlog
from django.db import DataError
from django.utils import timezone

from apps.integrations.odoo.client import Client, client
from apps.integrations.odoo.errors import ModelAbsent, OdooRefused, Unstorable
from apps.mirror.models import SaleOrder
from apps.mirror.services import upsert
from apps.mirror.specs import BY_MODEL, Record, Spec, ref

log = structlog.get_logger(__name__)
T = TypeVar("T")
PAGE = 1000  # Odoo gives 500 to 2000 records a call best (FACTS 6)


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
    except (DataError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        log.exception("odoo_record_unstorable", model=model)
        raise Unstorable(f"A record of {model} cannot be stored: {error}") from error


class Reader:
    """Reads for one pass; what it learned of names is not kept longer, so that renamed things show."""

    def __init__(self, connection: str) -> None:
        self.connection = connection
        self._names: dict[str, dict[int, str]] = {}
        self._refused: set[str] = set()

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
            try:
                self.odoo.fields(name)
            except ModelAbsent:
                continue
            return name
        return None

    def domain(self, spec: Spec) -> list[Any]:
        """The spec's domain, as far as this server has its fields."""
        return spec.searched(self.odoo.fields(self.model(spec)))

    def after(self, spec: Spec, odoo_id: int, limit: int) -> list[Record]:
        """The next records by id: for the first load."""
        return self._complete(spec, self._find(spec, [("id", ">", odoo_id)], limit))

    def by_ids(self, spec: Spec, ids: Sequence[int]) -> list[Record]:
        """These records, as far as they exist and are mirrored."""
        return self.where(spec, [("id", "in", list(ids))]) if ids else []

    def where(self, spec: Spec, domain: Sequence[Any]) -> list[Record]:
        """Records that match, complete."""
        return self._complete(spec, self._find(spec, domain, None))

    def written_since(self, spec: Spec, since: datetime | None) -> list[Record]:
        """Id and write_date of what was written at or after `since`, oldest first (FACTS 6: always `>=`)."""
        domain = [
            *self.domain(spec),
            *([("write_date", ">=", f"{since:%Y-%m-%d %H:%M:%S}")] if since else []),
        ]
        return self.odoo.search_read(
            self.model(spec), domain, ["write_date"], order="write_date, id"
        )

    def newest(self, spec: Spec) -> str | None:
        """The highest write_date, as Odoo writes it."""
        found = self.odoo.search_read(
            self.model(spec), self.domain(spec), ["write_date"], order="write_date desc", limit=1
        )
        return found[0]["write_date"] or None if found else None

    def count(self, spec: Spec) -> int:
        """How many records there are to mirror."""
        return self.odoo.count(self.model(spec), self.domain(spec))

    def bring_pointed(self, spec: Spec, records: Sequence[Record], depth: int = 0) -> None:
        """Mirror what these records point to and the mirror does not hold yet (a customer made with the order)."""
        wanted: dict[str, set[int]] = {}
        for name, model in spec.points.items():
            wanted.setdefault(model, set()).update(
                i for i in (ref(r.get(name)) for r in records) if i
            )
        own = {record["id"] for record in records}
        for model, ids in wanted.items():
            target = BY_MODEL[model]
            held = target.table._default_manager.filter(connection=self.connection, odoo_id__in=ids)
            missing = (
                ids
                - set(held.values_list("odoo_id", flat=True))
                - (own if model == spec.model else set())
            )
            if missing and depth < 4 and model not in self._refused:
                self._bring(target, sorted(missing), depth)

    def _bring(self, spec: Spec, ids: list[int], depth: int) -> None:
        started = timezone.now()
        try:
            found = self.by_ids(spec, ids)
        except OdooRefused:
            self._refused.add(
                spec.model
            )  # its own feed says so; the pointing records are still of use
            return
        self.bring_pointed(spec, found, depth + 1)
        with storing(spec.model):
            upsert(self.connection, spec.model, found, started)

    def _find(self, spec: Spec, domain: Sequence[Any], limit: int | None) -> list[Record]:
        model = self.model(spec)
        fields = spec.wanted(self.odoo.fields(model))
        return self.odoo.search_read(
            model, [*self.domain(spec), *domain], fields, limit=limit, order="id"
        )

    def _complete(self, spec: Spec, records: list[Record]) -> list[Record]:
        for column in spec.columns:
            if column.names and records:
                source = next((name for name in column.source if name in records[0]), "")
                names = self._named(
                    column.names, {i for i in (ref(r.get(source)) for r in records) if i}
                )
                for record in records:
                    record[column.name] = names.get(ref(record.get(source)) or 0, "")
        if spec.model == "account.move" and records:
            self._find_orders(records)
        return records

    def _named(self, what: str, ids: set[int]) -> dict[int, str]:
        known = self._names.setdefault(what, {})
        missing = ids - known.keys()
        if missing and what not in self._refused:
            model, _, field = what.partition(":")
            try:
                found = self.odoo.read(model, sorted(missing), [field])
            except OdooRefused:
                self._refused.add(
                    what
                )  # shown without the name; odoo_check tells which right is lacking
                found = []
            known.update({record["id"]: record[field] or "" for record in found})
        return known

    def _find_orders(self, invoices: list[Record]) -> None:
        """Orders of invoices: through their lines, else by the order names in their origin.

        `sale.order.invoice_ids` is not stored; `account.move.line.sale_line_ids` is, on 18 and 19.
        """
        orders: dict[int, set[int]] = {invoice["id"]: set() for invoice in invoices}
        try:
            lines = self.odoo.search_read(
                "account.move.line",
                [("move_id", "in", list(orders)), ("sale_line_ids", "!=", False)],
                ["move_id", "sale_line_ids"],
            )
            wanted = sorted({line_id for line in lines for line_id in line["sale_line_ids"]})
            of_line = {
                line["id"]: ref(line["order_id"])
                for line in self.odoo.read("sale.order.line", wanted, ["order_id"])
            }
        except OdooRefused:
            lines, of_line = (
                [],
                {},
            )  # a user without rights on these lines: the origin's names remain
        for line in lines:
            orders[ref(line["move_id"]) or 0] |= {
                of_line[i] or 0 for i in line["sale_line_ids"] if i in of_line
            }
        named = {
            invoice["id"]: _names_in(invoice.get("invoice_origin"))
            for invoice in invoices
            if not orders[invoice["id"]]
        }
        by_name = dict(
            SaleOrder.objects.filter(
                connection=self.connection, name__in={n for names in named.values() for n in names}
            ).values_list("name", "odoo_id")
        )
        for invoice in invoices:
            found = orders[invoice["id"]] or {
                by_name[n] for n in named[invoice["id"]] if n in by_name
            }
            invoice["order_odoo_ids"] = sorted(found - {0})


def _names_in(origin: Any) -> list[str]:
    return (
        [name.strip() for name in origin.split(",") if name.strip()]
        if isinstance(origin, str)
        else []
    )
