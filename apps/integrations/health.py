"""Is the process alive, and can it do its work? Each check names itself when it fails."""

from collections.abc import Callable
from typing import Final

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from apps.journal.models import Cursor
from apps.journal.subscribers import all_subscribers

LAG_LIMIT_S: Final = 300
_BROKER_TIMEOUT_S: Final = 2


class _NotReady(Exception):
    """One check's reason, in words."""


def backlog() -> tuple[int, float]:
    """(messages stored and not applied, counted up to 100,000; age of the oldest in seconds)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM integrations_message WHERE status = 'received'"
            " LIMIT 100000) AS few),"
            " COALESCE((SELECT extract(epoch FROM now() - min(first.received_at)) FROM integrations_partner p"
            " CROSS JOIN LATERAL (SELECT received_at FROM integrations_message WHERE status = 'received'"
            " AND partner_id = p.id ORDER BY id LIMIT 1) AS first), 0)"
        )
        waiting, age_s = cursor.fetchone()
    return waiting, max(0.0, float(age_s))


def journal_lags() -> dict[str, float]:
    """For each subscriber, the age in seconds of the oldest entry of its kinds that it has not handled."""
    cursors = {cursor.subscriber: cursor for cursor in Cursor.objects.all()}
    lags = {}
    with connection.cursor() as db:
        for subscriber in all_subscribers():
            at = cursors.get(subscriber.name) or Cursor()
            db.execute(
                "SELECT COALESCE(extract(epoch FROM now() - (SELECT at FROM journal_entry"
                " WHERE (xid, id) > (%s::text::xid8, %s) AND kind = ANY(%s) ORDER BY xid, id LIMIT 1)), 0)",
                [str(at.xid), at.entry_id, list(subscriber.kinds)],
            )
            lags[subscriber.name] = max(0.0, float(db.fetchone()[0]))
    return lags


def _database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise _NotReady("The database does not answer.") from error


def _broker() -> None:
    try:
        with current_app.connection_for_write(connect_timeout=_BROKER_TIMEOUT_S) as broker:
            broker.ensure_connection(max_retries=1, timeout=_BROKER_TIMEOUT_S)
    except Exception as error:  # whatever the transport raises: recorded as the reason
        raise _NotReady(f"The broker does not answer ({type(error).__name__}).") from error


_migrated = False


def _migrations() -> None:
    global _migrated
    if _migrated:
        return
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing[:5])
        raise _NotReady(f"Migrations are missing: {names}.")
    _migrated = True


def _journal() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        newest = int(cursor.fetchone()[0])
    ahead = [cursor.subscriber for cursor in Cursor.objects.all() if cursor.xid > newest + 1]
    if ahead:
        raise _NotReady(
            f"Cursors lie ahead of the database ({', '.join(ahead)}): restored from a dump? Run journal_rebase."
        )
    late = {name: lag for name, lag in journal_lags().items() if lag > LAG_LIMIT_S}
    if late:
        raise _NotReady(
            "Behind: " + ", ".join(f"{name} {lag:.0f} s" for name, lag in sorted(late.items()))
        )


_CHECKS: Final[tuple[tuple[str, Callable[[], None]], ...]] = (
    ("database", _database),
    ("migrations", _migrations),
    ("journal", _journal),
    ("broker", _broker),
)


@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """/healthz: the process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """/readyz: 200, or 503 naming each check that failed and why. Without a database the rest is not asked."""
    checks: dict[str, str] = {}
    for name, check in _CHECKS:
        try:
            check()
            checks[name] = "ok"
        except _NotReady as reason:
            checks[name] = str(reason)
            if name in ("database", "migrations"):
                break
    failed = [name for name, says in checks.items() if says != "ok"]
    return JsonResponse(
        {"status": "not ready" if failed else "ready", "failed": failed, "checks": checks},
        status=503 if failed else 200,
    )
