"""What past messages would say under the mapping in force now, and what was done about it."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import User
from apps.integrations.models.commands import Command
from apps.integrations.models.jobs import Job
from apps.shipments.models import Package


class Difference(models.Model):
    """One event that would now be another. before is null for one that was not there, after for one that goes.

    before and after hold milestone, reason, occurred_at (ISO 8601), number and unmapped. message_id is the
    database id of the message, event_ref the public id of the event as it stood when it was found.
    """

    job = models.ForeignKey(
        Job, on_delete=models.CASCADE, related_name="differences", db_index=False
    )
    identity = models.CharField(max_length=64)
    message_id = models.BigIntegerField()
    message_ref = models.CharField(max_length=40)
    event_ref = models.CharField(max_length=40, blank=True)
    package = models.ForeignKey(Package, null=True, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=120)
    source_code = models.CharField(max_length=120, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "identity"], name="difference_once")]
        indexes = [models.Index(fields=["job", "message_id"], name="difference_messages")]

    def __str__(self) -> str:
        return f"{self.number}: {self.source_code}"


class Compensation(models.Model):
    """The command that makes good what another one did on a wrong reading: at most one for each original."""

    original = models.OneToOneField(Command, on_delete=models.PROTECT, related_name="compensation")
    command = models.OneToOneField(Command, on_delete=models.PROTECT, related_name="compensates")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="compensations")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.command} for {self.original}"
