"""The journal: append-only, partitioned by month, read behind cursors on (xid, id)."""

from typing import Any

from django.db import models

from apps.journal.ids import PublicIdField


class XidField(models.Field):
    """PostgreSQL's xid8: the id of the writing transaction, read and written as decimal text."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else str(value)


class Entry(models.Model):
    """Something that happened in the tower. Holds ids, codes and digests, no personal data.

    The table is partitioned by `at` (migration 0001), so its real primary key is (id, at).
    """

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField("ent", unique=False)
    xid = XidField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=64)
    payload = models.JSONField()
    correlation_id = models.CharField(max_length=64)
    actor = models.CharField(max_length=80)
    company_id = models.BigIntegerField(null=True)
    warehouse_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "journal_entry"

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Cursor(models.Model):
    """How far one subscriber has read. (xid, id) is the last entry it has behind it."""

    subscriber = models.CharField(max_length=60, primary_key=True)
    xid = XidField(default=0)
    entry_id = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(auto_now=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.subscriber} at {self.xid}/{self.entry_id}"


class StuckEntry(models.Model):
    """An entry that one subscriber could not handle; set aside so that the others go on."""

    subscriber = models.CharField(max_length=60)
    entry_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=64)
    error = models.TextField()
    stuck_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "entry_id"], name="journal_stuck_once")
        ]

    def __str__(self) -> str:
        return f"{self.subscriber}: {self.kind} {self.subject}"
