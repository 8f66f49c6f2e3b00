"""How far Odoo has been read, what had to be set aside, and what reconciling found."""

from __future__ import annotations

from django.db import models


class Trouble(models.TextChoices):
    """What is wrong with a feed: Odoo is away or refuses our login, which all feeds of it share, or one model fails."""

    AWAY = "away"
    LOGIN = "login"
    MODEL = "model"


class Feed(models.Model):
    """How far one (connection, model) has been read; one reader at a time works on it."""

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    absent = models.BooleanField(default=False)  # this Odoo has no such model

    # The first load, by id; then each document is projected once, by id too.
    loaded_to_id = models.PositiveBigIntegerField(default=0)  # resumes after this id
    load_total = models.PositiveIntegerField(null=True)
    loaded = models.PositiveIntegerField(default=0)
    load_per_s = models.FloatField(default=0)  # records a second, of what runs now
    load_started_at = models.DateTimeField(null=True)
    load_done_at = models.DateTimeField(null=True)
    project_total = models.PositiveIntegerField(null=True)
    projected = models.PositiveIntegerField(default=0)
    projected_to_id = models.PositiveBigIntegerField(default=0)
    projected_at = models.DateTimeField(null=True)

    # What is asked for of each record: our columns and those of Odoo's fields that it has. Where it is no longer
    # what the rows were read with, all are read again, by id, beside the change feed.
    columns_read = models.CharField(max_length=64, blank=True, db_default="", default="")
    reread_to_id = models.PositiveBigIntegerField(null=True)  # resumes after this id; null: all are

    # The change feed. Odoo's clock and ours are never compared: durations are on ours, write_dates on Odoo's.
    cursor_at = models.DateTimeField(null=True)  # highest write_date seen, whole seconds
    quiet_s = models.FloatField(default=0)  # how long, pass by pass, nothing newer came
    edge = models.JSONField(
        default=list
    )  # ids of records written at cursor_at: they must not vanish
    highest_id = models.PositiveBigIntegerField(default=0)
    refreshed_to_id = models.PositiveBigIntegerField(default=0)  # values Odoo does not store
    refreshed_at = models.DateTimeField(null=True)
    refresh_size = models.PositiveIntegerField(db_default=0, default=0)  # so many at a time
    set_backs = models.PositiveIntegerField(
        db_default=0, default=0
    )  # a pass begun before ends elsewhere

    due_at = models.DateTimeField(null=True)
    ran_at = models.DateTimeField(null=True)
    ok_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)  # in words; empty while all is well
    trouble = models.CharField(
        max_length=10, choices=Trouble.choices, blank=True, db_default="", default=""
    )  # the kind of error
    failures = models.PositiveSmallIntegerField(default=0)  # since the last success
    notice = models.TextField(blank=True)  # what a person should know though all goes on
    reconcile_asked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "mirror"
        constraints = [models.UniqueConstraint(fields=["connection", "model"], name="feed_once")]

    def __str__(self) -> str:
        return f"{self.connection}/{self.model}"

    @property
    def load_left_s(self) -> float | None:
        """Seconds left of what runs now, loading or projecting, at its rate; None when nothing does or nobody knows."""
        if self.projected_at or not self.load_per_s:
            return None
        loading = self.load_done_at is None
        total, done = (
            (self.load_total, self.loaded) if loading else (self.project_total, self.projected)
        )
        return max((total or 0) - done, 0) / self.load_per_s


class SetAside(models.Model):
    """One record that cannot be stored: the others of its model go on, this one is tried again later."""

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    odoo_id = models.PositiveBigIntegerField()
    reason = models.TextField()
    since_at = models.DateTimeField()
    tried_at = models.DateTimeField()
    try_again_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "mirror"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "model", "odoo_id"], name="set_aside_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection}/{self.model} {self.odoo_id}"


class Reconciliation(models.Model):
    """One comparison of one model with Odoo, as it was before anything was mended (R20, R250)."""

    connection = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=[("quick", "quick"), ("full", "full")])
    started_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(default=0)
    in_odoo = models.PositiveIntegerField(default=0)
    in_tower = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    extra = models.PositiveIntegerField(default=0)
    differing = models.PositiveIntegerField(default=0)
    details = models.JSONField(default=list)  # the first 200: odoo_id, field, odoo, tower
    mended = models.PositiveIntegerField(default=0)
    says = models.TextField(blank=True)  # why something was left as it is, or all compared
    refused = models.BooleanField(db_default=False, default=False)  # Odoo did not let us compare

    class Meta:
        app_label = "mirror"
        indexes = [
            models.Index(fields=["connection", "model", "-started_at"], name="mirror_reconciled")
        ]

    def __str__(self) -> str:
        return f"{self.connection}/{self.model} {self.kind}"
