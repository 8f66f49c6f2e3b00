"""How cases look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.approvals.serializers import HoldSerializer, PersonSerializer
from apps.exceptions.models import ActionRun, Case, CaseEvidence, CaseStep


class CaseSerializer(serializers.ModelSerializer[Case]):
    """A case as a row of the queue."""

    id = serializers.CharField(source="public_id")
    team = serializers.CharField(source="team.slug")
    owner = PersonSerializer(allow_null=True)
    shipment = serializers.CharField(source="shipment.public_id", default=None, allow_null=True)
    package = serializers.CharField(source="package.public_id", default=None, allow_null=True)
    order = serializers.CharField(source="order.public_id", default=None, allow_null=True)
    order_name = serializers.CharField(source="order.name", default=None, allow_null=True)

    class Meta:
        model = Case
        fields = (
            "id",
            "kind",
            "title",
            "says",
            "reason",
            "state",
            "waiting_on",
            "priority",
            "next_step",
            "team",
            "owner",
            "shipment",
            "package",
            "order",
            "order_name",
            "subject",
            "opened_at",
            "taken_at",
            "due_at",
            "clock_left_min",
            "breached_at",
            "count",
            "last_seen_at",
            "resolved_at",
            "resolved_by",
            "resolution",
            "value",
            "currency",
            "promise_at",
            "version",
        )


class CaseEvidenceSerializer(serializers.ModelSerializer[CaseEvidence]):
    """What the case stands on, by id."""

    class Meta:
        model = CaseEvidence
        fields = ("kind", "ref", "says", "at")


class CaseStepSerializer(serializers.ModelSerializer[CaseStep]):
    """One line of the case's history."""

    id = serializers.CharField(source="public_id")
    by = PersonSerializer(allow_null=True)

    class Meta:
        model = CaseStep
        fields = ("id", "kind", "says", "by", "at", "data")


class ActionRunSerializer(serializers.ModelSerializer[ActionRun]):
    """An action taken, and what became of it."""

    id = serializers.CharField(source="public_id")
    by = PersonSerializer(allow_null=True)

    class Meta:
        model = ActionRun
        fields = ("id", "action", "data", "by", "at", "state", "state_says")


class OfferFieldSerializer(serializers.Serializer[Any]):
    """One thing an action asks for."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]


class OfferSerializer(serializers.Serializer[Any]):
    """What can be done, what it brings about, and which policy must agree."""

    action = serializers.CharField(source="action.key")
    label = serializers.CharField(source="action.label")  # type: ignore[assignment]
    consequence = serializers.CharField(source="action.consequence")
    approval = serializers.CharField(source="action.approval")
    fields_asked = OfferFieldSerializer(source="action.fields", many=True)
    refusal = serializers.CharField(allow_blank=True)


class CaseViewSerializer(serializers.Serializer[Any]):
    """One case with its story, its evidence, what can be done, and what is held."""

    case = CaseSerializer()
    runbook = serializers.CharField(source="kind.runbook")
    steps = CaseStepSerializer(many=True)
    evidence = CaseEvidenceSerializer(many=True)
    runs = ActionRunSerializer(many=True)
    offers = OfferSerializer(many=True)
    holds = serializers.SerializerMethodField()
    customer_sees = serializers.CharField(allow_blank=True)

    @extend_schema_field(HoldSerializer(many=True))
    def get_holds(self, view: Any) -> list[Any]:
        """What is held because of the case or its order."""
        return list(HoldSerializer([hold for hold, _ in view.holds], many=True).data)


class NoteSerializer(serializers.Serializer[Any]):
    """A note for every team."""

    text = serializers.CharField(max_length=4000)


class ResolveSerializer(serializers.Serializer[Any]):
    """How it was settled."""

    says = serializers.CharField(max_length=400)


class ActSerializer(serializers.Serializer[Any]):
    """An action with what it asks for. The same `key` again is the first run."""

    action = serializers.CharField(max_length=40)
    data = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(allow_blank=True, max_length=2000), required=False
    )
    documents = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=20
    )
    evidence = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        max_length=10,
        help_text="PDF, PNG or JPEG; multipart only.",
    )
    key = serializers.CharField(required=False, allow_blank=True, max_length=80)
