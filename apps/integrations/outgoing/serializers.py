"""How the API writes subscriptions and deliveries."""

import json
from typing import Any, cast

from rest_framework import serializers

from apps.integrations.models.outgoing import (
    Audience,
    Delivery,
    DeliveryAttempt,
    Subscription,
    SubscriptionState,
)
from apps.integrations.outgoing.fetching import Leased


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
            "fetched",
            "ask_every_s",
            "asked_at",
            "silent_at",
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
    url = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="https, a public address; none where an agent fetches.",
    )
    fetched: Any = serializers.BooleanField(
        required=False, help_text="An agent asks for its work; settled when it is added."
    )
    ask_every_s = serializers.IntegerField(
        required=False,
        min_value=5,
        max_value=86_400,
        help_text="How often the agent asks. It is silent after three times as long, and two minutes at least.",
    )
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
    fetched = None


class LeaseWanted(serializers.Serializer[dict[str, Any]]):
    """How much work at once, and for how long."""

    most = serializers.IntegerField(required=False, default=10, min_value=1, max_value=50)
    lease_s = serializers.IntegerField(required=False, default=60, min_value=10, max_value=3600)


class LeasedWork(serializers.Serializer[dict[str, Any]]):
    """One event in the agent's hands until leased_until; `id` never changes, attempt counts how often it was given."""

    id = serializers.CharField(source="delivery.public_id")
    kind = serializers.CharField(source="delivery.kind")
    attempt = serializers.IntegerField(source="delivery.attempts")
    leased_at = serializers.DateTimeField(source="at", help_text="Names the lease: say it back.")
    leased_until = serializers.DateTimeField(source="until")
    correlation_id = serializers.CharField(source="delivery.correlation_id")
    event = serializers.SerializerMethodField()

    def get_event(self, one: Leased) -> dict[str, Any]:
        """type, version, timestamp, id, subject, data: as a receiver of webhooks gets it."""
        return cast(dict[str, Any], json.loads(one.delivery.body))


class WorkPage(serializers.Serializer[dict[str, Any]]):
    """Work, oldest first. ask_again_s: when there may be more; 0 where more is likely now."""

    deliveries = LeasedWork(many=True)
    state = serializers.ChoiceField(choices=SubscriptionState.choices)
    ask_again_s = serializers.IntegerField()


class WorkDone(serializers.Serializer[dict[str, Any]]):
    """The work of a lease is done."""

    leased_at = serializers.DateTimeField(help_text="As it was answered with the work.")
    says = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=300, help_text="Kept with the try."
    )


class WorkFailed(serializers.Serializer[dict[str, Any]]):
    """The work of a lease could not be done."""

    leased_at = serializers.DateTimeField(help_text="As it was answered with the work.")
    says = serializers.CharField(max_length=300, help_text="Why, for a person.")
    retry_after_s = serializers.IntegerField(
        required=False, min_value=0, max_value=86_400, help_text="Not again before so long."
    )


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
