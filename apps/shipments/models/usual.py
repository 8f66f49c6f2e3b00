"""How long things usually take, learnt from what was delivered: for our own estimate and for silence (B6)."""

from __future__ import annotations

from django.db import models

from apps.shipments.models.base import Carrier


class Usual(models.Model):
    """Hours that something took, as quantiles of a sample; replaced as a whole by the task that learns it.

    what: "transit" (from pickup to delivery), or a milestone (from it to the next news). level: 3 carrier, service
    and lane, 2 carrier and service, 1 carrier, 0 everybody. lane is "warehouse id>country".
    """

    what = models.CharField(max_length=30)
    level = models.PositiveSmallIntegerField()
    carrier = models.ForeignKey(Carrier, null=True, on_delete=models.CASCADE, related_name="+")
    service = models.CharField(max_length=120, blank=True)
    lane = models.CharField(max_length=40, blank=True)
    p50_h = models.FloatField()
    p90_h = models.FloatField()
    p99_h = models.FloatField()
    sample = models.PositiveIntegerField()
    learnt_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "usuals"
        constraints = [
            models.UniqueConstraint(
                fields=["what", "level", "carrier", "service", "lane"],
                name="usual_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.p50_h:.0f} h of {self.sample}"
