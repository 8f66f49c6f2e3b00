"""How rows of this room look in the API. Fixed: others build on these fields."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.shipments.models import Event, Order, Package, Shipment
from apps.shipments.queries import customer_words

_ISO: Any = OpenApiTypes.DATETIME


def instant(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with "Z"; milliseconds only when they are not zero (FORMATS.md 0.1)."""
    if at is None:
        return None
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return text.removesuffix(".000") + "Z"


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field):
    """An instant, written as the samples write it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> str | None:
        return instant(value)


class EventSerializer(serializers.ModelSerializer[Event]):
    """A canonical event: the fields of FORMATS.md 0.1 and where it comes from.

    time_basis, unmapped, flags, pod, eta, details, voids, amended and claims are there only where they apply.
    """

    id = serializers.CharField(source="public_id", read_only=True)
    exception_reason = serializers.CharField(allow_null=True, read_only=True)
    occurred_at = InstantField()
    received_at = InstantField()
    time_basis = serializers.CharField(required=False, read_only=True)
    unmapped = serializers.BooleanField(required=False, read_only=True)
    flags = serializers.ListField(child=serializers.CharField(), required=False, read_only=True)
    pod = serializers.DictField(required=False, read_only=True)
    eta = serializers.CharField(required=False, read_only=True)
    details = serializers.DictField(required=False, read_only=True)
    voids = serializers.CharField(required=False, read_only=True)
    package = serializers.CharField(source="package.public_id", read_only=True)
    carrier = serializers.CharField(
        source="carrier.slug", default=None, allow_null=True, read_only=True
    )
    message = serializers.CharField(source="message_ref", read_only=True)
    by_hand = serializers.BooleanField(
        read_only=True, help_text="a person read it in a portal and typed it in: manual, low trust"
    )
    amended = serializers.DictField(
        child=serializers.CharField(), required=False, read_only=True,
        help_text="eta, pod: the message that told it, where that was not `message`",
    )  # fmt: skip
    claims = serializers.ListField(
        child=serializers.DictField(), required=False, read_only=True,
        help_text="what of it its source does not own: kept, without a say; field, row and version of the matrix",
    )  # fmt: skip
    superseded = serializers.SerializerMethodField()
    voided = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = (
            "id", "milestone", "tracking_number", "occurred_at", "exception_reason", "time_basis", "unmapped",
            "flags", "pod", "eta", "details", "voids", "package", "carrier", "source", "format",
            "mapping_version", "received_at", "message", "by_hand", "amended", "claims", "correlation_id", "source_event_id", "source_code",
            "location", "country", "description", "superseded", "voided",
        )  # fmt: skip

    def get_superseded(self, event: Event) -> bool:
        """Whether a newer mapping of the same scan took its place."""
        return event.superseded_at is not None

    def get_voided(self, event: Event) -> bool:
        """Whether its source took it back."""
        return event.voided_at is not None

    def to_representation(self, instance: Event) -> dict[str, Any]:
        data = super().to_representation(instance)
        data["exception_reason"] = data["exception_reason"] or None
        for name in (
            "time_basis",
            "unmapped",
            "flags",
            "pod",
            "eta",
            "details",
            "voids",
            "amended",
            "claims",
        ):
            if not data[name]:
                del data[name]
        return data


class PackageSerializer(serializers.ModelSerializer[Package]):
    """A package: the fold of its live events, and the event that decides its status."""

    id = serializers.CharField(source="public_id", read_only=True)
    carrier = serializers.CharField(
        source="carrier.slug", default=None, allow_null=True, read_only=True
    )
    first_event_at = InstantField()
    last_event_at = InstantField()
    heard_at = InstantField()
    picked_up_at = InstantField()
    delivered_at = InstantField()
    proof = serializers.DictField(allow_null=True, read_only=True)
    anomalies = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = Package
        fields = (
            "id", "carrier", "tracking_number", "generation", "milestone", "status", "exception_reason", "terminal",
            "first_event_at", "last_event_at", "heard_at", "picked_up_at", "delivered_at", "attempts", "eta",
            "proof", "anomalies", "ambiguous", "event_count", "version",
        )  # fmt: skip


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    """A shipment with its three truths; each `*_why` names the rule and the facts behind it."""

    id = serializers.CharField(source="public_id", read_only=True)
    linked = serializers.SerializerMethodField()
    return_of = serializers.CharField(
        source="return_of.public_id", default=None, allow_null=True, read_only=True
    )
    supply = serializers.CharField(
        source="supply.public_id", default=None, allow_null=True, read_only=True
    )
    scheduled_at = InstantField()
    order = serializers.CharField(
        source="order.public_id", default=None, allow_null=True, read_only=True
    )
    order_name = serializers.CharField(
        source="order.name", default=None, allow_null=True, read_only=True
    )
    carrier = serializers.CharField(
        source="carrier.slug", default=None, allow_null=True, read_only=True
    )
    customer = serializers.CharField(
        source="customer.public_id", default=None, allow_null=True, read_only=True
    )
    customer_words = serializers.SerializerMethodField()
    execution_why = serializers.DictField(read_only=True)
    customer_why = serializers.DictField(read_only=True)
    financial_why = serializers.DictField(read_only=True)
    promise_at = InstantField()
    eta_at = InstantField()
    dispatched_at = InstantField()
    delivered_at = InstantField()
    last_event_at = InstantField()
    heard_at = InstantField()
    changed_at = InstantField()
    packages = PackageSerializer(many=True, read_only=True)

    class Meta:
        model = Shipment
        fields = (
            "id", "linked", "kind", "reference", "order", "order_name", "return_of", "supply", "gone", "scheduled_at", "carrier",
            "carrier_name", "customer",
            "customer_name", "ship_to_city", "ship_to_country", "execution_status", "execution_why",
            "customer_status", "customer_words", "customer_why", "financial_status", "financial_why",
            "exception_reason", "partial", "delivered_packages", "package_count", "promise_at", "promise_basis",
            "eta", "eta_at", "late", "dispatched_at", "delivered_at", "attempts", "has_proof", "last_event_at",
            "heard_at", "value", "currency", "version", "changed_at", "packages",
        )  # fmt: skip

    def get_linked(self, row: Shipment) -> bool:
        """True for a shipment; an unlinked package in this list says false."""
        return True

    def get_customer_words(self, row: Shipment) -> str:
        """What the customer reads."""
        return customer_words(row)


class UnlinkedSerializer(serializers.ModelSerializer[Package]):
    """A package nobody has linked to a shipment yet, as it stands in the shipments list."""

    id = serializers.CharField(source="public_id", read_only=True)
    linked = serializers.SerializerMethodField()
    carrier = serializers.CharField(
        source="carrier.slug", default=None, allow_null=True, read_only=True
    )
    execution_status = serializers.CharField(source="status", read_only=True)
    delivered_at = InstantField()
    last_event_at = InstantField()
    heard_at = InstantField()
    changed_at = InstantField()
    packages = serializers.SerializerMethodField()

    class Meta:
        model = Package
        fields = (
            "id", "linked", "tracking_number", "carrier", "execution_status", "exception_reason", "eta",
            "delivered_at", "attempts", "last_event_at", "heard_at", "version", "changed_at", "packages",
        )  # fmt: skip

    def get_linked(self, row: Package) -> bool:
        """False: it belongs to no shipment yet."""
        return False

    @extend_schema_field(PackageSerializer(many=True))
    def get_packages(self, row: Package) -> list[dict[str, Any]]:
        """The package itself, in the shape shipments have."""
        return [dict(PackageSerializer(row).data)]


class OrderShipmentSerializer(serializers.ModelSerializer[Shipment]):
    """A shipment in one line, inside its order."""

    id = serializers.CharField(source="public_id", read_only=True)
    eta_at = InstantField()
    delivered_at = InstantField()

    class Meta:
        model = Shipment
        fields = (
            "id", "kind", "reference", "execution_status", "customer_status", "financial_status", "eta", "eta_at",
            "late", "delivered_at", "has_proof", "version",
        )  # fmt: skip


class OwnerSerializer(serializers.Serializer[Order]):
    """Who answers for an order: the person if there is one (public id and name), beneath them the team."""

    person = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    team = serializers.CharField(
        source="owner_team.slug", default=None, allow_null=True, read_only=True
    )
    basis = serializers.CharField(source="owner_basis", read_only=True)
    why = serializers.DictField(source="owner_why", read_only=True)

    def get_person(self, row: Order) -> str | None:
        """Public id of the person, null when the team answers itself."""
        return row.owner.public_id if row.owner is not None and row.owner.is_active else None

    def get_name(self, row: Order) -> str:
        """The one accountable owner, in words."""
        return str(row.accountable or "")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order with its canonical stage and why; `held` and `invoices` name what money waits for."""

    id = serializers.CharField(source="public_id", read_only=True)
    customer = serializers.CharField(
        source="customer.public_id", default=None, allow_null=True, read_only=True
    )
    stage_why = serializers.DictField(read_only=True)
    promise_at = InstantField()
    ordered_at = InstantField()
    changed_at = InstantField()
    held = serializers.ListField(child=serializers.DictField(), read_only=True)
    invoices = serializers.SerializerMethodField()
    shipments = OrderShipmentSerializer(many=True, read_only=True)
    owner = OwnerSerializer(source="*", read_only=True)

    class Meta:
        model = Order
        fields = (
            "id", "name", "customer", "customer_name", "customer_reference", "stage", "stage_why", "open",
            "promise_at", "promise_basis", "ordered_at", "amount_total", "currency", "held", "invoices", "shipments",
            "owner", "salesperson_name", "gone", "version", "changed_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_invoices(self, row: Order) -> list[dict[str, Any]]:
        """Its invoices as Odoo says them, without Odoo's ids."""
        return [
            {key: value for key, value in bill.items() if not key.endswith("odoo_id")}
            for bill in row.invoices
        ]
