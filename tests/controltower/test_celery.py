"""Wake-ups are sent from threads of their own: they must find the tower's Celery, whenever it was imported."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ASKED_EARLY = """
import threading
from celery import current_app
early = current_app.main  # somebody's thread asks before the tower's own is there
import django; django.setup()
import controltower.celery
seen = []
thread = threading.Thread(target=lambda: seen.append(current_app.main))
thread.start(); thread.join()
print(early, seen[0])
"""


def test_a_thread_finds_the_towers_app_though_somebody_asked_before_it_was_there() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _ASKED_EARLY],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "controltower.settings"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert told.stdout.split() == ["default", "controltower"]
