"""What every table of this room builds on: scoped rows, and carriers."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import Company, Customer, Warehouse


class ScopedRow(models.Model):
    """Every scoped row carries its company, warehouse and customer (DESIGN, "Scope")."""

    company = models.ForeignKey(Company, null=True, on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(Warehouse, null=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Carrier(models.Model):
    """A company that moves goods, as partners and Odoo name it."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class CarrierLink(models.Model):
    """Which carrier one of Odoo's delivery methods stands for; without a link nothing is guessed."""

    connection = models.CharField(max_length=40)
    delivery_carrier_odoo_id = models.PositiveBigIntegerField()
    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "delivery_carrier_odoo_id"], name="carrier_link_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection} {self.delivery_carrier_odoo_id}: {self.carrier}"
