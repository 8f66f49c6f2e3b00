"""The API of commands: what may be done on a record, do it, ask what became of it, say how it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.api_errors import problem_body
from apps.accounts.models import User
from apps.integrations import queries
from apps.integrations.models import Command, CommandAttempt
from apps.integrations.odoo.command import issuing, steering
from apps.integrations.odoo.command import queries as command_queries
from apps.integrations.odoo.command.errors import (
    BadCommand,
    KeyTaken,
    NotOnTheList,
    NotYours,
    SeenIsStale,
    TooLate,
)
from apps.integrations.odoo.command.targets import find

_PROBLEM: Final = OpenApiResponse(description="A problem document (RFC 9457)")


class ChangedField(serializers.Serializer[dict[str, Any]]):
    """A field that is not as expected."""

    field = serializers.CharField()
    expected = serializers.JSONField()
    found = serializers.JSONField()


class CommandTry(serializers.ModelSerializer[CommandAttempt]):
    """One try, in Odoo's own words."""

    class Meta:
        model = CommandAttempt
        fields = ["at", "took_ms", "outcome", "says"]
        read_only_fields = fields


class CommandFate(serializers.ModelSerializer[Command]):
    """A command and what became of it."""

    id = serializers.CharField(source="public_id")
    record = serializers.CharField(source="record_ref")
    changed = ChangedField(many=True)
    attempts = CommandTry(many=True, source="tries_in_order")
    ways_forward = serializers.ListField(child=serializers.CharField())
    by_hand = serializers.ListField(child=serializers.CharField())
    replaces = serializers.CharField(source="replaces.public_id", default=None)

    class Meta:
        model = Command
        fields = [
            "id",
            "kind",
            "record",
            "record_name",
            "intent",
            "state",
            "reason",
            "says",
            "form",
            "expected",
            "also_expected",
            "values",
            "wanted",
            "changed",
            "read_back",
            "made",
            "actor",
            "cause",
            "replaces",
            "ways_forward",
            "by_hand",
            "attempts",
            "not_before",
            "next_attempt_at",
            "applied_at",
            "created_at",
            "correlation_id",
            "version",
        ]
        read_only_fields = fields


class NewCommand(serializers.Serializer[dict[str, Any]]):
    """What a program sends. seen is what `GET …/commands/new/<kind>/<record>/` showed, unchanged."""

    kind = serializers.CharField(
        max_length=200
    )  # longer than any kind: unknown ones are refused, and audited
    record = serializers.CharField(max_length=60)
    data = serializers.DictField(required=False, default=dict)  # type: ignore[assignment]
    seen = serializers.DictField(required=False, default=dict)
    replaces = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class CommandAsk(serializers.Serializer[dict[str, Any]]):
    """One thing a kind asks for."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    hint = serializers.CharField()
    choices = serializers.ListField(child=serializers.DictField())


class CommandDraft(serializers.Serializer[dict[str, Any]]):
    """A kind on a record: what it asks, what you see (send it back as `seen`), and why it may not apply now."""

    kind = serializers.CharField()
    title = serializers.CharField()
    record = serializers.CharField()
    asks = CommandAsk(many=True)
    seen = serializers.DictField()
    prefill = serializers.DictField()
    not_now = serializers.CharField()
    by_hand = serializers.ListField(child=serializers.CharField())


class StepReason(serializers.Serializer[dict[str, Any]]):
    """A person's reason."""

    why = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


def _person(request: Request) -> User:
    return cast(User, request.user)


def _problem(status: int, title: str, detail: str, **more: Any) -> Response:
    body = problem_body(status, title, detail, **more)
    return Response(body, status=status, content_type="application/problem+json")


def _fate(user: User, public_id: str, status: int = 200) -> Response:
    command = command_queries.one(user, public_id)
    if command is None:
        raise Http404
    return Response(CommandFate(command).data, status=status)


