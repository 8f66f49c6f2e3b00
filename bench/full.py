"""The rate of applying with ten million events in the table, beside that with few: same run, same database."""

import os
import statistics

from bench.batch import applied, store
from bench.ground import working
from bench.rows import Row

_ROWS = int(os.environ.get("BENCH_EVENTS", "10000000"))
_STEP = 500_000
_ROUNDS = 5
# Ten events to a parcel, spread as a year's are; everything else as the bench's partner writes it.
_PACKAGES = """
INSERT INTO shipments_package ({columns})
SELECT {values} FROM (SELECT * FROM shipments_package WHERE event_count > 0 ORDER BY id DESC LIMIT 1) AS one,
    generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
_EVENTS = """
INSERT INTO shipments_event ({columns})
SELECT {values} FROM (SELECT * FROM shipments_event ORDER BY id DESC LIMIT 1) AS one,
    generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    JOIN shipments_package p ON p.number = 'FULL' || (n / 10)
"""


def measure() -> list[Row]:
    """Medians of five rounds of 40,000 events, before and after the tables are filled."""
    few = _rate()
    _fill()
    many = _rate()
    return [
        Row("claimed → applied with few events in the table", few, "events/s"),
        Row(f"  the same with {_ROWS:,} events more", many, "events/s", many / few, 0.8),
    ]


def _rate() -> float:
    with working(2, "pipe"):
        applied(store(400))
        return statistics.median(applied(store(4000)) for _ in range(_ROUNDS))


def _fill() -> None:
    from django.db import connection

    from apps.shipments.models import Event, Package

    with connection.cursor() as cursor:
        for model, sql, rows, own in (
            (Package, _PACKAGES, _ROWS // 10, {
                "public_id": "gen_random_uuid()", "number": "'FULL' || n", "tracking_number": "'FULL' || n",
                "deciding_event_id": "NULL",
            }),
            (Event, _EVENTS, _ROWS, {
                "public_id": "gen_random_uuid()", "package_id": "p.id", "tracking_number": "p.tracking_number",
                "identity": "encode(sha256(n::text::bytea), 'hex')", "content": "encode(sha256(n::text::bytea), 'hex')",
                "occurred_at": "one.occurred_at - n * interval '3 seconds'",
                "received_at": "one.received_at - n * interval '3 seconds'",
                "message_id": "NULL", "message_ref": "''",
            }),
        ):  # fmt: skip
            names = [one.column for one in model._meta.concrete_fields if one.column != "id"]
            values = ", ".join(own.get(str(name), f'one."{name}"') for name in names)
            columns = ", ".join(f'"{name}"' for name in names)
            for first in range(0, rows, _STEP):
                cursor.execute(
                    sql.format(columns=columns, values=values),  # our own names
                    {"first": first, "last": min(first + _STEP, rows) - 1},
                )
        # A table that grew for a year was vacuumed long ago; else autovacuum's first look at ten million rows runs beside
        # what is measured.
        cursor.execute("VACUUM ANALYZE shipments_package, shipments_event")
        cursor.execute("CHECKPOINT")
