"""What Prometheus is told. Counters of the processes for the door; the rest is asked of the database when scraped.

Several web processes serve one address: with `PROMETHEUS_MULTIPROC_DIR` each writes its counters into that folder,
and whichever is scraped tells the sum. Without it a scrape tells one process's.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Final

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from apps.integrations import health

ACCEPTED: Final = Counter("tower_door_answers", "Messages answered 2xx at the door", ["status"])
REFUSED: Final = Counter(
    "tower_door_refusals", "Messages refused at the door", ["reason", "partner"]
)


class TowerCollector(Collector):
    """Figures read from the database at each scrape, a handful of small queries."""

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: registering must not touch the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All figures; when the database is away only `tower_database_up 0`."""
        up = GaugeMetricFamily("tower_database_up", "Whether the database answered this scrape")
        try:
            metrics = [*_messages(), *_inbox(), *_commands(), *_journal()]
        except DatabaseError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from metrics


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _messages() -> list[Metric]:
    messages = CounterMetricFamily(
        "tower_messages", "Messages by partner and fate", labels=["partner", "status"]
    )
    events = CounterMetricFamily(
        "tower_events_applied", "New events applied, by partner", labels=["partner"]
    )
    totals: dict[str, float] = {}
    for partner, status, count, applied in _rows(
        "SELECT p.slug, c.status, sum(c.messages), sum(c.events) FROM integrations_messagecount c"
        " JOIN integrations_partner p ON p.id = c.partner_id GROUP BY 1, 2"
    ):
        messages.add_metric([str(partner), str(status)], float(str(count)))
        totals[str(partner)] = totals.get(str(partner), 0) + float(str(applied))
    for partner, total in totals.items():
        events.add_metric([partner], total)
    return [messages, events]


def _inbox() -> list[Metric]:
    backlog = GaugeMetricFamily("tower_inbox_backlog", "Messages stored and not applied yet")
    oldest = GaugeMetricFamily("tower_inbox_oldest_seconds", "Age of the oldest of them")
    waiting, age_s = health.backlog()
    backlog.add_metric([], waiting)
    oldest.add_metric([], age_s)
    return [backlog, oldest]


def _commands() -> list[Metric]:
    commands = GaugeMetricFamily("tower_commands", "Commands to Odoo by state", labels=["state"])
    for state, count in _rows("SELECT state, count(*) FROM integrations_command GROUP BY 1"):
        commands.add_metric([str(state)], float(str(count)))
    mails = GaugeMetricFamily("tower_mails", "Mails to partners by state", labels=["state"])
    for state, count in _rows("SELECT state, count(*) FROM integrations_outboundmail GROUP BY 1"):
        mails.add_metric([str(state)], float(str(count)))
    return [commands, mails]


def _journal() -> list[Metric]:
    lag = GaugeMetricFamily(
        "tower_journal_lag_seconds",
        "Age of the oldest entry a subscriber has not handled",
        labels=["subscriber"],
    )
    for name, seconds in health.journal_lags().items():
        lag.add_metric([name], seconds)
    stuck = GaugeMetricFamily(
        "tower_journal_stuck", "Entries set aside, by subscriber", labels=["subscriber"]
    )
    for subscriber, count in _rows(
        "SELECT subscriber, count(*) FROM journal_stuckentry WHERE resolved_at IS NULL GROUP BY 1"
    ):
        stuck.add_metric([str(subscriber)], float(str(count)))
    return [lag, stuck]


def told(_request: HttpRequest) -> HttpResponse:
    """`GET /metrics`: everything, in Prometheus' text format."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(TowerCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
