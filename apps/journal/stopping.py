"""Whether this worker was asked to stop: who works through a backlog asks between two batches.

Celery lets a running task end before the process goes, and a drain ends when nothing is left: with a backlog
the worker would be killed at the end of its grace, and the next one would have to suspect the batch it held.
"""

import threading
from typing import Any

from celery.signals import worker_shutting_down

_asked = threading.Event()


@worker_shutting_down.connect
def _note(**_: Any) -> None:
    _asked.set()


def asked() -> bool:
    """Whether nothing new should be begun."""
    return _asked.is_set()
