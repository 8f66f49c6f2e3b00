"""The API of the queue. People and programs pass the same services."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.models import User
from apps.approvals.api import REFUSALS as APPROVAL_REFUSALS
from apps.approvals.evidence import gather
from apps.approvals.refusals import AnswersRefusals
from apps.approvals.serializers import ProblemSerializer
from apps.exceptions import errors, queries, services
from apps.exceptions.kinds import KINDS
from apps.exceptions.models import Case
from apps.exceptions.serializers import (
    ActionRunSerializer,
    ActSerializer,
    CaseSerializer,
    CaseStepSerializer,
    CaseViewSerializer,
    NoteSerializer,
    ResolveSerializer,
)

_REFUSALS: tuple[tuple[type[Exception], int], ...] = (
    (errors.NotAllowed, 403),
    (errors.BadInput, 400),
    (errors.UnknownAction, 400),
    (errors.CaseError, 409),
    *APPROVAL_REFUSALS,
)
_PROBLEMS = {400: ProblemSerializer, 403: ProblemSerializer, 409: ProblemSerializer}


class CaseList(ListAPIView[Case]):
    """Cases in your scope, newest first."""

    permission_classes = [may("queue.see")]
    serializer_class = CaseSerializer
    queryset = Case.objects.none()

    @extend_schema(
        operation_id="cases_list",
        parameters=[
            OpenApiParameter("view", str, enum=queries.VIEWS, description="Default: open."),
            OpenApiParameter("kind", str, enum=sorted(KINDS), description="A kind of case."),
            OpenApiParameter(
                "text", str, description="Beginning of an order, customer, reference or number."
            ),
            OpenApiParameter("order", str, description="An order's id (ord_…)."),
            OpenApiParameter("shipment", str, description="A shipment's id (shp_…)."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return queries.queue(
            _user(self.request), queries.Filters.from_query(self.request.query_params)
        )


class CaseDetail(APIView):
    """One case with its story and what can be done."""

    permission_classes = [may("queue.see")]

    @extend_schema(operation_id="cases_retrieve", responses=CaseViewSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(CaseViewSerializer(queries.case(_user(request), public_id)).data)


@extend_schema_view(get=extend_schema(operation_id="exceptions_list"))
class ExceptionList(CaseList):
    """The same list under the word of the field: a case is a logistics exception."""


@extend_schema_view(get=extend_schema(operation_id="exceptions_retrieve"))
class ExceptionDetail(CaseDetail):
    """One exception (cas_…) with its story; what can be done to it is posted below cases/."""


class CaseVerb(AnswersRefusals, APIView):
    """What all verbs on a case share: the case is found in the caller's scope, refusals are problems."""

    permission_classes = [may("queue.see")]
    parser_classes = [JSONParser]
    refusals: ClassVar = _REFUSALS

    def found(self, public_id: str) -> Case:
        """The case, or 404."""
        return queries.case_row(_user(self.request), public_id)


class Take(CaseVerb):
    """Make the case yours."""

    @extend_schema(
        operation_id="cases_take", request=None, responses={200: CaseSerializer, **_PROBLEMS}
    )
    def post(self, request: Request, public_id: str) -> Response:
        taken = services.take(self.found(public_id), by=_user(request), now=timezone.now())
        return Response(CaseSerializer(taken).data)


class Notes(CaseVerb):
    """Add a note that every team sees."""

    @extend_schema(
        operation_id="cases_note",
        request=NoteSerializer,
        responses={201: CaseStepSerializer, **_PROBLEMS},
    )
    def post(self, request: Request, public_id: str) -> Response:
        given = NoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        step = services.note(
            self.found(public_id),
            by=_user(request),
            text=given.validated_data["text"],
            now=timezone.now(),
        )
        return Response(CaseStepSerializer(step).data, status=status.HTTP_201_CREATED)


class Resolve(CaseVerb):
    """Close the case with a word why."""

    @extend_schema(
        operation_id="cases_resolve",
        request=ResolveSerializer,
        responses={200: CaseSerializer, **_PROBLEMS},
    )
    def post(self, request: Request, public_id: str) -> Response:
        given = ResolveSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        closed = services.resolve(
            self.found(public_id),
            by=_user(request),
            says=given.validated_data["says"],
            now=timezone.now(),
        )
        return Response(CaseSerializer(closed).data)


class Actions(CaseVerb):
    """Do something about a case; a second click is the first."""

    parser_classes = [JSONParser, MultiPartParser]

    @extend_schema(
        operation_id="cases_act",
        request=ActSerializer,
        responses={201: ActionRunSerializer, **_PROBLEMS},
    )
    def post(self, request: Request, public_id: str) -> Response:
        by, now, case = _user(request), timezone.now(), self.found(public_id)
        given = ActSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        with transaction.atomic():  # a refused action leaves no file behind
            documents = gather(
                by,
                shipment=case.shipment,
                order=case.order,
                ids=asked.get("documents", ()),
                files=asked.get("evidence", ()),
                now=now,
            )
            run = services.act(
                case,
                asked["action"],
                by=by,
                data=asked.get("data", {}),
                documents=documents,
                now=now,
                key=asked.get("key", ""),
            )
        return Response(ActionRunSerializer(run).data, status=status.HTTP_201_CREATED)


def _user(request: Any) -> User:
    return cast(User, request.user)
