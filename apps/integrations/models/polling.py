"""Asking a partner instead of waiting for it: how, how often, what is asked for, and the breaker of its line."""

from __future__ import annotations

from django.db import models

from apps.integrations.models.partners import Partner
from apps.journal.ids import PublicIdField
from apps.shipments.models import Package


class PollAuth(models.TextChoices):
    """How a carrier's API knows us."""

    NONE = "none", "Nothing"
    API_KEY = "api_key", "A key in a header"
    BASIC = "basic", "User and password"
    BEARER = "bearer", "A fixed bearer token"
    OAUTH2 = "oauth2", "OAuth2 client credentials"


class PollWhen(models.TextChoices):
    """Always, or only while the partner that pushes is silent."""

    ALWAYS = "always", "All the time"
    SILENT = "silent", "Only while its webhook is silent"


class WhenOpen(models.TextChoices):
    """What is done while the breaker is open (R238)."""

    PAUSE = "pause", "Pause, and try again after growing rests"
    SLOWER = "slower", "Go on asking, one request a minute"
    MANUAL = "manual", "Stop until a person says so"


class Poll(models.Model):
    """How one partner is asked, and how far it is. Cadences are seconds between two askings for one package.

    With {number} in path the live packages of the partner's carrier are asked for; with {cursor}, or neither,
    one feed is read, its next cursor standing at cursor_at in the answer. per_minute and per_hour are requests;
    null: as many as needed. watched is the partner whose pushes this stands in for (null: its own);
    expected_within_s how long it may be silent (null: learned from its gaps). Credentials lie encrypted.
    """

    public_id = PublicIdField("pol")
    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="poll")
    on = models.BooleanField(default=False)
    when = models.CharField(max_length=8, choices=PollWhen, default=PollWhen.ALWAYS)
    watched = models.ForeignKey(
        Partner, null=True, blank=True, on_delete=models.SET_NULL, related_name="stand_ins"
    )
    expected_within_s = models.PositiveIntegerField(null=True, blank=True)
    base_url = models.CharField(max_length=300)
    path = models.CharField(max_length=300, blank=True)  # empty: as the format's own API has it
    cursor_at = models.CharField(max_length=120, blank=True)  # "meta.next"
    allow_http = models.BooleanField(default=False)
    auth = models.CharField(max_length=8, choices=PollAuth, default=PollAuth.NONE)
    header = models.CharField(max_length=60, blank=True)  # of the key
    token_path = models.CharField(max_length=300, blank=True)
    sealed = models.BinaryField(null=True)
    token = models.BinaryField(null=True)
    token_until = models.DateTimeField(null=True)
    moving_s = models.PositiveIntegerField(default=3600)
    out_s = models.PositiveIntegerField(default=900)
    waiting_s = models.PositiveIntegerField(default=14400)
    per_minute = models.PositiveIntegerField(null=True, blank=True, default=30)
    per_hour = models.PositiveIntegerField(null=True, blank=True)
    numbers_per_request = models.PositiveSmallIntegerField(default=1)
    when_open = models.CharField(max_length=8, choices=WhenOpen, default=WhenOpen.PAUSE)
    # How far it is; only the sweep writes these.
    standing_in_since = models.DateTimeField(null=True)
    cursor = models.CharField(max_length=500, blank=True)
    seen_package_id = models.BigIntegerField(default=0)
    passed_at = models.DateTimeField(null=True)  # when all packages were last gone through
    rest_until = models.DateTimeField(null=True)  # the API asked for it
    # Requests of the last minute and hour: polling.rules.Budget.
    calls = models.JSONField(default=dict, db_default={})
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=300, blank=True)  # the last trouble

    def __str__(self) -> str:
        return f"poll of {self.partner_id}"


class PolledPackage(models.Model):
    """A live package that is asked for; gone when it is delivered. misses: askings that found nothing, in a row.

    answered_at: when the partner last knew it; not that of its last asking, it did not know it then.
    """

    poll = models.ForeignKey(
        Poll, on_delete=models.CASCADE, related_name="packages", db_index=False
    )
    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="+")
    next_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    misses = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["poll", "package"], name="polled_package_once")
        ]
        indexes = [
            models.Index(fields=["poll", "next_at"], name="polled_package_due"),
            models.Index(fields=["poll", "asked_at"], name="polled_package_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.package_id} by {self.poll_id}"


class Circuit(models.TextChoices):
    """Closed: calls go through. Open: none does. Half open: one may try."""

    CLOSED = "closed", "Closed"
    OPEN = "open", "Open"
    HALF_OPEN = "half_open", "Half open"


class Breaker(models.Model):
    """The circuit breaker of all calls to one partner, shared by all workers (R247).

    forced holds whatever happens until forced_until (null: until a person takes it back).
    """

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="breaker")
    state = models.CharField(max_length=9, choices=Circuit, default=Circuit.CLOSED)
    failures = models.PositiveIntegerField(default=0)  # in a row
    openings = models.PositiveIntegerField(default=0)  # in a row, without a success in between
    opened_at = models.DateTimeField(null=True)
    try_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=300, blank=True)
    forced = models.CharField(
        max_length=6, blank=True, choices=[("open", "Open"), ("closed", "Closed")]
    )
    forced_until = models.DateTimeField(null=True)
    forced_by = models.CharField(max_length=120, blank=True)
    forced_why = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"breaker of {self.partner_id}: {self.state}"