class CommandsView(APIView):
    """Give a command."""

    permission_classes = [may("commands.give")]

    @extend_schema(
        operation_id="command_create",
        request=NewCommand,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="The same key and content answers with the first command; other content 409.",
            )
        ],
        responses={
            200: CommandFate,
            201: CommandFate,
            400: _PROBLEM,
            403: _PROBLEM,
            404: _PROBLEM,
            409: _PROBLEM,
        },
        description="Only kinds on the allow-list; anything else is refused with 403 and written down. "
        "409 with `changed` when the record is no longer as `seen` says.",
    )
    def post(self, request: Request) -> Response:
        asked = NewCommand(data=request.data)
        asked.is_valid(raise_exception=True)
        given, user, now = asked.validated_data, _person(request), timezone.now()
        try:
            issuing.allowed(given["kind"], None, user)
            target = find(given["record"], user)
            old = command_queries.one(user, given["replaces"]) if given["replaces"] else None
            if target is None or (given["replaces"] and old is None):
                raise Http404
            command = issuing.issue(
                given["kind"],
                record=target,
                data=given["data"],
                by=user,
                seen=given["seen"],
                now=now,
                key=request.headers.get("Idempotency-Key", "")[:200],
                replaces=old,
            )
        except (NotOnTheList, NotYours) as refused:
            issuing.refuse_and_tell(refused, given["kind"], given["record"], user)
            return _problem(403, "Not allowed", str(refused))
        except BadCommand as bad:
            return _problem(400, "Bad command", str(bad), reason=bad.code, field=bad.field)
        except SeenIsStale as stale:
            return _problem(409, "Facts have changed", str(stale), changed=stale.changed)
        except (KeyTaken, TooLate) as late:
            return _problem(409, "Conflict", str(late))
        return _fate(user, command.public_id, 201 if command.created_at >= now else 200)


class CommandView(APIView):
    """What became of one command."""

    permission_classes = [may("commands.see")]

    @extend_schema(operation_id="command_fate", responses={200: CommandFate, 404: _PROBLEM})
    def get(self, request: Request, command_id: str) -> Response:
        return _fate(_person(request), command_id)


class NewCommandView(APIView):
    """What a kind asks on a record, and what you see of it."""

    permission_classes = [may("commands.give")]

    @extend_schema(
        operation_id="command_new", responses={200: CommandDraft, 403: _PROBLEM, 404: _PROBLEM}
    )
    def get(self, request: Request, kind: str, record: str) -> Response:
        user = _person(request)
        try:
            draft = issuing.draft(kind, record, user)
        except (NotOnTheList, NotYours) as refused:
            issuing.refuse_and_tell(refused, kind, record, user)
            return _problem(403, "Not allowed", str(refused))
        if draft is None:
            raise Http404
        return Response(CommandDraft(command_queries.shape(draft)).data)


class SteerView(APIView):
    """How a parked command goes on."""

    permission_classes = [may("commands.give")]
    verb: Callable[..., Command] = staticmethod(steering.send_again)
    asks_why = False

    @extend_schema(
        request=StepReason,
        responses={200: CommandFate, 400: _PROBLEM, 403: _PROBLEM, 404: _PROBLEM, 409: _PROBLEM},
    )
    def post(self, request: Request, command_id: str) -> Response:
        user = _person(request)
        command = queries.commands_of(user).filter(public_id=command_id).first()
        if command is None:
            raise Http404
        asked = StepReason(data=request.data)
        asked.is_valid(raise_exception=True)
        why = asked.validated_data["why"].strip()
        if self.asks_why and not why:
            return _problem(400, "Bad command", "Say why.", reason="missing", field="why")
        if not steering.may_steer(user, command):
            return _problem(403, "Not allowed", "Your role does not decide about this command.")
        more = {"why": why} if self.asks_why else {}
        try:
            self.verb(command, by=user, now=timezone.now(), **more)
        except TooLate as late:
            return _problem(409, "Too late", str(late))
        return _fate(user, command_id)
