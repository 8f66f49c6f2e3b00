"""How a partner's codes are read: versions of tables (and layouts), who wrote and who reviewed them, what is unmapped."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import User
from apps.integrations.models.partners import Partner
from apps.journal.ids import PublicIdField


class MappingState(models.TextChoices):
    """A version's way. Approved: reviewed, waits for its time; discarded: never came into force."""

    DRAFT = "draft", "Draft"
    REVIEW = "review", "In review"
    APPROVED = "approved", "Approved, not yet in force"
    ACTIVE = "active", "In force"
    RETIRED = "retired", "Retired"
    DISCARDED = "discarded", "Discarded"


OPEN_STATES = (MappingState.DRAFT, MappingState.REVIEW)
REVIEWED_STATES = (MappingState.APPROVED, MappingState.ACTIVE, MappingState.RETIRED)
"""States of what was reviewed: at any moment the one with the newest effective_from of these is in force."""


class Mapping(models.Model):
    """One version of a format's code tables, and for mapped_json of its layout. Partner null: for all of the format.

    The repository's codes.csv is version 1, in force since ever (effective_from null). Once reviewed a version
    never changes; whoever wrote any of it (writers: public ids) cannot review it. sample: a message of the partner
    that the layout was made from, tried again before each activation.
    """

    public_id = PublicIdField("map")
    format = models.CharField(max_length=40)
    partner = models.ForeignKey(
        Partner, null=True, blank=True, on_delete=models.CASCADE, related_name="mappings"
    )
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=MappingState, default=MappingState.DRAFT)
    note = models.CharField(max_length=200, blank=True)
    layout = models.JSONField(null=True, blank=True)
    sample = models.TextField(blank=True)
    based_on = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    writers = models.JSONField(default=list)
    submitted_at = models.DateTimeField(null=True)
    reviewer = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.CharField(max_length=300, blank=True)
    effective_from = models.DateTimeField(null=True)
    tested = models.JSONField(null=True)  # what the last test of these very rows found; null: none
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["format", "version"], name="mapping_version_once"),
            models.UniqueConstraint(
                fields=["format", "partner"],
                condition=models.Q(state="active"),
                nulls_distinct=False,
                name="mapping_one_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} version {self.version}"

    @property
    def is_open(self) -> bool:
        """Whether it may still be changed or sent back."""
        return self.state in OPEN_STATES


class MappingCode(models.Model):
    """One line of a mapping. An empty milestone means: ask the next table (FORMATS.md 0.5)."""

    mapping = models.ForeignKey(Mapping, on_delete=models.CASCADE, related_name="codes")
    table = models.CharField(max_length=60)
    code = models.CharField(max_length=120)
    milestone = models.CharField(max_length=30, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=300, blank=True)
    provenance = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mapping", "table", "code"], name="mapping_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.code}"


class UnmappedCode(models.Model):
    """A code that no table knew, once per partner: how often it came, and the lookups that found nothing.

    lookups holds [table, code] pairs, the finest first; one of them is the row that is missing.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="unmapped_codes")
    format = models.CharField(max_length=40)
    code = models.CharField(max_length=120)  # as the event has it (Event.source_code)
    lookups = models.JSONField(default=list)
    events = models.PositiveBigIntegerField(default=0)
    message_ref = models.CharField(max_length=40)  # the newest that brought it
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "format", "code"], name="unmapped_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.code}"
