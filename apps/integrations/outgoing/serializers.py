"""How the API writes subscriptions and deliveries."""

from typing import Any

from rest_framework import serializers

from apps.integrations.models.outgoing import (
    Audience,
    Delivery,
    DeliveryAttempt,
    Subscription,
)


class SubscriptionRead(serializers.ModelSerializer[Subscription]):
    """A subscription; `secret` is answered once, by what made it."""

    id = serializers.CharField(source="public_id")
    owner = serializers.CharField(source="owner.public_id")
    companies: Any = serializers.SlugRelatedField(slug_field="public_id", many=True, read_only=True)
    warehouses: Any = serializers.SlugRelatedField(
        slug_field="public_id", many=True, read_only=True
    )
    customers: Any = serializers.SlugRelatedField(slug_field="public_id", many=True, read_only=True)
    kinds = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Subscription
        fields = [
            "id",
            "name",
            "url",
            "audience",
            "kinds",
            "companies",
            "warehouses",
            "customers",
            "version",
            "state",
            "says",
            "failures",
            "failing_since",
            "disabled_at",
            "sent_at",
            "owner",
            "created_at",
        ]
        read_only_fields = fields


class SubscriptionMade(SubscriptionRead):
    """A new subscription with its secret: keep it, it is never answered again."""

    secret = serializers.CharField()

    class Meta(SubscriptionRead.Meta):
        fields = [*SubscriptionRead.Meta.fields, "secret"]
        read_only_fields = fields


class SubscriptionWanted(serializers.Serializer[dict[str, Any]]):
    """What a subscription is to be. Empty lists: all you may see (companies, warehouses, customers, kinds)."""

    name = serializers.CharField(max_length=120)
    url = serializers.CharField(max_length=500, help_text="https, a public address")
    audience = serializers.ChoiceField(
        choices=Audience.choices,
        required=False,
        help_text="Customers always subscribe as customer.",
    )
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=100
    )
    companies = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=200
    )
    warehouses = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=200
    )
    customers = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=200
    )
    version = serializers.IntegerField(required=False, min_value=1, max_value=1)


class SubscriptionChange(SubscriptionWanted):
    """The fields to change; the others stay."""

    name = serializers.CharField(max_length=120, required=False)
    url = serializers.CharField(max_length=500, required=False)


class RotationWanted(serializers.Serializer[dict[str, Any]]):
    """How long the secret before signs beside the new one."""

    overlap_h = serializers.IntegerField(required=False, default=24, min_value=0, max_value=336)


class NewSecret(serializers.Serializer[dict[str, Any]]):
    """The new secret: keep it, it is never answered again."""

    secret = serializers.CharField()


class Try(serializers.ModelSerializer[DeliveryAttempt]):
    """One try; `answer` is what the receiver said, in part."""

    class Meta:
        model = DeliveryAttempt
        fields = ["number", "at", "took_ms", "outcome", "http_status", "says", "answer"]
        read_only_fields = fields


class DeliveryRead(serializers.ModelSerializer[Delivery]):
    """One event for one subscription; `id` is the `webhook-id`."""

    id = serializers.CharField(source="public_id")
    entry = serializers.CharField()

    class Meta:
        model = Delivery
        fields = [
            "id",
            "entry",
            "kind",
            "subject",
            "state",
            "attempts",
            "http_status",
            "says",
            "occurred_at",
            "next_at",
            "ended_at",
            "correlation_id",
        ]
        read_only_fields = fields


class DeliveryDetail(DeliveryRead):
    """With the exact text that is sent, and every try."""

    payload = serializers.CharField(source="body")
    tries = Try(many=True)

    class Meta(DeliveryRead.Meta):
        fields = [*DeliveryRead.Meta.fields, "payload", "tries"]
        read_only_fields = fields


class DeliveryPage(serializers.Serializer[dict[str, Any]]):
    """Fifty deliveries, newest event first; `next` is the `before` of the next page, or null."""

    results = DeliveryRead(many=True)
    next = serializers.CharField(allow_null=True)


_WHEN = "ISO 8601 with offset"


class ReplayWanted(serializers.Serializer[dict[str, Any]]):
    """Which events to send again: at most 31 days and 10,000 events at once."""

    begins = serializers.DateTimeField(help_text=_WHEN)
    ends = serializers.DateTimeField(help_text=f"{_WHEN}; not included")
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=100
    )
    states = serializers.ListField(
        child=serializers.ChoiceField(choices=[("sent", "Sent"), ("dead", "Dead letter")]),
        required=False,
        help_text="Of deliveries that exist; empty: both.",
    )
    missing = serializers.BooleanField(
        required=False,
        default=True,
        help_text="Also events that were never made for this receiver.",
    )
    dry_run = serializers.BooleanField(required=False, default=False)


class ReplayPlan(serializers.Serializer[dict[str, Any]]):
    """How many events are sent again, how many for the first time; cut: there are more than one replay takes."""

    again = serializers.IntegerField()
    missing = serializers.IntegerField()
    cut = serializers.BooleanField()
    dry_run = serializers.BooleanField()


class DeliveryReplayed(serializers.Serializer[dict[str, Any]]):
    """Whether the event is sent again; false while it waits anyway."""

    replayed = serializers.BooleanField()


class EventKind(serializers.Serializer[dict[str, Any]]):
    """A kind you may subscribe to."""

    kind = serializers.CharField()
    says = serializers.CharField()
    version = serializers.IntegerField()
