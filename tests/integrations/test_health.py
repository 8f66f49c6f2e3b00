"""/healthz, /readyz and /metrics."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

import controltower.celery  # noqa: F401  the web process names the broker this way
from apps.integrations import health, inbox
from apps.integrations.models import Message
from apps.journal.models import Cursor
from tests.integrations.factories import batch, make_partner, post

pytestmark = pytest.mark.django_db


def test_the_process_is_alive_without_asking_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Client().get("/healthz").json() == {"status": "ok"}


def test_a_whole_tower_is_ready():
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready"), answer.content
    assert set(answer.json()["checks"]) == {"database", "migrations", "journal", "broker"}


def test_without_a_database_it_is_not_ready_and_says_so(monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(health.connection, "cursor", away)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["database"])


def test_without_a_broker_it_is_not_ready_and_says_so(monkeypatch):
    def away(**options):
        raise ConnectionRefusedError

    monkeypatch.setattr(health.current_app, "connection_for_write", away)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["broker"])
    assert "ConnectionRefusedError" in answer.json()["checks"]["broker"]


def test_missing_migrations_are_named(monkeypatch):
    class Behind:
        def __init__(self, connection) -> None:
            self.loader = type(
                "L", (), {"graph": type("G", (), {"leaf_nodes": staticmethod(list)})}
            )

        def migration_plan(self, targets):
            return [(type("M", (), {"app_label": "shipments", "name": "0009_more"}), False)]

    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "MigrationExecutor", Behind)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "shipments.0009_more" in answer.json()["checks"]["migrations"]


def test_a_subscriber_that_lags_is_named(monkeypatch):
    monkeypatch.setattr(health, "journal_lags", lambda: {"live": 301.0, "cases": 1.0})
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["journal"])
    assert "live 301 s" in answer.json()["checks"]["journal"]


def test_a_restored_dump_is_recognised_by_cursors_ahead_of_the_database():
    Cursor.objects.update_or_create(subscriber="live", defaults={"xid": 10**15})
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "journal_rebase" in answer.json()["checks"]["journal"]


def test_the_metrics_tell_messages_backlog_and_lag():
    partner = make_partner(name="Gent 3PL")
    post(partner, batch("m1", "AB1", "AB2"))
    inbox.drain()
    post(partner, batch("m2", "AB1"))
    Message.objects.filter(key="m2").update(received_at=timezone.now() - timedelta(minutes=6))
    post("nobody", batch("m3", "AB1"))

    told = Client().get("/metrics").content.decode()

    assert 'tower_messages_total{partner="gent-3pl",status="processed"} 1.0' in told
    assert 'tower_events_applied_total{partner="gent-3pl"} 2.0' in told
    assert "tower_inbox_backlog 1.0" in told
    oldest = next(
        line for line in told.splitlines() if line.startswith("tower_inbox_oldest_seconds")
    )
    assert float(oldest.split()[1]) >= 300
    assert 'tower_door_refusals_total{partner="",reason="unknown_partner"}' in told
    assert "tower_journal_lag_seconds{subscriber=" in told
    assert "tower_database_up 1.0" in told


def test_the_metrics_are_told_even_when_the_database_is_away(monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr("apps.integrations.metrics._messages", away)
    told = Client().get("/metrics").content.decode()
    assert "tower_database_up 0.0" in told
