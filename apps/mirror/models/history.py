"""How watched fields came to be what they are."""

from __future__ import annotations

from django.db import models


class FieldChange(models.Model):
    """The history of a watched field, from the first load on (there `old` is null)."""

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    odoo_id = models.PositiveBigIntegerField()
    field = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    changed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    correlation_id = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(
                fields=["connection", "model", "odoo_id", "seen_at"], name="mirror_change_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.odoo_id} {self.field}"
