"""The API of business events and of what follows from them (GET only: who tells them posts a message)."""

from typing import Any, cast

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.models import User
from apps.shipments import queries
from apps.shipments.api import EventPages
from apps.shipments.models import Report
from apps.shipments.queries import reported
from apps.shipments.reported_serializers import BusinessEventSerializer, ReportedSerializer


def _asks(name: str, says: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=says)


class BusinessEventList(ListAPIView[Report]):
    """Business events in your scope, in order of time, also those that are linked to nothing yet."""

    permission_classes = [may("shipments.see")]
    serializer_class = BusinessEventSerializer
    pagination_class = EventPages
    queryset = Report.objects.none()

    @extend_schema(
        operation_id="business_events_list",
        parameters=[
            _asks("kind", "A kind of docs/events.md, e.g. stock.adjusted."),
            _asks("subject", "What it is about: order, shipment, purchase, product, dock, …"),
            _asks("reference", "What its source calls that."),
            _asks("order", "An order's id (ord_…)."),
            _asks("shipment", "A shipment's id (shp_…)."),
            _asks("supply", "A supply's id (sup_…)."),
            _asks("source", "The partner that told it."),
            _asks("message", "The message that brought it (msg_…)."),
            _asks("all", "1: also superseded ones."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return reported.business_events(_user(self.request), self.request.query_params)


class BusinessEventDetail(APIView):
    """One business event (rep_…), a superseded one too."""

    permission_classes = [may("shipments.see")]

    @extend_schema(operation_id="business_events_retrieve", responses=BusinessEventSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        rows = reported.business_events(_user(request), {"all": "1"})
        row = rows.filter(public_id=public_id).first()
        if row is None:
            raise Http404("Nothing here by this id.")
        return Response(BusinessEventSerializer(row).data)


class ShipmentReported(APIView):
    """What all business events about a shipment say: handing over to the carrier, freight cost."""

    permission_classes = [may("shipments.see")]

    @extend_schema(operation_id="shipments_reported", responses=ReportedSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        row = queries.shipment(_user(request), public_id)
        return Response(ReportedSerializer(reported.follows(row)).data)


class OrderReported(APIView):
    """What all business events about an order say: its release and checks, freight cost, returns."""

    permission_classes = [may("orders.see")]

    @extend_schema(operation_id="orders_reported", responses=ReportedSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        row = queries.order(_user(request), public_id)
        return Response(ReportedSerializer(reported.follows(row)).data)


def _user(request: Any) -> User:
    return cast(User, request.user)
