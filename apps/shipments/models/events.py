"""Canonical facts about packages."""

from __future__ import annotations

import re
from typing import Final

from django.db import models

from apps.journal.ids import PublicIdField
from apps.shipments.models.base import Carrier
from apps.shipments.models.goods import Package

MANUAL: Final = "manual"
"""The source of what a person read in a portal and typed in (R31); `manual-<digest>` where companies are fenced."""
_BY_HAND: Final = re.compile(rf"{MANUAL}(-[0-9a-f]{{10}})?\Z")


def is_by_hand(source: str) -> bool:
    """Whether a source is a person who typed in what a portal says."""
    return _BY_HAND.match(source) is not None


# Events whose source does not own their milestone: on the timeline, but no word of theirs counts (R48).
CLAIMED = models.Q(claims__contains=[{"field": "milestone"}])


class Event(models.Model):
    """A canonical fact about a package: superseded by a newer mapping, or voided by its source.

    Never changed, but for a promise or a proof that a later telling of the same scan adds (rules.telling).
    `identity` is FORMATS.md 0.4; with the mapping version it is unique, so a repeat is no new event and a
    replay under a newer mapping supersedes. `message_id` is the database id of the raw message that brought it.
    """

    public_id = PublicIdField("evt")
    # The index event_timeline begins with the package.
    package = models.ForeignKey(
        Package, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    # As the source said: carrier, number, and the companies it was granted ("3,7"; empty: all).
    carrier = models.ForeignKey(
        Carrier,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    tracking_number = models.CharField(max_length=120, default="")
    fence = models.CharField(max_length=2000, blank=True)
    generation_hint = models.CharField(max_length=120, blank=True)
    voids = models.CharField(
        max_length=200, blank=True
    )  # source_event_id of the event this one takes back
    identity = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    mapping_version = models.PositiveIntegerField()
    source = models.CharField(max_length=60)  # partner slug, "odoo", "person"
    format = models.CharField(max_length=40)
    source_event_id = models.CharField(max_length=200, blank=True)
    source_code = models.CharField(max_length=120, blank=True)
    milestone = models.CharField(max_length=30)
    exception_reason = models.CharField(max_length=60, blank=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    time_basis = models.CharField(max_length=20, blank=True)
    unmapped = models.BooleanField(default=False)
    flags = models.JSONField(default=list)
    location = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=3, blank=True)
    description = models.CharField(max_length=500, blank=True)
    pod = models.JSONField(null=True)
    eta = models.CharField(max_length=32, blank=True)
    # When the source said so, by its own clock; later tellings of the scan may bring a newer promise.
    eta_told_at = models.DateTimeField(null=True)
    # "eta", "pod": the public id of the message that completed the scan, where it was not the first.
    amended = models.JSONField(default=dict, db_default={})
    # What its source does not own: kept and shown, without a say: [{"field", "row", "version", "says"}].
    claims = models.JSONField(default=list, db_default=[])
    details = models.JSONField(default=dict)
    message_id = models.BigIntegerField(null=True, db_index=True)
    message_ref = models.CharField(max_length=40, blank=True)  # its public id
    correlation_id = models.CharField(max_length=64)
    superseded_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "mapping_version"], name="event_once_per_mapping"
            )
        ]
        indexes = [models.Index(fields=["package", "occurred_at"], name="event_timeline")]

    def __str__(self) -> str:
        return f"{self.milestone} at {self.occurred_at:%Y-%m-%d %H:%M}"

    @property
    def by_hand(self) -> bool:
        """Whether a person typed it in from a portal: manual, low trust, and marked so wherever it is shown."""
        return is_by_hand(self.source)
