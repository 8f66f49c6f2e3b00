"""What goes out: commands to Odoo, mail to partners; and Odoo's hints that wake the feed."""

from django.db import models

from apps.accounts.models import Company, User, Warehouse
from apps.journal.ids import PublicIdField
from apps.shipments.models import Carrier, ScopedRow


class CommandState(models.TextChoices):
    """A command's way. `unsure` is after a timeout: look into Odoo before anything else."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sending"
    UNSURE = "unsure", "Checking what happened"
    APPLIED = "applied", "Applied in Odoo"
    REFUSED = "refused", "Refused"
    PARKED = "parked", "Waiting for a person"
    SHADOWED = "shadowed", "Compared only"
    CANCELLED = "cancelled", "Taken back"


class Command(ScopedRow):
    """A decision on its way to Odoo. One at a time per record, in order; its key is stored in Odoo with the effect."""

    public_id = PublicIdField("cmd")
    connection = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)  # hold_invoice, release_invoice, note
    model = models.CharField(max_length=60)
    record_odoo_id = models.PositiveBigIntegerField()
    record_name = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=64, unique=True)
    intent = models.CharField(max_length=300)
    values = models.JSONField(default=dict)
    expected = models.JSONField(
        default=dict
    )  # field -> value the decider saw, or a list of fitting ones
    note = models.TextField(blank=True)  # posted in Odoo with the effect; the key is added to it
    documents = models.JSONField(
        default=list
    )  # public ids of the evidence attached in the same call
    cause = models.CharField(max_length=40)  # public id of the hold, request or action behind it
    actor = models.CharField(max_length=120)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    not_before = models.DateTimeField()
    mode = models.CharField(max_length=8, default="live")
    state = models.CharField(max_length=10, choices=CommandState, default=CommandState.WAITING)
    says = models.CharField(max_length=500, blank=True)
    changed = models.JSONField(default=list)  # [{"field", "expected", "found"}] when refused
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    sending_since = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    read_back = models.JSONField(
        default=dict
    )  # {"before": {field: value}, "after": {field: value}}
    version = models.PositiveIntegerField(default=1)
    correlation_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["connection", "model", "record_odoo_id", "id"], name="command_record"
            ),
            models.Index(
                fields=["not_before"],
                name="command_due",
                condition=models.Q(state__in=["waiting", "sending", "unsure"]),
            ),
        ]

    def __str__(self) -> str:
        return self.intent


class CommandAttempt(models.Model):
    """One try at a command; Odoo's own words are kept."""

    command = models.ForeignKey(Command, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=20)
    says = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.command}: {self.outcome}"


class FlowMode(models.Model):
    """Whether a flow acts, only compares, or rests; the most specific row wins (DESIGN, "Flows have modes")."""

    flow = models.CharField(max_length=40)
    company = models.ForeignKey(Company, null=True, on_delete=models.CASCADE)
    warehouse = models.ForeignKey(Warehouse, null=True, on_delete=models.CASCADE)
    carrier = models.ForeignKey(Carrier, null=True, on_delete=models.CASCADE)
    mode = models.CharField(
        max_length=8,
        choices=[("live", "Live"), ("shadow", "Shadow"), ("off", "Off")],
        default="live",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["flow", "company", "warehouse", "carrier"],
                name="flow_mode_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.flow}: {self.mode}"


class OdooHook(models.Model):
    """The unguessable address that Odoo's automation rules post to, by digest. What comes in is a hint only."""

    connection = models.CharField(max_length=40, unique=True)
    token_digest = models.CharField(max_length=64, unique=True)
    sealed_token = models.BinaryField()  # encrypted, so that rules can be made again
    heard_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.connection


class Wakeup(models.Model):
    """A hint from Odoo: look at this record. Coalesced per record; deleted once read."""

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    record_odoo_id = models.PositiveBigIntegerField()
    write_date = models.CharField(max_length=32, blank=True)
    hinted_at = models.DateTimeField()
    not_before = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "model", "record_odoo_id"], name="wakeup_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.record_odoo_id}"


class OutboundMail(models.Model):
    """A request mailed to a partner. After a crash while sending it is `unsure`: a person looks, it is never sent twice by itself."""

    public_id = PublicIdField("mai")
    key = models.CharField(max_length=160, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    cause = models.CharField(max_length=40)
    correlation_id = models.CharField(max_length=64)
    state = models.CharField(
        max_length=8,
        default="waiting",
        choices=[
            ("waiting", "Waiting"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("unsure", "Unsure"),
            ("failed", "Failed"),
        ],
    )
    says = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.subject
