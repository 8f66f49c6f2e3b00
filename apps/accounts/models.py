"""People, API clients, teams and the thin rows that scope everything: companies, warehouses, customers."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils import timezone

from apps.accounts.roles import MAY, Role
from apps.journal.ids import PublicIdField

if TYPE_CHECKING:
    from apps.accounts.scope import Scope


class OdooRow(models.Model):
    """A thin row that stands for one record of one Odoo; `connection` is that Odoo's slug."""

    connection = models.CharField(max_length=40, default="default")
    odoo_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=200)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Company(OdooRow):
    """The mandatory scope: everything belongs to one company."""

    public_id = PublicIdField("com")
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD")

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.UniqueConstraint(fields=["connection", "odoo_id"], name="company_once_per_odoo")
        ]
        permissions = [("see_company", "Can see this company's work")]


class Warehouse(OdooRow):
    """Restricts a person only where the person has warehouse grants."""

    public_id = PublicIdField("whs")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="warehouses")
    code = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "odoo_id"], name="warehouse_once_per_odoo"
            )
        ]
        permissions = [("see_warehouse", "Can see this warehouse's work")]


class Customer(OdooRow):
    """Odoo's commercial partner; a grant covers its children (delivery addresses, contacts)."""

    public_id = PublicIdField("cus")
    company = models.ForeignKey(Company, null=True, blank=True, on_delete=models.SET_NULL)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    timezone = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "odoo_id"], name="customer_once_per_odoo")
        ]
        permissions = [("see_customer", "Can see this customer's orders")]


class Team(models.Model):
    """Owns cases; clocks run on its calendar.

    `hours` maps ISO weekday ("1" = Monday) to a list of ["HH:MM", "HH:MM"] in the team's zone; an empty
    dict means around the clock. `holidays` are ISO dates.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    timezone = models.CharField(max_length=64, default="UTC")
    hours = models.JSONField(default=dict, blank=True)
    holidays = models.JSONField(default=list, blank=True)
    members: models.ManyToManyField[User, models.Model] = models.ManyToManyField(
        "accounts.User", blank=True, related_name="teams"
    )

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Users sign in by e-mail; there is no user name."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        fields.update(is_staff=True, is_superuser=True)
        return self.create_user(email, password, **fields)


class User(AbstractUser):
    """A person, or the service account an API client acts as. Roles are groups (`roles.Role`)."""

    username = None  # type: ignore[assignment]
    public_id = PublicIdField("usr")
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64, blank=True)
    is_service = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        """One or two letters for the round mark beside a row."""
        parts = (self.name or self.email).split()
        return "".join(part[0] for part in parts[:2]).upper()

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles this person holds."""
        known = {role.value for role in Role}
        return frozenset(
            Role(name) for name in self.groups.values_list("name", flat=True) if name in known
        )

    def may(self, what: str) -> bool:
        """Whether one of the person's roles allows `what` (a key of `roles.MAY`)."""
        return self.is_active and not self.roles.isdisjoint(MAY[what])

    @cached_property
    def scope(self) -> Scope:
        """What this person may see; read once per request."""
        from apps.accounts.scope import scope_of

        return scope_of(self)


class ApiClient(models.Model):
    """A program that reads and commands through the API. It acts as its service account, within its scope.

    Only the SHA-256 of a token is kept; two tokens may be valid at once during a rotation.
    """

    public_id = PublicIdField("cli")
    name = models.CharField(max_length=120)
    acts_as = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_clients")
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    def issue_token(self, valid_days: int | None = None) -> str:
        """A new token, shown this once: `ct_` and 43 characters."""
        token = "ct_" + secrets.token_urlsafe(32)
        expires = timezone.now() + timedelta(days=valid_days) if valid_days else None
        ApiToken.objects.create(
            client=self, digest=digest(token), hint=token[:7], expires_at=expires
        )
        return token


class ApiToken(models.Model):
    """One token of an API client, by digest."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.client}: {self.hint}…"


class ApiAnswer(models.Model):
    """What was answered to a write that came with an Idempotency-Key (idempotency.py)."""

    client = models.CharField(max_length=64)  # client:<its row>, or user:<theirs> for a session
    key = models.CharField(max_length=200)
    asked = models.CharField(max_length=64)  # digest of method, address and body
    status = models.PositiveSmallIntegerField(default=0)
    media_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField(default=bytes)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="api_answer_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"


def digest(token: str) -> str:
    """SHA-256 of a token, as stored."""
    return hashlib.sha256(token.encode()).hexdigest()
