"""How business events, and what follows from them, look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.shipments.models import Report
from apps.shipments.serializers import InstantField


class BusinessEventSerializer(serializers.ModelSerializer[Report]):
    """What a source said of an order, a shipment, a purchase, a product, a dock (docs/events.md)."""

    id = serializers.CharField(source="public_id", read_only=True)
    about = serializers.SerializerMethodField()
    order = serializers.CharField(
        source="order.public_id", default=None, allow_null=True, read_only=True
    )
    shipment = serializers.CharField(
        source="shipment.public_id", default=None, allow_null=True, read_only=True
    )
    supply = serializers.CharField(
        source="supply.public_id", default=None, allow_null=True, read_only=True
    )
    occurred_at = InstantField()
    received_at = InstantField()
    expected_at = InstantField()
    flags = serializers.ListField(child=serializers.CharField(), read_only=True)
    details = serializers.DictField(read_only=True)
    claims = serializers.ListField(
        child=serializers.DictField(), read_only=True,
        help_text="its source does not own it: kept, and nothing follows; row and version of the matrix",
    )  # fmt: skip
    message = serializers.CharField(source="message_ref", read_only=True)
    superseded = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = (
            "id", "kind", "about", "order", "shipment", "supply", "occurred_at", "received_at", "expected_at",
            "time_basis", "flags", "description", "details", "claims", "source", "source_kind", "format",
            "source_code", "mapping_version", "message", "correlation_id", "superseded",
        )  # fmt: skip

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_about(self, row: Report) -> dict[str, str]:
        """What it is about, as its source calls it: {"kind", "reference"}."""
        return {"kind": row.subject_kind, "reference": row.subject_ref}

    def get_superseded(self, row: Report) -> bool:
        """Whether a newer mapping took its place."""
        return row.superseded_at is not None


class StepSerializer(serializers.Serializer[Any]):
    """One state with its time and who said so."""

    kind = serializers.CharField()
    state = serializers.CharField()
    at = InstantField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field's own name
    source_kind = serializers.CharField()
    event = serializers.CharField(source="ref")
    more = serializers.CharField()


class HandoverSerializer(serializers.Serializer[Any]):
    """Booking, label, number, acceptance, dispatch, pickup, each with its time."""

    state = serializers.CharField()
    owner = serializers.CharField(help_text="the kind of system whose word the newest step is")
    source = serializers.CharField()  # type: ignore[assignment]  # a field's own name
    possession_at = InstantField()
    steps = StepSerializer(many=True)


class FreightSerializer(serializers.Serializer[Any]):
    """Quoted, approved, charged, and charged less approved; null where `says` tells why."""

    currency = serializers.CharField()
    quoted = serializers.DecimalField(18, 4, allow_null=True)
    approved = serializers.DecimalField(18, 4, allow_null=True)
    charged = serializers.DecimalField(18, 4, allow_null=True)
    delta = serializers.DecimalField(18, 4, allow_null=True)
    says = serializers.CharField()


class CheckSerializer(serializers.Serializer[Any]):
    """One release check; passed is null where its source does not say."""

    name = serializers.CharField()
    passed = serializers.BooleanField(allow_null=True)
    says = serializers.CharField()


class ReleaseSerializer(serializers.Serializer[Any]):
    """The release of an order with its checks."""

    at = InstantField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field's own name
    event = serializers.CharField(source="ref")
    checks = CheckSerializer(many=True)


class ReturnCycleSerializer(serializers.Serializer[Any]):
    """One return as reported; took_s: seconds from its first step to the credit, or to its last step while open."""

    reference = serializers.CharField(source="subject")
    open = serializers.BooleanField()
    took_s = serializers.SerializerMethodField()
    steps = StepSerializer(many=True)

    def get_took_s(self, row: Any) -> int:
        """Whole seconds."""
        return int(row.took.total_seconds())


class ReportedSerializer(serializers.Serializer[Any]):
    """What all business events about one shipment or order say together."""

    handover = HandoverSerializer(allow_null=True)
    freight = FreightSerializer(allow_null=True)
    release = ReleaseSerializer(allow_null=True)
    returns = ReturnCycleSerializer(many=True)
