"""Master data: who, what, where and how (R16)."""

from __future__ import annotations

from django.db import models

from apps.mirror.models.base import Mirrored


class Contact(Mirrored):
    """res.partner: customers, delivery addresses, suppliers."""

    name = models.TextField()
    commercial_odoo_id = models.PositiveBigIntegerField(null=True)
    parent_odoo_id = models.PositiveBigIntegerField(null=True)
    email = models.TextField(blank=True)
    phone = models.TextField(blank=True)
    street = models.TextField(blank=True)
    zip = models.TextField(blank=True)
    city = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    timezone = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.name


class Product(Mirrored):
    """product.product."""

    name = models.TextField()
    code = models.TextField(blank=True)
    barcode = models.TextField(blank=True)
    unit = models.TextField(blank=True)
    storable = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Unit(Mirrored):
    """uom.uom. Quantities are kept in the unit Odoo gave them in; nothing here converts."""

    name = models.TextField()

    def __str__(self) -> str:
        return self.name


class DeliveryCarrier(Mirrored):
    """delivery.carrier: a shipping method in Odoo, which may or may not name a real carrier."""

    name = models.TextField()
    delivery_type = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return self.name


class Route(Mirrored):
    """stock.route: by which way goods are delivered, bought or made. Without a company it is everybody's."""

    name = models.TextField()
    company_odoo_id = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class WarehouseRow(Mirrored):
    """stock.warehouse as Odoo tells it; the scope row is accounts.Warehouse."""

    name = models.TextField()
    code = models.CharField(max_length=20)
    company_odoo_id = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.name


class CompanyRow(Mirrored):
    """res.company as Odoo tells it; the scope row is accounts.Company. Its zone is that of its partner."""

    name = models.TextField()
    currency = models.CharField(max_length=3, blank=True)
    contact_odoo_id = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class PickingType(Mirrored):
    """stock.picking.type: gives a transfer, a purchase and a production their warehouse."""

    name = models.TextField()
    code = models.CharField(max_length=20)
    warehouse_odoo_id = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class Location(Mirrored):
    """stock.location; `name` is the whole path. Those outside our walls, and transit ones, have no warehouse."""

    name = models.TextField()
    usage = models.CharField(max_length=20)  # supplier, view, internal, customer, inventory, …
    warehouse_odoo_id = models.PositiveBigIntegerField(null=True, db_index=True)
    company_odoo_id = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name
