"""`manage.py beat`: Celery's clock, at most one ticking however many are started."""

import os
import sys
import threading
import time
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand

_LOCK = 7_201_001
_STANDBY_S = 5


class Command(BaseCommand):
    """Stands by until the advisory lock is free, then beats; loses the beat with the lock's connection."""

    help = "Run the beat (stands by while another one holds the lock)."

    def handle(self, *args: Any, **options: Any) -> None:
        lock = self._wait_for_lock()
        from controltower.celery import app

        settings.VAR.mkdir(parents=True, exist_ok=True)
        beat = app.Beat(
            loglevel="warning", schedule=str(settings.VAR / "beat-schedule"), quiet=True
        )
        _die_with(lock)
        beat.run()

    def _wait_for_lock(self) -> psycopg.Connection[Any]:
        while True:
            try:
                connection = psycopg.connect(
                    settings.DATABASE_URL, autocommit=True, connect_timeout=5
                )
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
                if row and row[0]:
                    return connection
                connection.close()
            except psycopg.OperationalError as error:
                self.stderr.write(f"beat waits for the database: {error}".splitlines()[0])
            time.sleep(_STANDBY_S)


def _die_with(lock: psycopg.Connection[Any]) -> None:
    """End this process when the lock's connection is lost, so that another beat may take over."""

    def watch() -> None:
        while True:
            time.sleep(_STANDBY_S)
            try:
                lock.execute("SELECT 1")
            except psycopg.Error:
                sys.stderr.write("beat lost its lock and stops\n")
                os._exit(1)

    threading.Thread(target=watch, name="beat-lock", daemon=True).start()
