"""The edge's API: partners post messages; programs and people ask what became of them."""

import json
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.api_errors import problem_response
from apps.accounts.models import User
from apps.integrations import messages, queries
from apps.integrations.acknowledging import Told
from apps.integrations.errors import NotTaken
from apps.integrations.metrics import ACCEPTED, REFUSED
from apps.integrations.models import Message
from apps.integrations.receive import Delivery, Receipt, receive
from apps.journal.correlation import accepted, bound
from apps.journal.ids import new_id


@csrf_exempt
def receive_message(request: HttpRequest, partner: str) -> HttpResponse:
    """POST one message of a partner, signed as its format says.

    202 with the ids once the bytes are committed, 200 for what is known already, else a problem document
    with `reason`. A plain view on purpose: every message of every partner passes here (DESIGN, "Budgets").
    """
    correlation_id = accepted(request.META.get("HTTP_X_CORRELATION_ID", "")) or new_id("cor")
    delivery = Delivery(request.META, request, timezone.now(), correlation_id)
    try:
        if request.method != "POST":
            raise NotTaken(405, "method_not_allowed", "Messages are posted.")
        receipt = receive(partner, delivery)
    except NotTaken as refused:
        answer = _refusal(refused, correlation_id, partner)
    else:
        ACCEPTED.labels(receipt.status).inc()
        answer = _receipt(receipt)
    answer.headers["X-Correlation-ID"] = correlation_id
    return answer


def _receipt(receipt: Receipt) -> HttpResponse:
    told: dict[str, Any] = {
        "message_id": receipt.message_id,
        "correlation_id": receipt.correlation_id,
        "status": receipt.status,
    }
    if receipt.entries is not None:
        told |= receipt.entries.as_json()
    if receipt.acknowledgement is not None:
        if receipt.acknowledgement.inline:
            return _document(receipt.acknowledgement, receipt.http_status, receipt.message_id)
        told["acknowledgement"] = receipt.acknowledgement.address
    content = json.dumps(told).encode()
    headers = {"Content-Length": str(len(content)), **receipt.headers}
    return HttpResponse(
        content, status=receipt.http_status, content_type="application/json", headers=headers
    )


def _document(told: Told, status: int, message_id: str) -> HttpResponse:
    """The acknowledgement itself, for a sender that waits for it."""
    headers = {"Content-Length": str(len(told.document)), "X-Message-ID": message_id}
    return HttpResponse(told.document, status=status, content_type=told.media, headers=headers)


def _refusal(refused: NotTaken, correlation_id: str, partner: str) -> HttpResponse:
    # Names that no partner has are anybody's: they would make a metric for each.
    known = "" if refused.reason in ("unknown_partner", "method_not_allowed") else partner
    REFUSED.labels(refused.reason, known).inc()
    more: dict[str, Any] = {"reason": refused.reason}
    if refused.pointer:
        more["pointer"] = refused.pointer
    if refused.message_id:
        more["message_id"] = refused.message_id
    if refused.acknowledgement is not None:
        if refused.acknowledgement.inline:
            return _document(refused.acknowledgement, refused.status, refused.message_id or "")
        more["acknowledgement"] = refused.acknowledgement.address
    title = refused.reason.replace("_", " ").capitalize()
    with bound(correlation_id):
        answer = problem_response(refused.status, title, refused.detail, **more)
    answer.headers["Content-Length"] = str(len(answer.content))
    if refused.status == 405:
        answer.headers["Allow"] = "POST"
    if refused.retry_after_s:
        answer.headers["Retry-After"] = str(refused.retry_after_s)
    return answer


def _person(request: Request) -> User:
    """Who is signed in: the views below stand behind `may`."""
    return cast(User, request.user)


class SkippedEntry(serializers.Serializer[dict[str, object]]):
    """An entry of a message that could not become an event."""

    index = serializers.IntegerField(help_text="its place in the message's own list, from 0")
    reason = serializers.CharField()


class MessageFate(serializers.ModelSerializer[Message]):
    """A message's fate as the API tells it; counts are of events, `repeats` of deliveries."""

    message_id = serializers.CharField(source="public_id")
    partner = serializers.CharField(source="partner.slug")
    format = serializers.CharField(source="partner.format")
    first = serializers.SerializerMethodField()
    skipped = SkippedEntry(many=True, read_only=True, help_text="the first 1,000 of them")
    event_ids = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            "message_id",
            "partner",
            "format",
            "status",
            "reason",
            "detail",
            "events",
            "duplicates",
            "conflicts",
            "skipped_events",
            "skipped",
            "repeats",
            "attempts",
            "received_at",
            "processed_at",
            "next_attempt_at",
            "mapping_version",
            "correlation_id",
            "size",
            "media_type",
            "first",
            "event_ids",
        ]
        read_only_fields = fields

    def get_first(self, message: Message) -> str | None:
        """The message that came first under the same id, for a conflict."""
        return message.first.public_id if message.first else None

    def get_event_ids(self, message: Message) -> list[str]:
        """The live events this message brought, at most 1,000."""
        return queries.event_ids(message)


_PROBLEM = OpenApiResponse(description="A problem document (RFC 9457)")


class MessageView(APIView):
    """What became of one message."""

    permission_classes = [may("messages.see")]

    @extend_schema(
        operation_id="message_fate", responses={200: MessageFate, 403: _PROBLEM, 404: _PROBLEM}
    )
    def get(self, request: Request, message_id: str) -> Response:
        message = get_object_or_404(queries.messages_of(_person(request)), public_id=message_id)
        return Response(MessageFate(message).data)


class AcknowledgementView(APIView):
    """What the sender of a message was told about its interchanges: the 997, 999 or CONTRL."""

    permission_classes = [may("messages.see")]

    @extend_schema(
        operation_id="message_acknowledgement",
        responses={
            (200, "application/edi-x12"): OpenApiTypes.BINARY,
            (200, "application/edifact"): OpenApiTypes.BINARY,
            403: _PROBLEM,
            404: _PROBLEM,
        },
    )
    def get(self, request: Request, message_id: str) -> HttpResponse:
        message = get_object_or_404(queries.messages_of(_person(request)), public_id=message_id)
        found = list(message.acknowledgements.order_by("position"))
        if not found:
            raise Http404
        media = "application/edifact" if found[0].kind == "CONTRL" else "application/edi-x12"
        headers = {
            "Content-Disposition": f'attachment; filename="{found[0].kind}-{found[0].control}.edi"',
            "X-Content-Type-Options": "nosniff",
        }
        content = b"".join(bytes(row.raw) for row in found)
        return HttpResponse(content, content_type=media, headers=headers)


class Replayed(serializers.Serializer[dict[str, object]]):
    """The message waits to be read again, or waited already."""

    message_id = serializers.CharField()
    status = serializers.CharField()
    replayed = serializers.BooleanField()


class ReplayView(APIView):
    """Read a stored message again under the mapping in force now."""

    permission_classes = [may("messages.replay")]

    @extend_schema(
        operation_id="message_replay",
        request=None,
        responses={202: Replayed, 403: _PROBLEM, 404: _PROBLEM},
    )
    def post(self, request: Request, message_id: str) -> Response:
        message = get_object_or_404(queries.messages_of(_person(request)), public_id=message_id)
        replayed = messages.replay(message, actor=_person(request).public_id)
        return Response(
            {"message_id": message.public_id, "status": "received", "replayed": replayed},
            status=202,
        )
