"""What every mirrored row has.

Columns named `*_odoo_id` hold Odoo's ids, never ours: rows arrive in any order, so they point by Odoo's id
within one connection. `company`, `warehouse` and `customer` are the scope, resolved when the row is stored.

Free text stands in text columns without a limit, as Odoo's own has none: what a person typed there is never
cut. Only Odoo's technical keys (states, kinds, codes) have a length, far above theirs; a longer one would be
cut, and then is a state that nobody mapped, which opens a case.
"""

from __future__ import annotations

from django.db import models

from apps.accounts.models import Company, Customer, Warehouse


class Mirrored(models.Model):
    """One record of one Odoo. `gone_at` is set when Odoo no longer has it; nothing is ever deleted here."""

    connection = models.CharField(max_length=40)
    odoo_id = models.PositiveBigIntegerField()
    content_hash = models.CharField(max_length=64)
    odoo_write_date = models.DateTimeField(null=True)
    read_started_at = models.DateTimeField()
    stored_at = models.DateTimeField(auto_now=True)
    archived = models.BooleanField(default=False)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "odoo_id"], name="%(class)s_once_per_odoo"
            )
        ]


class Scoped(Mirrored):
    """A mirrored document that belongs to somebody."""

    company = models.ForeignKey(Company, null=True, on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(Warehouse, null=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Mirrored.Meta):
        abstract = True
