"""Every connection worked on at the same time, in threads that keep their sign-ins from one pass to the next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import connection as database

from apps.integrations.odoo.line.client import release
from apps.integrations.odoo.line.connections import slugs

log = structlog.get_logger(__name__)


def each(work: Callable[[str], object]) -> None:
    """Run work for every connection at the same time: one that is away delays no other's lane.

    Ends when the slowest has; the first error is raised then, the others are logged.
    """
    names = slugs()
    if len(names) == 1:
        work(names[0])
        return
    with ThreadPoolExecutor(max_workers=len(names), thread_name_prefix="odoo") as pool:
        running = {name: pool.submit(_lane, work, name) for name in names}
    failed = [(name, error) for name, lane in running.items() if (error := lane.exception())]
    for name, error in failed[1:]:
        log.error("odoo_lane_failed", connection=name, error=repr(error))
    if failed:
        raise failed[0][1]


def _lane(work: Callable[[str], object], name: str) -> None:
    try:
        work(name)
    finally:
        release()
        database.close()  # each thread has its own
