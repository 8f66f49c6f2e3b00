"""Files as evidence: heads and bytes apart."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import User
from apps.journal.ids import PublicIdField
from apps.shipments.models.base import ScopedRow
from apps.shipments.models.goods import Shipment
from apps.shipments.models.orders import Order

DOCUMENT_KINDS = [("pod", "Proof of delivery"), ("evidence", "Evidence")]


class Document(ScopedRow):
    """A file as evidence: a proof of delivery, a letter, a photo. Its bytes lie in DocumentBody."""

    public_id = PublicIdField("doc")
    shipment = models.ForeignKey(
        Shipment, null=True, on_delete=models.PROTECT, related_name="documents"
    )
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=20, choices=DOCUMENT_KINDS)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class DocumentBody(models.Model):
    """The bytes of a document, apart from its head so that lists never load them."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="body"
    )
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.content)} bytes"
