"""How supplies and the ownership matrix look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.shipments.depends import Dependent
from apps.shipments.models import FieldOwner, Supply
from apps.shipments.serializers import InstantField, OrderSerializer, OrderShipmentSerializer

_HIDDEN = ("odoo_id", "product_odoo_id")


class DependentSerializer(serializers.Serializer[Dependent]):
    """One order that waits for a supply, how that is known, and in words why."""

    order = serializers.CharField(source="order.public_id", read_only=True)
    order_name = serializers.CharField(source="order.name", read_only=True)
    shipment = serializers.CharField(
        source="shipment.public_id", default=None, allow_null=True, read_only=True
    )
    supply = serializers.CharField(source="supply.public_id", read_only=True)
    reference = serializers.CharField(source="supply.reference", read_only=True)
    kind = serializers.CharField(source="supply.kind", read_only=True)
    expected_at = InstantField(source="supply.expected_at")
    needed_at = InstantField()
    how = serializers.ChoiceField(
        choices=[
            ("chain", "Its goods go on there"), ("to_order", "Bought or made to order"),
            ("origin", "The order asked for it"), ("shortage", "It covers a shortage"),
        ],
        read_only=True,
    )  # fmt: skip
    says = serializers.CharField(read_only=True)
    quantity = serializers.DecimalField(
        max_digits=18, decimal_places=4, allow_null=True, read_only=True
    )


class SupplySerializer(serializers.ModelSerializer[Supply]):
    """A purchase order or a production; `first_expected_at` is what was promised when it was first seen confirmed."""

    id = serializers.CharField(source="public_id", read_only=True)
    status = serializers.CharField(source="stage", read_only=True)
    status_why = serializers.DictField(source="stage_why", read_only=True)
    expected_why = serializers.DictField(read_only=True)
    ordered_at = InstantField()
    expected_at = InstantField()
    first_expected_at = InstantField()
    promised_at = InstantField()
    changed_at = InstantField()
    origins = serializers.ListField(child=serializers.CharField(), read_only=True)
    lines = serializers.SerializerMethodField()
    steps = serializers.ListField(child=serializers.DictField(), read_only=True)
    receipts = OrderShipmentSerializer(many=True, read_only=True)

    class Meta:
        model = Supply
        fields = (
            "id", "kind", "reference", "partner_name", "partner_reference", "origins", "status", "status_why", "open",
            "ordered_at", "expected_at", "first_expected_at", "expected_why", "slip_h", "promised_at", "lines", "steps",
            "receipts", "version", "changed_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_lines(self, row: Supply) -> list[dict[str, Any]]:
        """Products with quantities (decimal texts, in `unit`) and dates, without Odoo's ids."""
        return [
            {key: value for key, value in line.items() if key not in _HIDDEN} for line in row.lines
        ]


class SupplyDetailSerializer(SupplySerializer):
    """One supply with the open orders that wait for it."""

    dependents = DependentSerializer(many=True, read_only=True)

    class Meta(SupplySerializer.Meta):
        fields = (*SupplySerializer.Meta.fields, "dependents")  # type: ignore[assignment]


class OrderDetailSerializer(OrderSerializer):
    """One order with what it waits for."""

    supplies = DependentSerializer(many=True, read_only=True)
    released_at = InstantField()
    release_checks = serializers.ListField(
        child=serializers.DictField(), read_only=True,
        help_text="name, passed, says: as they were when it was released, else as they are now",
    )  # fmt: skip
    blocks = serializers.ListField(
        child=serializers.DictField(), read_only=True, help_text="what quality keeps back now"
    )

    class Meta(OrderSerializer.Meta):
        fields = (
            *OrderSerializer.Meta.fields,
            "supplies",
            "released_at",
            "release_checks",
            "blocks",
        )  # type: ignore[assignment]


class FieldOwnerSerializer(serializers.ModelSerializer[FieldOwner]):
    """One line of the ownership matrix: who owns a field, who answers for it, and which way it travels."""

    id = serializers.CharField(source="public_id", read_only=True)
    milestones = serializers.ListField(child=serializers.CharField(), read_only=True)
    owners = serializers.ListField(child=serializers.CharField(), read_only=True)
    changed_by = serializers.CharField(
        source="changed_by.public_id", default=None, allow_null=True, read_only=True
    )
    changed_at = InstantField(source="created_at")

    class Meta:
        model = FieldOwner
        fields = (
            "id", "object", "field", "title", "milestones", "owners", "steward", "direction", "note", "version",
            "changed_by", "changed_at",
        )  # fmt: skip
