"""What apps that an Odoo may have or not say about our orders, transfers and people (R5, R8 to R12, R14, R15)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class LinkedRecord(models.Model):
    """One record of such an app, as it was last read; gone when Odoo no longer has it, or no longer ties it to us.

    about names what it is about: `sale.order,12`, `stock.picking,44`, `res.partner,7`, `person:anna@acme.test`.
    blocks: what it is about must not go on without a person's approval.
    """

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    odoo_id = models.PositiveBigIntegerField()
    about = ArrayField(models.TextField(), default=list)
    title = models.TextField()
    state = models.TextField(blank=True)  # in Odoo's words
    open = models.BooleanField(default=True)
    blocks = models.BooleanField(default=False)
    facts = models.JSONField(default=list)  # [[label, value], …] as a person reads them
    data = models.JSONField(default=dict)  # what the tower itself goes on
    changed_at = models.DateTimeField(null=True)  # Odoo's write_date
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "model", "odoo_id"], name="linked_once_per_odoo"
            )
        ]
        indexes = [GinIndex(fields=["about"], name="linked_about")]

    def __str__(self) -> str:
        return self.title


class LinkedFeed(models.Model):
    """How far one model of such an app has been read in one Odoo."""

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    cursor_at = models.DateTimeField(null=True)  # highest write_date seen
    whole_at = models.DateTimeField(
        null=True
    )  # when all of it was last read, which finds deletions
    ran_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)  # somebody opened a page that shows it
    error = models.TextField(blank=True)  # in words; empty while all is well

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "model"], name="linked_feed_once")
        ]

    def __str__(self) -> str:
        return f"{self.connection}/{self.model}"
