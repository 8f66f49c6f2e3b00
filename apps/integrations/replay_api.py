"""Replays for programs: a dry run of a filter, then the replay of that plan."""

from __future__ import annotations

from typing import Any, Final, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.models import User
from apps.integrations import replaying
from apps.integrations.errors import NoPlan
from apps.integrations.models import Job
from apps.integrations.models.messages import Status
from apps.integrations.searching import Filters

_PROBLEM: Final = OpenApiResponse(description="A problem document (RFC 9457)")


class MessageReplayWanted(serializers.Serializer[dict[str, Any]]):
    """Either what to plan (a filter or messages), or the plan to carry out. A plan comes first, always."""

    dry_run = serializers.BooleanField(default=True, help_text="false only together with `plan`")
    plan = serializers.CharField(required=False, max_length=40, help_text="id of a finished plan")
    messages = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=replaying.CHOSEN
    )
    partner = serializers.CharField(required=False, max_length=60)
    status = serializers.ChoiceField(required=False, choices=Status.choices)
    reason = serializers.CharField(required=False, max_length=60)
    text = serializers.CharField(required=False, max_length=200, help_text="an id or a number")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A replay needs a plan, and a plan needs none."""
        if attrs["dry_run"] == bool(attrs.get("plan")):
            raise ValidationError(
                {"plan": "Plan first (dry_run true), then send dry_run false with the plan's id."}
            )
        return attrs


class MessageReplayRead(serializers.ModelSerializer[Job]):
    """A plan or a replay. report of a plan that is done: counts, refusals, and the outlook (what would change)."""

    id = serializers.CharField(source="public_id")
    report = serializers.JSONField()

    class Meta:
        model = Job
        fields = [
            "id", "kind", "state", "title", "total", "done", "report", "says",
            "created_at", "started_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields


def _person(request: Request) -> User:
    return cast(User, request.user)


class ReplaysView(APIView):
    """Your plans and replays; begin one."""

    permission_classes = [may("messages.replay")]

    @extend_schema(
        operation_id="replays_list", responses={200: MessageReplayRead(many=True), 403: _PROBLEM}
    )
    def get(self, request: Request) -> Response:
        return Response(
            MessageReplayRead(replaying.plans_of(_person(request))[:50], many=True).data
        )

    @extend_schema(
        operation_id="replay_begin",
        request=MessageReplayWanted,
        responses={202: MessageReplayRead, 400: _PROBLEM, 403: _PROBLEM, 404: _PROBLEM},
        description="A dry run first; then the same with `plan`. The same plan is carried out once.",
    )
    def post(self, request: Request) -> Response:
        wanted = MessageReplayWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        data, user = wanted.validated_data, _person(request)
        try:
            if not data["dry_run"]:
                rows = replaying.plans_of(user).filter(kind=replaying.PLAN)
                job = replaying.carry_out(get_object_or_404(rows, public_id=data["plan"]), by=user)
            else:
                job = replaying.plan(user, filters=_filters(data), chosen=data.get("messages", []))
        except NoPlan as error:
            raise ValidationError({error.reason: str(error)}) from error
        return Response(MessageReplayRead(job).data, status=202)


def _filters(data: dict[str, Any]) -> Filters:
    named = {name: data.get(name, "") for name in ("partner", "status", "reason", "text")}
    times = {name: data[name].isoformat() if data.get(name) else "" for name in ("since", "until")}
    return Filters(**named, **times)


class ReplayView(APIView):
    """One plan or replay."""

    permission_classes = [may("messages.replay")]

    @extend_schema(
        operation_id="replay_read", responses={200: MessageReplayRead, 403: _PROBLEM, 404: _PROBLEM}
    )
    def get(self, request: Request, job_id: str) -> Response:
        job = get_object_or_404(replaying.plans_of(_person(request)), public_id=job_id)
        return Response(MessageReplayRead(job).data)
