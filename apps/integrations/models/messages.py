"""Raw messages: the head is an ordinary row (unique partner + key), the bytes are partitioned by month."""

from django.db import models

from apps.integrations.models.partners import Partner
from apps.journal.ids import PublicIdField
from apps.shipments.models import Event


class Status(models.TextChoices):
    """The states of a message (DESIGN, "One event's way")."""

    RECEIVED = "received", "Received"
    PROCESSED = "processed", "Processed"
    DUPLICATE = "duplicate", "Duplicate"
    CONFLICT = "conflict", "Conflict"
    REJECTED = "rejected", "Rejected"
    DEAD = "dead", "Dead"


class Message(models.Model):
    """The head of one delivery. `key` is the source's message id, else the digest of the bytes."""

    public_id = PublicIdField("msg")
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="messages", db_index=False
    )  # three of the indexes below begin with it
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    correlation_id = models.CharField(max_length=64)
    media_type = models.CharField(max_length=80, blank=True)
    size = models.PositiveIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    mapping_version = models.PositiveIntegerField(null=True)
    events = models.PositiveIntegerField(default=0)  # new ones
    duplicates = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)
    skipped_events = models.PositiveIntegerField(default=0)
    # Which entries, and why: [{"index", "reason"}], the first SKIPPED_KEPT of them (fates.py).
    skipped = models.JSONField(default=list, db_default=[])
    repeats = models.PositiveIntegerField(default=0)  # how often the same delivery came again
    # The message that came first under the same key, when this one says something else (a conflict).
    first = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "key"], name="message_once")]
        indexes = [
            # A lane for each partner: none waits behind another's backlog.
            models.Index(
                fields=["partner", "id"],
                name="message_lane",
                condition=models.Q(status="received"),
            ),
            # What failed before, found without walking through the backlog.
            models.Index(
                fields=["id"],
                name="message_again",
                condition=models.Q(status="received", attempts__gt=0),
            ),
            models.Index(fields=["partner", "-received_at"], name="message_of_partner"),
            models.Index(fields=["status", "-received_at"], name="message_by_status"),
            models.Index(fields=["correlation_id"], name="message_correlation"),
            models.Index(
                fields=["first"],
                name="message_conflict_of",
                condition=models.Q(first__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner.slug} {self.key}"


class Repetition(models.Model):
    """A message tells a known event again: so its bytes, too, speak of that event's goods (one for each number)."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="repetitions", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "event"], name="repetition_once")]

    def __str__(self) -> str:
        return f"{self.message_id} repeats {self.event_id}"


class MessageBody(models.Model):
    """Raw bytes and masked headers, exactly as they came (table partitioned by `received_at`)."""

    message_id = models.BigIntegerField(primary_key=True)
    received_at = models.DateTimeField()
    headers = models.JSONField()
    raw = models.BinaryField()

    class Meta:
        managed = False
        db_table = "integrations_messagebody"

    def __str__(self) -> str:
        return f"bytes of message {self.message_id}"


class MessageCount(models.Model):
    """How many messages of a partner met which fate on a day (UTC), so that no screen counts millions of rows."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="counts")
    day = models.DateField()
    status = models.CharField(max_length=10, choices=Status)
    messages = models.PositiveBigIntegerField(default=0)
    events = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "day", "status"], name="message_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.day} {self.status}: {self.messages}"


class Refusal(models.Model):
    """What was refused unsigned or badly signed: digest and reason only, never the content."""

    partner_slug = models.CharField(max_length=60)
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, blank=True)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    address = models.CharField(max_length=60, blank=True)
    correlation_id = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.partner_slug}: {self.reason}"


class Drain(models.Model):
    """A worker that is draining the inbox; one that nobody holds the lock of has died at it (watch.py)."""

    id = models.AutoField(primary_key=True)
    began_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"drain {self.pk}"
