"""How requests, decisions and holds look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.approvals.models import Decision, Hold, Request
from apps.approvals.services import why_held
from apps.shipments.models import Document

MONEY = {"max_digits": 18, "decimal_places": 4}


class PersonSerializer(serializers.Serializer[Any]):
    """A person, by public id and name."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()


class EvidenceSerializer(serializers.ModelSerializer[Document]):
    """A file as evidence, by its digest."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = Document
        fields = ("id", "name", "kind", "media_type", "size", "sha256", "added_at")


class ConditionSerializer(serializers.Serializer[Any]):
    """One thing that would help to release a hold, and whose turn it is."""

    code = serializers.CharField()
    says = serializers.CharField()
    met = serializers.BooleanField()
    owner = serializers.CharField()


class WhySerializer(serializers.Serializer[Any]):
    """Why something is held; each inner list of `needs` is one way out."""

    says = serializers.CharField()
    rule = serializers.CharField()
    since = serializers.DateTimeField()
    held = serializers.BooleanField()
    case = serializers.CharField(allow_blank=True)
    releases = serializers.BooleanField()
    needs = serializers.ListField(child=ConditionSerializer(many=True))


class HoldSerializer(serializers.ModelSerializer[Hold]):
    """A hold with the sentence why and what would release it."""

    id = serializers.CharField(source="public_id")
    order = serializers.CharField(source="order.public_id", default=None, allow_null=True)
    shipment = serializers.CharField(source="shipment.public_id", default=None, allow_null=True)
    case = serializers.CharField(source="case_ref")
    why = serializers.SerializerMethodField()

    class Meta:
        model = Hold
        fields = (
            "id",
            "kind",
            "record_name",
            "amount",
            "currency",
            "order",
            "shipment",
            "case",
            "reason",
            "says",
            "rule",
            "state",
            "placed_at",
            "ended_at",
            "ended_by",
            "ended_why",
            "effect",
            "effect_says",
            "effect_at",
            "version",
            "why",
        )

    @extend_schema_field(WhySerializer)
    def get_why(self, hold: Hold) -> dict[str, Any]:
        """The tree of what is missing."""
        return WhySerializer(why_held(hold)).data


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """One person's word on one step, with the facts they were shown."""

    id = serializers.CharField(source="public_id")
    by = PersonSerializer()

    class Meta:
        model = Decision
        fields = ("id", "step", "verdict", "by", "reason", "facts", "seen", "policy_version", "at")


class RequestSerializer(serializers.ModelSerializer[Request]):
    """A request as a row of the inbox."""

    id = serializers.CharField(source="public_id")
    policy = serializers.CharField(source="policy.slug")
    policy_version = serializers.IntegerField(source="policy.version")
    hold = serializers.CharField(source="hold.public_id", default=None, allow_null=True)
    order = serializers.CharField(source="order.public_id", default=None, allow_null=True)
    shipment = serializers.CharField(source="shipment.public_id", default=None, allow_null=True)
    case = serializers.CharField(source="case_ref")
    subject = serializers.CharField(source="subject_ref")
    requested_by = PersonSerializer()
    evidence = EvidenceSerializer(many=True)
    decisions = DecisionSerializer(many=True)

    class Meta:
        model = Request
        fields = (
            "id",
            "kind",
            "title",
            "reason",
            "amount",
            "currency",
            "policy",
            "policy_version",
            "hold",
            "order",
            "shipment",
            "case",
            "subject",
            "requested_by",
            "requested_at",
            "due_at",
            "overdue_at",
            "step",
            "state",
            "decided_at",
            "effect",
            "effect_says",
            "effect_at",
            "version",
            "evidence",
            "decisions",
        )


class ChangedSerializer(serializers.Serializer[Any]):
    """One fact that is not what it was."""

    field = serializers.CharField()
    says = serializers.CharField()
    was = serializers.JSONField(allow_null=True)
    now = serializers.JSONField(allow_null=True)


class RefusalSerializer(serializers.Serializer[Any]):
    """Why you may not decide: a code and a sentence."""

    code = serializers.CharField()
    says = serializers.CharField()


class RequestViewSerializer(serializers.Serializer[Any]):
    """One request with the facts as they are now; send `digest` back as `seen` with your decision."""

    request = RequestSerializer()
    policy_text = serializers.CharField(source="request.policy.text")
    facts = serializers.JSONField()
    digest = serializers.CharField()
    moved = ChangedSerializer(many=True)
    refusal = serializers.SerializerMethodField()
    why = WhySerializer(allow_null=True)

    @extend_schema_field(RefusalSerializer(allow_null=True))
    def get_refusal(self, view: Any) -> dict[str, str] | None:
        """The same sentence that a decision would be refused with."""
        if view.refusal is None:
            return None
        code, says = view.refusal
        return {"code": code, "says": says}


class DecideSerializer(serializers.Serializer[Any]):
    """A verdict on the facts whose digest you were shown."""

    verdict = serializers.ChoiceField(choices=["grant", "reject"])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=4000, default="")
    seen = serializers.CharField(max_length=64)


class AskSerializer(serializers.Serializer[Any]):
    """A request for a release: why, with documents already stored or files sent along."""

    reason = serializers.CharField(max_length=4000)
    documents = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=20
    )
    evidence = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        max_length=10,
        help_text="PDF, PNG or JPEG; multipart only.",
    )


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457): `code` for programs, `says` for people, `changed` in a conflict."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    correlation_id = serializers.CharField()
    code = serializers.CharField(required=False)
    says = serializers.CharField(required=False)
    changed = ChangedSerializer(many=True, required=False)
