"""Cases: one logistics exception each, in the queue with an owner and a clock."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from apps.accounts.models import Team, User
from apps.accounts.roles import Role
from apps.journal.ids import PublicIdField
from apps.shipments.models import Carrier, Order, Package, ScopedRow, Shipment


class CaseQuerySet(models.QuerySet["Case"]):
    """Cases narrowed to people."""

    def visible_to(self, user: User) -> Self:
        """What lies in the person's scope. Cases of no company (a pipe is down, an unlinked package) are seen by
        those who can mend them: operations and integration."""
        allowed = user.scope.q()
        if user.is_active and user.roles & {Role.OPERATIONS, Role.INTEGRATION}:
            allowed |= Q(company=None)
        return self.filter(allowed)


class CaseManager(models.Manager.from_queryset(CaseQuerySet)):  # type: ignore[misc]
    """`Case.objects`, with `visible_to`."""


class Case(ScopedRow):
    """One deviation. While it is open its cause raises `count`, never a second case (`dedupe` is unique).

    Owner team, clock and priority are never empty (R161). `due_at` is on the owner team's calendar; while the
    case waits for somebody else the clock stands still and `clock_left_min` keeps what was left.
    """

    public_id = PublicIdField("cas")
    kind = models.CharField(max_length=40)  # a key of kinds.KINDS
    dedupe = models.CharField(max_length=160)
    title = models.CharField(max_length=200)  # what happened, in plain words
    says = models.TextField(blank=True)
    reason = models.CharField(max_length=60, blank=True)
    shipment = models.ForeignKey(
        Shipment, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    package = models.ForeignKey(Package, null=True, on_delete=models.PROTECT, related_name="cases")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="cases")
    subject = models.CharField(
        max_length=40, blank=True
    )  # public id of anything else (message, command, hold)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="cases")
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases"
    )
    priority = models.PositiveSmallIntegerField(default=2)  # 1 act now, 2 at risk, 3 watch
    state = models.CharField(
        max_length=10,
        default="open",
        choices=[("open", "Open"), ("waiting", "Waiting"), ("resolved", "Resolved")],
    )
    waiting_on = models.CharField(
        max_length=12,
        blank=True,
        choices=[
            ("carrier", "the carrier"),
            ("customer", "the customer"),
            ("approval", "an approval"),
            ("odoo", "Odoo"),
        ],
    )
    next_step = models.CharField(max_length=160, blank=True)
    opened_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    clock_left_min = models.IntegerField(null=True)
    breached_at = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(default=1)
    last_seen_at = models.DateTimeField()
    touched_at = models.DateTimeField(
        null=True
    )  # when a person last did anything, or the sweep last raised it
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=120, blank=True)
    resolution = models.CharField(max_length=400, blank=True)
    value = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    promise_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[CaseManager] = CaseManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe"],
                condition=~models.Q(state="resolved"),
                name="case_once_while_open",
            )
        ]
        indexes = [
            models.Index(fields=["company", "state", "priority", "due_at"], name="case_queue"),
            models.Index(fields=["team", "state"], name="case_team"),
            models.Index(fields=["dedupe", "-id"], name="case_dedupe"),
            models.Index(
                fields=["due_at"], name="case_clock", condition=Q(state="open", breached_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CaseEvidence(models.Model):
    """What made the case: an event, a message, a mirror change, an entry. Ids only, so it always resolves."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=20)  # event, message, hold, command, odoo
    ref = models.CharField(max_length=80)
    says = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "ref"], name="evidence_once")
        ]
        indexes = [
            # Cases that name an order among others: those of a late supply.
            models.Index(fields=["ref"], name="evidence_order", condition=Q(kind="order"))
        ]

    def __str__(self) -> str:
        return self.says


class CaseStep(models.Model):
    """The case's own history: opened, taken, noted, acted, waited, escalated, resolved. Never changed."""

    public_id = PublicIdField("stp")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=20)
    says = models.TextField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.says


class ActionRun(models.Model):
    """An action taken from a case, e.g. a redelivery asked of the carrier; unique by key, so a second click is the first."""

    public_id = PublicIdField("act")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="actions")
    action = models.CharField(max_length=40)  # a key of playbooks.ACTIONS
    key = models.CharField(max_length=160, unique=True)
    data = models.JSONField(default=dict)  # what was asked, e.g. {"date", "from", "to"}
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    state = models.CharField(
        max_length=10,
        default="waiting",
        choices=[
            ("waiting", "Sending"),
            ("sent", "Sent"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("manual", "By hand"),
        ],
    )
    state_says = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return f"{self.action}: {self.get_state_display()}"


class Outage(models.Model):
    """A partner's failure as one thing: while it lasts, and until what was missed is caught up, its silence is no
    shipment's own trouble (R251).

    what is unique while it is open ("partner:<slug>"); carrier whose goods are affected, where it is one's.
    One without ended_at that is caught up with was given up: a person closed its case while it lasted.
    mode says what is done meanwhile. affected and left count live packages at the end and still to be asked for.
    """

    public_id = PublicIdField("inc")
    what = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    carrier = models.ForeignKey(Carrier, null=True, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="outages")
    mode = models.CharField(max_length=300)
    says = models.CharField(max_length=300, blank=True)
    began_at = models.DateTimeField()  # when it was last heard of
    noticed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    caught_up_at = models.DateTimeField(null=True)
    affected = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["what"],
                condition=models.Q(caught_up_at=None),
                name="outage_once_while_open",
            )
        ]
        indexes = [
            models.Index(
                fields=["carrier"], name="outage_open", condition=models.Q(caught_up_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.title
