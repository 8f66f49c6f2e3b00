"""What goes out: commands to Odoo, mail to partners; and Odoo's hints that wake the feed."""

from django.db import models

from apps.accounts.models import Company, User, Warehouse
from apps.journal.ids import PublicIdField
from apps.shipments.models import Carrier, ScopedRow


class CommandState(models.TextChoices):
    """A command's way. `unsure` is after a timeout: look into Odoo before anything else."""

    APPROVAL = "approval", "Waiting for approval"
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sending"
    UNSURE = "unsure", "Checking what happened"
    APPLIED = "applied", "Applied in Odoo"
    REFUSED = "refused", "Refused"
    PARKED = "parked", "Waiting for a person"
    SHADOWED = "shadowed", "Compared only"
    CANCELLED = "cancelled", "Taken back"
    ABANDONED = "abandoned", "Given up"
    BY_HAND = "by_hand", "Done by hand"
    REPLACED = "replaced", "Replaced"


class Reason(models.TextChoices):
    """Why a command waits for a person, or was refused: what may be done about it depends on it."""

    NONE = "", ""
    REJECTED = "rejected", "Its approval was rejected"
    CHANGED = "changed", "The record changed in Odoo meanwhile"
    GONE = "gone", "The record no longer exists in Odoo"
    RIGHT = "right", "The service user lacks a right in Odoo"
    CLOSED_PERIOD = "closed_period", "The period is closed in Odoo"
    WIZARD = "wizard", "Odoo asks something first"
    RULE = "rule", "A rule of Odoo's says no"
    NOT_DONE = "not_done", "Odoo did not do it"
    SHORT = "short", "The goods do not suffice"
    GUARD_MISSING = "guard_missing", "The guarded action is not set up in Odoo"
    FLOW_OFF = "flow_off", "This flow is switched off"
    CANNOT_LOOK = "cannot_look", "Odoo does not let us see whether it happened"
    DIFFERS = "differs", "Odoo does not show what was done by hand"
    STUMBLED = "stumbled", "The tower could not go on"


class Command(ScopedRow):
    """A decision on its way to Odoo. One at a time per record, in order; its key is stored in Odoo with the effect."""

    public_id = PublicIdField("cmd")
    connection = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)  # a key of odoo.kinds.KINDS
    model = models.CharField(max_length=60)
    record_odoo_id = models.PositiveBigIntegerField()
    record_name = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=64, unique=True)
    intent = models.CharField(max_length=300)
    values = models.JSONField(default=dict)
    expected = models.JSONField(
        default=dict
    )  # field -> value the decider saw, or a list of fitting ones
    op = models.CharField(max_length=30, default="write")  # what the guarded action does
    data = models.JSONField(default=dict)  # what the operation needs, and what the person filled in
    also_expected = models.JSONField(default=list)  # [[model, id, {field: value}]] of other records
    wanted = models.JSONField(default=dict)  # field -> value once it is done, beside `values`
    form = models.CharField(max_length=8, blank=True)  # guard, write or create: how it was sent
    record_ref = models.CharField(max_length=40, blank=True)  # our public id of the record
    made = models.JSONField(default=list)  # [[model, id]] of what it made in Odoo
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
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.SET_NULL, related_name="replaced_by"
    )
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_why = models.CharField(max_length=400, blank=True)
    opening = models.JSONField(default=dict)  # the lock dates of the closed period it waits for
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
            models.Index(fields=["record_ref"], name="command_record_ref"),
            models.Index(
                fields=["not_before"],
                name="command_due",
                condition=models.Q(state__in=["waiting", "sending", "unsure"]),
            ),
            models.Index(
                fields=["next_attempt_at"],
                name="command_watched",
                condition=models.Q(state__in=["parked", "by_hand"]),
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


class OdooGuard(models.Model):
    """The server action of one model in one Odoo that runs guarded commands; `odoo_bootstrap` made it.

    Kept here because the service user may read neither server actions nor their external ids (FACTS 3).
    """

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    place = models.CharField(max_length=300, blank=True)  # address and database of that Odoo
    action_odoo_id = models.PositiveBigIntegerField()
    version = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "model"], name="odoo_guard_once")
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.model}"


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
