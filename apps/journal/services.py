"""Append to the journal, and drain it to a subscriber behind its cursor."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from apps.journal import kinds
from apps.journal.correlation import current
from apps.journal.wake import wake

_APPEND = """
INSERT INTO journal_entry
    (public_id, kind, version, subject, payload, correlation_id, actor, company_id, warehouse_id, customer_id)
SELECT gen_random_uuid(), kind, version, subject, payload, correlation_id, actor,
       company_id, warehouse_id, customer_id
FROM jsonb_to_recordset(%s::jsonb) AS row(
    kind text, version smallint, subject text, payload jsonb, correlation_id text, actor text,
    company_id bigint, warehouse_id bigint, customer_id bigint)
"""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What to append. `subject` is the public id of what it happened to."""

    kind: str
    subject: str
    payload: dict[str, Any] = field(default_factory=dict)
    company_id: int | None = None
    warehouse_id: int | None = None
    customer_id: int | None = None
    actor: str = "system"
    correlation_id: str | None = None


def append(*entries: NewEntry) -> None:
    """Append entries in the caller's transaction, in one statement, in the order given."""
    append_many(entries)


def append_many(entries: Iterable[NewEntry]) -> None:
    """Append a batch. Raises KeyError for a kind that is not declared in `kinds`."""
    rows = [
        {
            "kind": entry.kind,
            "version": kinds.get(entry.kind).version,
            "subject": entry.subject,
            "payload": entry.payload,
            "correlation_id": entry.correlation_id or current(),
            "actor": entry.actor,
            "company_id": entry.company_id,
            "warehouse_id": entry.warehouse_id,
            "customer_id": entry.customer_id,
        }
        for entry in entries
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [json.dumps(rows, cls=DjangoJSONEncoder)])
    transaction.on_commit(lambda: wake("journal.drain"))
