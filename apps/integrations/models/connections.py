"""Odoo databases beside the one of the environment, and what each was found to offer."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models


class OdooConnection(models.Model):
    """One Odoo database. `default` has no row: it is ODOO_* of the environment."""

    slug = models.CharField(
        max_length=40, unique=True, validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$")]
    )
    title = models.CharField(max_length=120, blank=True)
    url = models.URLField()
    db = models.CharField(max_length=120)
    user = models.CharField(max_length=120)
    sealed_secret = models.BinaryField()  # encrypted at rest, never shown
    transport = models.CharField(
        max_length=8,
        blank=True,  # chosen by the server's version
        choices=[("json-rpc", "JSON-RPC"), ("json-2", "JSON-2")],
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(slug="default"), name="odoo_connection_not_default"
            )
        ]

    def __str__(self) -> str:
        return self.title or self.slug


class OdooServer(models.Model):
    """What a connection's server was last found to be and to have; one row per connection."""

    connection = models.CharField(max_length=40, unique=True)
    version = models.CharField(max_length=40)
    transport = models.CharField(max_length=8)
    clock_ahead_s = models.FloatField(null=True)  # its clock minus ours
    offers = models.JSONField(default=dict)  # model: "absent", "hidden", "read" or "write"
    found_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.connection}: Odoo {self.version}"
