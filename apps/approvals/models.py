"""Policies, requests, decisions and holds: when a person must agree, who may, and what waits meanwhile."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import User
from apps.journal.ids import PublicIdField
from apps.shipments.models import Document, Order, ScopedRow, Shipment

# Named, because the API's description names the enums after them.
HOLD_KINDS = [("invoice", "Invoice")]
REQUEST_KINDS = [
    ("invoice_release", "Release an invoice"), ("command", "Do something in Odoo"),
    ("stock_adjustment", "Accept a change of stock"),
]  # fmt: skip


class Policy(models.Model):
    """When approval is needed and by whom, as data. A change is a new version; old ones stay.

    `steps` is a list of {"role", "limit": {"amount", "currency"}|null}; `due_min` is working minutes. `when` is
    what must be so for it to apply (`rules.applies`), {} for always. Commands for Odoo ask the policy `command_<kind>`.
    """

    slug = models.SlugField()
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=120)
    text = models.TextField()  # what it says, in the words shown to the decider
    steps = models.JSONField()
    when = models.JSONField(default=dict, db_default={})
    due_min = models.PositiveIntegerField(default=240)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(active=True), name="policy_one_active_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Effect(models.TextChoices):
    """What became of a decision in Odoo; written by the room that carries it there."""

    NONE = "none", "Nothing to do in Odoo"
    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Sending to Odoo"
    APPLIED = "applied", "Applied in Odoo"
    REFUSED = "refused", "Refused by Odoo"
    PARKED = "parked", "Waiting for a person"


class Hold(ScopedRow):
    """Something the tower keeps back, with one sentence why and what would release it.

    `conditions` is [{"code", "says", "met", "owner"}]: satisfying all of them releases it (B3).
    """

    public_id = PublicIdField("hld")
    kind = models.CharField(max_length=30, choices=HOLD_KINDS)
    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    record_odoo_id = models.PositiveBigIntegerField()
    record_name = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="holds")
    shipment = models.ForeignKey(
        Shipment, null=True, on_delete=models.PROTECT, related_name="holds"
    )
    case_ref = models.CharField(max_length=40, blank=True)  # the case that placed it
    reason = models.CharField(max_length=40)  # missing_proof, open_exception
    says = models.CharField(max_length=400)
    conditions = models.JSONField(default=list)
    rule = models.CharField(max_length=60)  # rule and its version, e.g. "missing_proof.1"
    state = models.CharField(
        max_length=12,
        default="placed",
        choices=[
            ("placed", "Held"),
            ("released", "Released"),
            ("bypassed", "Bypassed in Odoo"),
            ("moot", "No longer needed"),
        ],
    )
    placed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)  # a person's name, or "the tower"
    ended_why = models.CharField(max_length=400, blank=True)
    effect = models.CharField(max_length=12, choices=Effect, default=Effect.WAITING)
    effect_says = models.CharField(max_length=500, blank=True)
    effect_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["company", "state", "-placed_at"], name="hold_list"),
            models.Index(fields=["connection", "model", "record_odoo_id"], name="hold_record"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "model", "record_odoo_id", "reason"],
                condition=models.Q(state="placed"),
                name="hold_once_while_placed",
            )
        ]

    def __str__(self) -> str:
        return self.says


class Request(ScopedRow):
    """Somebody asks for something that policy says must be approved. `facts` is what the asker saw."""

    public_id = PublicIdField("req")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40, choices=REQUEST_KINDS)
    hold = models.ForeignKey(Hold, null=True, on_delete=models.PROTECT, related_name="requests")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="requests")
    shipment = models.ForeignKey(
        Shipment, null=True, on_delete=models.PROTECT, related_name="requests"
    )
    case_ref = models.CharField(max_length=40, blank=True)
    subject_ref = models.CharField(
        max_length=40, blank=True, db_default=""
    )  # the command that waits, the report that is to be accepted
    title = models.CharField(max_length=200)
    reason = models.TextField()
    amount = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    evidence: models.ManyToManyField[Document, models.Model] = models.ManyToManyField(
        Document, related_name="requests"
    )
    facts = models.JSONField(default=dict)
    facts_digest = models.CharField(max_length=64)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="requests")
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(
        max_length=12,
        default="pending",
        choices=[
            ("pending", "Waiting for a decision"),
            ("granted", "Granted"),
            ("rejected", "Rejected"),
            ("withdrawn", "Withdrawn"),
            ("moot", "No longer needed"),
        ],
    )
    decided_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)  # when the sweep found it late
    effect = models.CharField(max_length=12, choices=Effect, default=Effect.NONE)
    effect_says = models.CharField(max_length=500, blank=True)
    effect_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hold", "kind"],
                condition=models.Q(state="pending"),
                name="request_once_while_pending",
            ),
            models.UniqueConstraint(
                fields=["subject_ref"],
                condition=~models.Q(subject_ref=""),
                name="request_once_for_a_subject",
            ),
        ]
        indexes = [models.Index(fields=["company", "state", "due_at"], name="request_inbox")]

    def __str__(self) -> str:
        return self.title


class Decision(models.Model):
    """One person's word on one step. Immutable; `facts` and `seen` are what the decider was shown (R198)."""

    public_id = PublicIdField("dec")
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="decisions")
    step = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=8, choices=[("grant", "Granted"), ("reject", "Rejected")])
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="decisions")
    reason = models.TextField(blank=True)
    facts = models.JSONField()
    seen = models.CharField(max_length=64)
    policy_version = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "step"], name="decision_once_per_step")
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.by}"


class ShownFacts(models.Model):
    """The facts behind a digest that somebody was shown, so that a refusal can name what changed since (B8)."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="shown")
    digest = models.CharField(max_length=64)
    facts = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "digest"], name="shown_facts_once")
        ]

    def __str__(self) -> str:
        return self.digest


class Involvement(models.Model):
    """Who had a hand in an order or shipment: they may not approve what follows from it (R197)."""

    order = models.ForeignKey(Order, null=True, on_delete=models.CASCADE, related_name="+")
    shipment = models.ForeignKey(Shipment, null=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    did = models.CharField(
        max_length=200
    )  # completes "You …", e.g. "asked the carrier for a redelivery"
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "shipment", "user", "did"],
                nulls_distinct=False,
                name="involvement_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.did}"
