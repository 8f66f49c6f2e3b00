"""Who is told what happened in the tower: subscriptions, what was sent to them, and how each try went."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import ApiClient, Company, Customer, User, Warehouse
from apps.journal.ids import PublicIdField


class SubscriptionState(models.TextChoices):
    """Whether events go out. `paused` keeps collecting them; `disabled` has a case in the queue."""

    ACTIVE = "active", "Active"
    FAILING = "failing", "Failing"
    PAUSED = "paused", "Paused"
    DISABLED = "disabled", "Disabled"


class Audience(models.TextChoices):
    """In whose words an event is told: the tower's own facts, or the simplified story of a customer."""

    TOWER = "tower", "Our own system"
    CUSTOMER = "customer", "A customer's system"


class Subscription(models.Model):
    """Who hears of journal events, never of more than its owner may see: an address that is called, or, where
    `fetched`, an agent that asks (it has no address, and no port that is open to us).

    kinds: names from outgoing.catalog, empty for all of the audience. companies: never empty. warehouses and
    customers: empty for all the owner may see. The lane columns say whether a worker is at it, and until when
    the address rests after a failure; one lane never waits for another.
    """

    public_id = PublicIdField("sub")
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="subscriptions")
    client = models.ForeignKey(ApiClient, null=True, on_delete=models.SET_NULL, related_name="+")
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.TOWER)
    url = models.CharField(max_length=500, blank=True)  # empty where an agent fetches
    fetched = models.BooleanField(default=False, db_default=False)
    ask_every_s = models.PositiveIntegerField(default=60, db_default=60)  # the agent's own cadence
    asked_at = models.DateTimeField(null=True)
    silent_at = models.DateTimeField(null=True)  # found not to ask any more, until it asks again
    kinds = models.JSONField(default=list)
    companies: models.ManyToManyField[Company, models.Model] = models.ManyToManyField(
        Company, related_name="subscriptions", related_query_name="subscription_told"
    )
    warehouses: models.ManyToManyField[Warehouse, models.Model] = models.ManyToManyField(
        Warehouse, blank=True, related_name="+"
    )
    customers: models.ManyToManyField[Customer, models.Model] = models.ManyToManyField(
        Customer, blank=True, related_name="+"
    )
    version = models.PositiveSmallIntegerField(default=1)  # of the payloads
    state = models.CharField(
        max_length=10, choices=SubscriptionState, default=SubscriptionState.ACTIVE
    )
    says = models.CharField(max_length=300, blank=True)  # why it fails or was disabled
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # the last time the address said 2xx
    rest_until = models.DateTimeField(null=True)
    worked_until = models.DateTimeField(null=True)  # a worker holds the lane until then
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class SubscriptionSecret(models.Model):
    """A secret that is shown once; during a rotation two are good, until `valid_until`.

    What signs is encrypted at rest (`sealed`); what an agent shows us is kept as its SHA-256 (`digest`).
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField(default=b"")
    digest = models.CharField(max_length=64, null=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"secret of {self.subscription_id}"


class DeliveryState(models.TextChoices):
    """A delivery waits (also between tries), was taken by the receiver, or is a dead letter."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    DEAD = "dead", "Dead letter"


class Delivery(models.Model):
    """One event for one subscription. Its public id is the `webhook-id`, made of both, so it never changes."""

    public_id = PublicIdField("dlv")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="deliveries"
    )
    entry = PublicIdField("ent", unique=False)  # the journal entry; one of its own for a ping
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=64)
    body = models.TextField()  # the exact text that is sent and signed, each time
    occurred_at = models.DateTimeField()
    correlation_id = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True)  # since it was made, or last replayed
    next_at = models.DateTimeField()
    http_status = models.PositiveSmallIntegerField(null=True)
    says = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)  # sent or died

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "entry"], name="delivery_once")
        ]
        indexes = [
            models.Index(
                fields=["subscription", "next_at"],
                name="delivery_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["subscription", "-id"],
                name="delivery_dead",
                condition=models.Q(state="dead"),
            ),
            models.Index(fields=["subscription", "occurred_at"], name="delivery_when"),
            models.Index(
                fields=["ended_at"], name="delivery_old", condition=models.Q(state="sent")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Outcome(models.TextChoices):
    """How one try ended. `sending` stands only while it lasts, or when the worker died in it; `leased` while an
    agent has it."""

    SENDING = "sending", "Sending"
    LEASED = "leased", "With the agent"
    SENT = "sent", "Taken"
    REFUSED = "refused", "Not taken"
    REDIRECTED = "redirected", "Sent elsewhere"
    TIMED_OUT = "timed_out", "Too slow"
    UNREACHABLE = "unreachable", "Not reached"
    BLOCKED = "blocked", "Address not allowed"
    BROKEN_OFF = "broken_off", "Broken off"


class DeliveryAttempt(models.Model):
    """One try of a delivery; what the receiver answered is kept in part."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.SENDING)
    http_status = models.PositiveSmallIntegerField(null=True)
    says = models.CharField(max_length=300, blank=True)
    answer = models.TextField(blank=True)  # at most 2,000 characters of the response's body

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.outcome}"
