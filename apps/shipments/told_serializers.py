"""How packages, events, documents and carriers' invoices look in their own lists."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.shipments.models import Document, Event, Package, Report
from apps.shipments.queries.contexts import Context
from apps.shipments.serializers import EventSerializer, InstantField, PackageSerializer


class AboutSerializer(serializers.Serializer[Context]):
    """What the goods are: whose, promised for when, worth what, how urgent."""

    shipment = serializers.CharField(source="shipment.public_id")
    reference = serializers.CharField(source="shipment.reference")
    order = serializers.CharField(
        source="shipment.order.public_id", default=None, allow_null=True, read_only=True
    )
    order_name = serializers.CharField(
        source="shipment.order.name", default=None, allow_null=True, read_only=True
    )
    customer = serializers.CharField()
    promise_at = InstantField(source="shipment.promise_at")
    value = serializers.DecimalField(
        source="shipment.value", max_digits=18, decimal_places=4, read_only=True
    )
    currency = serializers.CharField(source="shipment.currency")
    priority = serializers.CharField(
        help_text="urgent or normal, as the transfer in Odoo says; empty where Odoo has none"
    )


class ToldEventSerializer(EventSerializer):
    """A canonical event, and the goods it is about as far as you may see them."""

    about = serializers.SerializerMethodField()

    class Meta(EventSerializer.Meta):
        fields = (*EventSerializer.Meta.fields, "about")  # type: ignore[assignment]

    @extend_schema_field(AboutSerializer(many=True))
    def get_about(self, event: Event) -> list[Any]:
        """One for each shipment that the package carries goods of."""
        found = self.context.get("about", {}).get(event.package_id, [])
        return list(AboutSerializer(found, many=True).data)


class ToldPackageSerializer(PackageSerializer):
    """A package, and the shipments it carries goods of as far as you may see them; none: nobody linked it yet."""

    about = serializers.SerializerMethodField()
    changed_at = InstantField()

    class Meta(PackageSerializer.Meta):
        fields = (*PackageSerializer.Meta.fields, "changed_at", "about")  # type: ignore[assignment]

    @extend_schema_field(AboutSerializer(many=True))
    def get_about(self, package: Package) -> list[Any]:
        """One for each shipment that the package carries goods of."""
        found = self.context.get("about", {}).get(package.pk, [])
        return list(AboutSerializer(found, many=True).data)


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """A file as evidence: its head. The bytes are below `content/`."""

    id = serializers.CharField(source="public_id", read_only=True)
    shipment = serializers.CharField(
        source="shipment.public_id", default=None, allow_null=True, read_only=True
    )
    order = serializers.CharField(
        source="order.public_id", default=None, allow_null=True, read_only=True
    )
    added_at = InstantField()
    accepted = serializers.SerializerMethodField()
    accepted_at = InstantField()

    class Meta:
        model = Document
        fields = (
            "id", "kind", "name", "media_type", "size", "sha256", "shipment", "order", "added_at", "accepted",
            "accepted_at",
        )  # fmt: skip

    def get_accepted(self, row: Document) -> bool:
        """Whether a person with that right took it for a valid proof of delivery."""
        return row.accepted_at is not None


class FreightInvoiceSerializer(serializers.ModelSerializer[Report]):
    """A carrier's invoice as it came in. details: total, currency, charges, lines, as its format gives them."""

    id = serializers.CharField(source="public_id", read_only=True)
    number = serializers.CharField(source="subject_ref", read_only=True)
    billed_at = InstantField(source="occurred_at")
    received_at = InstantField()
    order = serializers.CharField(
        source="order.public_id", default=None, allow_null=True, read_only=True
    )
    shipment = serializers.CharField(
        source="shipment.public_id", default=None, allow_null=True, read_only=True
    )
    details = serializers.DictField(read_only=True)
    flags = serializers.ListField(child=serializers.CharField(), read_only=True)
    message = serializers.CharField(source="message_ref", read_only=True)

    class Meta:
        model = Report
        fields = (
            "id", "number", "billed_at", "received_at", "order", "shipment", "source", "format", "flags", "details",
            "message", "correlation_id",
        )  # fmt: skip
