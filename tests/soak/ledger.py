"""What a tower holds of a set of messages, read from its database as it is: fates, events, packages, cases, journal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from tests.soak.mail import Plan

_PACKAGES: Final = """
    SELECT p.tracking_number, p.generation, p.milestone, p.status, p.exception_reason, p.terminal,
           p.first_event_at, p.last_event_at, p.picked_up_at, p.delivered_at, p.attempts, p.eta,
           p.event_count, p.ambiguous,
           (SELECT array_agg(told->>'code' ORDER BY told->>'code') FROM jsonb_array_elements(p.anomalies) AS told)
    FROM shipments_package p WHERE p.tracking_number = ANY(%s)"""
_EVENTS: Final = """
    SELECT p.tracking_number, e.source, e.milestone, e.occurred_at, e.exception_reason, e.eta,
           e.voided_at IS NOT NULL, e.unmapped, e.flags::text
    FROM shipments_event e JOIN shipments_package p ON p.id = e.package_id
    WHERE p.tracking_number = ANY(%s) AND e.superseded_at IS NULL"""
_CASES: Final = """
    SELECT p.tracking_number, c.kind, c.reason
    FROM exceptions_case c JOIN shipments_package p ON p.id = c.package_id
    WHERE p.tracking_number = ANY(%s) AND c.kind = ANY(%s)"""
_TWICE: Final = {
    "one event under two rows": """
        SELECT identity FROM shipments_event WHERE superseded_at IS NULL GROUP BY identity HAVING count(*) > 1""",
    "a change of a package told twice": """
        SELECT subject FROM journal_entry WHERE kind = 'package.changed'
        GROUP BY subject, payload->>'version' HAVING count(*) > 1""",
    "a message's fate told twice": """
        SELECT subject FROM journal_entry WHERE kind IN ('message.rejected', 'message.conflict', 'message.dead')
        GROUP BY subject, kind HAVING count(*) > 1""",
    "an unmapped code told twice of one message and package": """
        SELECT subject FROM journal_entry WHERE kind = 'event.unmapped'
        GROUP BY subject, payload->>'message', payload->>'package', payload->>'code' HAVING count(*) > 1""",
    "two open cases of one cause": """
        SELECT dedupe FROM exceptions_case WHERE state <> 'resolved' GROUP BY dedupe HAVING count(*) > 1""",
    "an entry that a subscriber could not handle": """
        SELECT subject FROM journal_stuckentry WHERE resolved_at IS NULL""",
}
SAID: Final = [
    "ambiguous_package",
    "impossible_sequence",
    "delivery_attempted",
    "delivery_exception",
]
"""Kinds of cases that what was said opens, not the clock."""

BACK_WITHIN_S: Final = 60


class Ledger:
    """Questions to the database of a tower; each opens a connection of its own, since PostgreSQL may have died."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The answer, whole; asked again while PostgreSQL comes back."""
        give_up = time.monotonic() + BACK_WITHIN_S
        while True:
            try:
                with psycopg.connect(self.url, connect_timeout=10) as connection:
                    return connection.execute(statement, values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.3)

    def waiting(self) -> int:
        """Messages that still have to be applied."""
        return int(
            self.rows("SELECT count(*) FROM integrations_message WHERE status = 'received'")[0][0]
        )

    def unread(self) -> int:
        """Subscribers that are not past the last journal entry."""
        statement = """
            SELECT count(*) FROM journal_cursor c,
                   (SELECT xid, id FROM journal_entry ORDER BY xid DESC, id DESC LIMIT 1) last
            WHERE (c.xid, c.entry_id) < (last.xid, last.id)"""
        return int(self.rows(statement)[0][0])

    def fates(self, ids: Sequence[str]) -> dict[str, str]:
        """What became of messages, by public id; one that is not there is missing here too."""
        wanted = [one.removeprefix("msg_") for one in ids]
        found = self.rows(
            "SELECT public_id, status FROM integrations_message WHERE public_id = ANY(%s::uuid[])",
            wanted,
        )
        return {f"msg_{public_id.hex}": status for public_id, status in found}

    def digests(self, wanted: Sequence[str]) -> Counter[str]:
        """How many messages hold the bytes with these SHA-256."""
        found = self.rows(
            "SELECT digest FROM integrations_message WHERE digest = ANY(%s)", list(wanted)
        )
        return Counter(digest for (digest,) in found)

    def cases_of(self, ids: Sequence[str]) -> Counter[str]:
        """How often the cases about these messages were raised."""
        found = self.rows(
            "SELECT subject, sum(count) FROM exceptions_case WHERE subject = ANY(%s) GROUP BY subject",
            list(ids),
        )
        return Counter({subject: int(raised) for subject, raised in found})

    def twice(self) -> dict[str, list[Any]]:
        """Everything that must be there once and is there more often."""
        found = {name: self.rows(statement)[:5] for name, statement in _TWICE.items()}
        return {name: rows for name, rows in found.items() if rows}

    def state(self, plan: Plan) -> dict[int, tuple[Any, ...]]:
        """Packages, events and cases by the place of their tracking number in the plan: two plans can be compared."""
        place = {number: at for at, number in enumerate(plan.numbers)}
        told: dict[int, list[Any]] = {}
        for statement, more in (
            (_PACKAGES, []),
            (_EVENTS, []),
            (_CASES, [SAID]),
        ):
            for number, *rest in self.rows(statement, plan.numbers, *more):
                told.setdefault(place[number], []).append(tuple(rest))
        return {at: tuple(sorted(rows, key=repr)) for at, rows in told.items()}
