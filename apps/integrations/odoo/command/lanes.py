"""Who is next: the oldest unfinished command of each record, and a lane of its own for each connection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from django.db import connection as database
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.integrations.models import Command
from apps.integrations.models.commands import CommandState
from apps.integrations.odoo.line.client import release
from apps.integrations.odoo.line.connections import slugs
from apps.journal import stopping

PARALLEL: Final = 4
UNFINISHED: Final = (CommandState.WAITING, CommandState.SENDING, CommandState.UNSURE)
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Head:
    """The oldest unfinished command of a record."""

    pk: int
    record: str


Work = Callable[[Head], int]


def drain(work: Work, parallel: int = PARALLEL) -> int:
    """Take steps until nothing moves: connections side by side, so that one that is away holds up no other."""
    connections = waiting_connections()
    if parallel == 1 or len(connections) <= 1:
        return sum(_lane(one, work, parallel) for one in connections)
    with ThreadPoolExecutor(len(connections), thread_name_prefix="odoo-lane") as pool:
        return sum(pool.map(lambda one: _apart(lambda: _lane(one, work, parallel)), connections))


def _lane(connection: str, work: Work, parallel: int) -> int:
    taken = 0
    while heads := due_heads(connection=connection):
        if parallel == 1 or len(heads) == 1:
            moved = sum(work(head) for head in heads)
        else:
            with ThreadPoolExecutor(
                min(parallel, len(heads)), thread_name_prefix="odoo-command"
            ) as pool:
                moved = sum(pool.map(lambda head: _apart(lambda: work(head)), heads))
        taken += moved
        if not moved or stopping.asked():
            break
    return taken


def _apart(work: Callable[[], int]) -> int:
    """Work in a thread of a pool, which leaves no database session behind and hands its sign-in on."""
    try:
        return work()
    finally:
        release()
        database.close()


def waiting_connections() -> list[str]:
    """Connections that have a command to be carried now. Those of one that is switched off wait, and say so."""
    waiting = set(_due().order_by().values_list("connection", flat=True).distinct())
    open_ = waiting & set(slugs())
    for closed in waiting - open_:
        says = f"Waits: the connection {closed} is switched off."
        _due().filter(connection=closed).exclude(says=says).update(says=says)
    return sorted(open_)


def due_heads(only: int | None = None, *, connection: str | None = None) -> list[Head]:
    """The oldest unfinished command of each record, where it is due. Later ones wait for it.

    only asks about one command, by database id; connection about one lane.
    """
    older = Command.objects.filter(
        connection=OuterRef("connection"),
        model=OuterRef("model"),
        record_odoo_id=OuterRef("record_odoo_id"),
        state__in=UNFINISHED,
        id__lt=OuterRef("id"),
    )
    due = _due().filter(~Exists(older)).order_by("id")
    if only is not None:
        due = due.filter(pk=only)
    if connection is not None:
        due = due.filter(connection=connection)
    return [Head(c.pk, f"{c.connection}/{c.model}/{c.record_odoo_id}") for c in due[:_MOST]]


def _due() -> QuerySet[Command]:
    now = timezone.now()
    return Command.objects.filter(state__in=UNFINISHED, not_before__lte=now).filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    )
