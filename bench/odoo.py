"""Odoo: the first load beside a bare OdooRPC loop of the same fields, the idle feed, many changes in one pass."""

import resource
import sys
import time
from collections import Counter
from typing import Any

from bench.odoo_ground import Server, connect, server
from bench.rows import Row

_MANY = 10_000
_GROWTH_MB = 64


def measure() -> list[Row]:
    """One process reads; the server is the same for the tower and for the bare loop, one right after the other."""
    from django.conf import settings

    settings.WAKE_UPS = False
    with server() as odoo:
        settings.ODOO = {
            **settings.ODOO,
            "url": odoo.url,
            "db": odoo.db,
            "user": odoo.user,
            "secret": odoo.secret,
            "timeout_s": 600,
        }
        rows = [*_first_load(odoo), _idle()]
        return [*rows, *_many_changes(odoo)] if odoo.is_sandbox else rows


def _first_load(odoo: Server) -> list[Row]:
    from apps.integrations.odoo.follow import feed
    from apps.integrations.odoo.follow.loading import Progress, is_loaded
    from apps.integrations.odoo.follow.reading import Reader
    from apps.mirror.models import Feed

    _forget()
    bare = _bare(odoo)
    loaded_at: list[float] = []

    def seen(progress: Progress) -> None:
        if progress.phase == "projecting" and not loaded_at:
            loaded_at.append(time.perf_counter())

    Reader.forget_all()  # the bare loop was told which fields there are; the tower has to ask
    start = time.perf_counter()
    while feed.run(budget_s=600, show=seen):
        continue
    end = time.perf_counter()
    assert is_loaded("default"), list(Feed.objects.exclude(error="").values("model", "error"))
    records = sum(row.loaded for row in Feed.objects.all())
    mirrored = records / ((loaded_at or [end])[0] - start)
    bare = max(bare, _bare(odoo))
    # The sandbox answers some four times faster than Odoo: beside it the ratio tells nothing of the budget.
    limit = None if odoo.is_sandbox else 0.8
    return [
        Row("bare OdooRPC search_read loop", bare, "records/s"),
        Row("first load of an Odoo, mirrored", mirrored, "records/s", mirrored / bare, limit),
        Row(f"  the same, mirrored and projected ({mirrored / bare:.2f} × bare mirrored)", records / (end - start), "records/s"),
    ]  # fmt: skip


def _bare(odoo: Server) -> float:
    """Records a second of a loop that reads the same fields in the same pages, and keeps nothing."""
    from apps.integrations.odoo.follow.reading import PAGE, Reader
    from apps.integrations.odoo.line.client import client
    from apps.mirror.specs import SPECS

    reader, bare, found = Reader("default"), connect(odoo), 0
    asked = [
        (reader.model(spec), reader.domain(spec), spec.wanted(client().fields(reader.model(spec))))
        for spec in SPECS
        if reader.on(spec)
    ]
    start = time.perf_counter()
    for model, domain, fields in asked:
        after_id = 0
        while True:
            page = bare.execute_kw(
                model, "search_read", [[*domain, ("id", ">", after_id)]],
                {"fields": fields, "limit": PAGE, "order": "id", "load": False,
                 "context": {"active_test": False, "lang": "en_US"}},
            )  # fmt: skip
            found += len(page)
            if len(page) < PAGE:
                break
            after_id = page[-1]["id"]
    return found / (time.perf_counter() - start)


def _idle() -> Row:
    """The most calls any model costs in one interval in which nothing was written."""
    from django.utils import timezone

    from apps.integrations.odoo.follow import feed
    from apps.integrations.odoo.line.client import Client
    from apps.mirror.models import Feed

    feed.run()
    Feed.objects.update(due_at=None, quiet_s=1e6, refreshed_at=timezone.now())
    asked: Counter[str] = Counter()
    call = Client.call

    def counted(self: Client, model: str, *args: Any, **named: Any) -> Any:
        asked[model] += 1
        return call(self, model, *args, **named)

    Client.call = counted  # type: ignore[method-assign]
    try:
        feed.run()
    finally:
        Client.call = call  # type: ignore[method-assign]
    most = max(asked.values())
    return Row(
        "idle Odoo: calls per model and interval, at most", most, "calls", most, 1, least=False
    )


def _many_changes(odoo: Server) -> list[Row]:
    """10,000 transfers changed at once, mirrored in one pass."""
    from apps.integrations.odoo.follow import feed
    from apps.mirror.models import Feed, Picking

    admin = connect(odoo, "admin", "admin")
    ids = admin.execute_kw(
        "stock.picking", "search", [[["origin", "=", "bench"]]], {"limit": _MANY}
    )
    admin.execute_kw("stock.picking", "write", [ids, {"origin": "changed"}], {})
    Feed.objects.filter(model="stock.picking").update(due_at=None)
    before, start = _peak_mb(), time.perf_counter()
    feed.run()
    took_s, grown = time.perf_counter() - start, _peak_mb() - before
    assert Picking.objects.filter(origin="changed").count() == len(ids)
    return [
        Row(f"{len(ids):,} changed transfers in one pass", len(ids) / took_s, "records/s"),
        Row("  growth of the reader's peak memory", grown, "MB", grown, _GROWTH_MB, least=False),
    ]


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _forget() -> None:
    """An empty mirror: what an earlier run left is another Odoo's."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public'"
            " AND (tablename LIKE 'mirror\\_%%' OR tablename LIKE 'shipments\\_%%'"
            " AND tablename NOT LIKE '%%ownership%%')"
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} CASCADE")
