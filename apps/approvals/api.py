"""The API of approvals and holds. What the screen refuses, this refuses too: both ask the same services."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.models import User
from apps.approvals import errors, queries, services
from apps.approvals.evidence import gather
from apps.approvals.models import Hold, Request
from apps.approvals.refusals import AnswersRefusals
from apps.approvals.serializers import (
    AskSerializer,
    DecideSerializer,
    DecisionSerializer,
    HoldSerializer,
    ProblemSerializer,
    RequestSerializer,
    RequestViewSerializer,
)

REFUSALS: tuple[tuple[type[Exception], int], ...] = (
    (errors.NotAllowed, 403),
    (errors.ReasonMissing, 400),
    (errors.BadEvidence, 400),
    (errors.ApprovalError, 409),
)
_PROBLEMS = {400: ProblemSerializer, 403: ProblemSerializer, 409: ProblemSerializer}


class RequestList(ListAPIView[Request]):
    """Requests in your scope, newest first."""

    permission_classes = [may("approvals.see")]
    serializer_class = RequestSerializer
    queryset = Request.objects.none()

    @extend_schema(
        operation_id="approvals_list",
        parameters=[
            OpenApiParameter(
                "tab", str, enum=queries.TABS, description="mine: yours to decide; asked: your own."
            )
        ],
    )
    def get(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        tab = self.request.query_params.get("tab", "pending")
        return queries.inbox(_user(self.request), tab if tab in queries.TABS else "pending")


class RequestDetail(APIView):
    """One request with the facts as they are now."""

    permission_classes = [may("approvals.see")]

    @extend_schema(operation_id="approvals_retrieve", responses=RequestViewSerializer)
    def get(self, request: ApiRequest, public_id: str) -> Response:
        view = queries.request(_user(request), public_id)
        if view.request.state == "pending":
            services.remember_shown(view.request, view.facts, view.digest, timezone.now())
        return Response(RequestViewSerializer(view).data)


class Decisions(AnswersRefusals, APIView):
    """Decide one step, on the facts whose digest you were shown."""

    permission_classes = [may("approvals.see")]
    parser_classes = [JSONParser]
    refusals: ClassVar = REFUSALS

    @extend_schema(
        operation_id="approvals_decide",
        request=DecideSerializer,
        responses={201: DecisionSerializer, **_PROBLEMS},
    )
    def post(self, request: ApiRequest, public_id: str) -> Response:
        asked = queries.request(_user(request), public_id).request
        given = DecideSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        decision = services.decide(
            asked, by=_user(request), now=timezone.now(), **given.validated_data
        )
        return Response(DecisionSerializer(decision).data, status=status.HTTP_201_CREATED)


class HoldList(ListAPIView[Hold]):
    """Holds in your scope, newest first."""

    permission_classes = [may("approvals.see")]
    serializer_class = HoldSerializer
    queryset = Hold.objects.none()

    @extend_schema(
        operation_id="holds_list",
        parameters=[
            OpenApiParameter(
                "state",
                str,
                enum=["placed", "released", "bypassed", "moot", "all"],
                description="Default: placed.",
            )
        ],
    )
    def get(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        state = self.request.query_params.get("state", "placed")
        return queries.holds(_user(self.request), "" if state == "all" else state)


class HoldDetail(APIView):
    """One hold, why it is there and what would release it."""

    permission_classes = [may("approvals.see")]

    @extend_schema(operation_id="holds_retrieve", responses=HoldSerializer)
    def get(self, request: ApiRequest, public_id: str) -> Response:
        return Response(HoldSerializer(queries.hold(_user(request), public_id)).data)


class HoldRequests(AnswersRefusals, APIView):
    """Ask for a release, with evidence."""

    permission_classes = [may("approvals.see")]
    parser_classes = [JSONParser, MultiPartParser]
    refusals: ClassVar = REFUSALS

    @extend_schema(
        operation_id="holds_request_release",
        request=AskSerializer,
        responses={201: RequestSerializer, **_PROBLEMS},
    )
    def post(self, request: ApiRequest, public_id: str) -> Response:
        by, now = _user(request), timezone.now()
        hold = queries.hold(by, public_id)
        given = AskSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        with transaction.atomic():  # a refused question leaves no file behind
            documents = gather(
                by,
                shipment=hold.shipment,
                order=hold.order,
                ids=given.validated_data.get("documents", ()),
                files=given.validated_data.get("evidence", ()),
                now=now,
            )
            asked = services.request_release(
                hold, by=by, reason=given.validated_data["reason"], documents=documents, now=now
            )
        answer = queries.request(by, asked.public_id).request
        return Response(RequestSerializer(answer).data, status=status.HTTP_201_CREATED)


def _user(request: Any) -> User:
    return cast(User, request.user)
