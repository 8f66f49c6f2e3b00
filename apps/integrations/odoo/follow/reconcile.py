"""Is the mirror what Odoo says? Counts, names and mends every difference, model by model, in chunks.

Mending is the default, for the mirror only copies what Odoo says; what it will not do by itself is to take a large
part of a model for deleted (docs/decisions/0010). Rule: PRODUCT.md R20, R250, R251.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.follow.comparing import (
    Seen,
    fields_that_differ,
    of_odoo,
    of_tower,
    stretches,
)
from apps.integrations.odoo.follow.reading import PAGE, Reader, batched
from apps.integrations.odoo.follow.store import aside_says, store_gone, take_in
from apps.integrations.odoo.follow.vanished import HANDFUL, hidden_of
from apps.integrations.odoo.line.errors import LoginRefused, OdooError, OdooRefused
from apps.mirror.models import Feed, Reconciliation
from apps.mirror.specs import SPECS, Record, Spec

_DETAILS: Final = 200
_TOLD: Final = 10_000
_SUSPECTS: Final = 100_000
_PATIENCE_S: Final = 15
_MANY, _MUCH = 50, 0.1
"""So many of a model, and so large a part of it, are not taken for deleted without a person's word."""


@dataclass(slots=True)
class ModelReport:
    """One model as it was before mending; `differences` are the first ten thousand: odoo_id, kind and fields."""

    model: str
    in_odoo: int = 0
    in_tower: int = 0
    missing: int = 0
    extra: int = 0
    differing: int = 0
    mended: int = 0
    took_ms: int = 0
    says: str = ""
    is_refused: bool = False
    differences: list[dict[str, Any]] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many records are not the same on both sides."""
        return self.missing + self.extra + self.differing


@dataclass(slots=True)
class Report:
    """One reconciliation of one Odoo."""

    connection: str
    kind: str
    started_at: str
    models: list[ModelReport] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """Over all models."""
        return sum(model.wrong for model in self.models)

    @property
    def refused(self) -> list[str]:
        """Models that Odoo did not let us compare."""
        return [model.model for model in self.models if model.is_refused]

    def as_json(self) -> dict[str, Any]:
        """For the report file."""
        return {**asdict(self), "wrong": self.wrong}


Show = Callable[[ModelReport], None]


def reconcile(
    connection: str,
    *,
    full: bool,
    mend: bool,
    models: Iterable[str] | None = None,
    show: Show | None = None,
    throttle: float = 0,
    all_gone: bool = False,
) -> Report:
    """Compare every model that this Odoo has, or those named.

    full compares every value, else ids and write_date. throttle is how long to rest after each chunk, as a part of
    the time it took. all_gone is a person's word that however many are gone. Raises OdooError where Odoo is away.
    """
    report = Report(connection, "full" if full else "quick", timezone.now().isoformat())
    feed.prepare(connection)
    wanted = set(models) if models is not None else None
    with Reader(connection) as reader:
        for spec in SPECS:
            if (wanted is None or spec.model in wanted) and reader.on(spec) is not None:
                work = _Work(reader, spec, full, mend, throttle, all_gone)
                try:
                    report.models.append(work.run())
                except LoginRefused:
                    raise
                except OdooRefused as error:  # a right that is lacking stops no other model
                    report.models.append(work.refused(error))
                if show:
                    show(report.models[-1])
    return report


@dataclass(slots=True)
class _Work:
    """The comparison of one model."""

    reader: Reader
    spec: Spec
    full: bool
    mend: bool
    throttle: float
    all_gone: bool
    told: ModelReport = field(init=False)
    extra: list[int] = field(default_factory=list)
    started_at: datetime = field(default_factory=timezone.now)
    begun: float = field(default_factory=time.monotonic)

    def run(self) -> ModelReport:
        """Compare, look again at what differs, mend; the outcome stands on a row."""
        self.told = ModelReport(self.spec.model)
        self._catch_up()  # what was written until now is no difference
        suspects = self._suspects()
        if suspects:
            self._catch_up()
            for ids in batched(sorted(suspects), PAGE):
                self._look_again(ids, suspects)
            self._take_for_gone()
        self.told.says = self.told.says or self._asked_because()
        self._keep()
        self._no_longer_asked()
        return self.told

    def refused(self, error: OdooRefused) -> ModelReport:
        """What the row says where Odoo did not let us compare; what was asked for stays asked for."""
        self.told = ModelReport(self.spec.model, says=error.says, is_refused=True)
        self._keep()
        return self.told

    def _asked_because(self) -> str:
        """What the feed had noticed, so that it can be read up once its notice is gone."""
        asked = Feed.objects.filter(
            connection=self.reader.connection,
            model=self.spec.model,
            reconcile_asked_at__lte=self.started_at,
        )
        notice = asked.values_list("notice", flat=True).first() or ""
        aside = aside_says(self.reader.connection, self.spec.model)
        return "" if notice == aside else notice

    def _no_longer_asked(self) -> None:
        """What the feed wanted a person to know until all was compared is over; what is set aside is not."""
        model = self.spec.model
        rows = Feed.objects.filter(connection=self.reader.connection, model=model)
        rows.filter(Q(reconcile_asked_at__lte=self.started_at) | Q(reconcile_asked_at=None)).update(
            reconcile_asked_at=None, notice=aside_says(self.reader.connection, model)
        )

    def _keep(self) -> None:
        self.told.took_ms = max(int((time.monotonic() - self.begun) * 1000), 1)
        Reconciliation.objects.create(
            connection=self.reader.connection,
            model=self.spec.model,
            kind="full" if self.full else "quick",
            started_at=self.started_at,
            took_ms=self.told.took_ms,
            in_odoo=self.told.in_odoo,
            in_tower=self.told.in_tower,
            missing=self.told.missing,
            extra=self.told.extra,
            differing=self.told.differing,
            mended=self.told.mended,
            says=self.told.says,
            refused=self.told.is_refused,
            details=list(_flat(self.told.differences))[:_DETAILS],
        )

    def _catch_up(self) -> None:
        """Have the feed pass; where another worker is at it, wait, or what it did not come to would count."""
        loaded = Feed.objects.filter(
            connection=self.reader.connection, model=self.spec.model, load_done_at__isnull=False
        )
        give_up = time.monotonic() + _PATIENCE_S
        while not feed.advance_one(self.reader, self.spec):
            if time.monotonic() > give_up or not loaded.exists():
                return
            time.sleep(0.2)

    def _suspects(self) -> dict[int, Seen | None]:
        """Ids on which the sides disagree, and what Odoo said of them at this first look."""
        suspects: dict[int, Seen | None] = {}
        began = time.monotonic()
        for part in stretches(self.reader, self.spec, full=self.full):
            self.told.in_odoo += len(part.odoo)
            self.told.in_tower += len(part.tower)
            suspects |= {odoo_id: part.odoo.get(odoo_id) for odoo_id in part.suspects}
            if len(suspects) > _SUSPECTS:
                self.told.says = "More differs than is looked at in one run; run it again."
                break
            if self.throttle:
                time.sleep(self.throttle * (time.monotonic() - began))
                began = time.monotonic()
        return suspects

    def _look_again(self, ids: list[int], suspects: dict[int, Seen | None]) -> None:
        """What still differs, and was not written while we compared, is a difference."""
        connection = self.reader.connection
        started = timezone.now()
        records = self.reader.by_ids(self.spec, ids)
        odoo = of_odoo(connection, self.spec, records, full=True)
        tower = of_tower(connection, self.spec, ids)
        wrong: list[int] = []
        for odoo_id in ids:
            here, there, first = odoo.get(odoo_id), tower.get(odoo_id), suspects[odoo_id]
            if here == there:
                continue
            if here is not None and first is not None and here.written_at != first.written_at:
                continue  # written meanwhile: the feed's next pass has it
            if here is None:
                self.extra.append(odoo_id)
                self._tell(odoo_id, "extra", {})
                continue
            wrong.append(odoo_id)
            self._tell_differing(odoo_id, here, there)
        if self.mend and wrong:
            self._mend([record for record in records if record["id"] in set(wrong)], started)

    def _tell_differing(self, odoo_id: int, here: Seen, there: Seen | None) -> None:
        if there is None:
            self.told.missing += 1
            self._tell(odoo_id, "missing", {})
            return
        self.told.differing += 1
        self._tell(odoo_id, "differs", fields_that_differ(self.spec, here, there))

    def _tell(self, odoo_id: int, kind: str, fields: dict[str, Any]) -> None:
        if len(self.told.differences) < _TOLD:
            self.told.differences.append({"odoo_id": odoo_id, "kind": kind, "fields": fields})

    def _mend(self, records: list[Record], started: Any) -> None:
        ids = {record["id"] for record in records}
        changes = take_in(self.reader, self.spec, records, started, mend=ids)
        self.told.mended += len(changes.touched)

    def _take_for_gone(self) -> None:
        """Mark what Odoo no longer has, unless it is so much that a lost right is likelier than deleting.

        What a record rule hides is known for sure: it never counts as deleted without a person's word.
        """
        self.told.extra = len(self.extra)
        if not self.mend or not self.extra:
            return
        if self._is_too_much() and not self.all_gone:
            self.told.says = (
                f"Odoo no longer shows {len(self.extra)} of {self.told.in_tower}: if they were deleted there, "
                "run `manage.py odoo_reconcile --all-gone`; if not, the service user lost a right."
            )
            return
        hidden = set() if self.all_gone else hidden_of(self.reader, self.spec, self.extra)
        if hidden:
            self.told.says = (
                f"Odoo hides {len(hidden)} of them from us, and has them: they stay as they were seen. Give the service user "
                "its right back, or run `manage.py odoo_reconcile --all-gone`."
            )
        for ids in batched([odoo_id for odoo_id in self.extra if odoo_id not in hidden], PAGE):
            self.told.mended += len(store_gone(self.reader.connection, self.spec, ids))

    def _is_too_much(self) -> bool:
        """A tenth of many, or all of more than a handful, is likelier a lost right than deleting."""
        extra, all_ = len(self.extra), max(self.told.in_tower, 1)
        return (extra > _MANY and extra / all_ > _MUCH) or (extra > HANDFUL and extra >= all_)


def _flat(differences: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for one in differences:
        if not one["fields"]:
            yield {"odoo_id": one["odoo_id"], "field": one["kind"], "odoo": None, "tower": None}
        for name, values in one["fields"].items():
            yield {"odoo_id": one["odoo_id"], "field": name, **values}


def try_reconcile(connection: str, **asked: Any) -> Report | None:
    """The same for a worker: None where Odoo is away, which its feeds say."""
    try:
        return reconcile(connection, **asked)
    except OdooError:
        return None
