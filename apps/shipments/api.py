"""The API of shipments, their events, and orders (GET only: statuses are derived, never typed in)."""

from typing import Any, cast

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.models import User
from apps.shipments import queries
from apps.shipments.models import Event, Order, Package, Shipment
from apps.shipments.serializers import (
    EventSerializer,
    OrderSerializer,
    ShipmentSerializer,
    UnlinkedSerializer,
)  # fmt: skip
from apps.shipments.supply_serializers import OrderDetailSerializer

_ROW: Any = PolymorphicProxySerializer(
    component_name="ShipmentOrUnlinkedPackage",
    serializers=[ShipmentSerializer, UnlinkedSerializer],
    resource_type_field_name=None,
)


def _parameter(name: str, says: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=says)


_NUMBER = _parameter("tracking_number", "Packages with this number, written in any way.")
_ORDER = _parameter("order", "An order's id (ord_…) or name.")
_CUSTOMER = _parameter("customer", "A customer's id (cus_…) or name.")
_TEXT = _parameter("text", "Beginning of a reference, customer or order name.")


class EventPages(CursorPagination):
    """`{"next", "previous", "results"}`, in order of time."""

    page_size = 200
    page_size_query_param = "page_size"
    max_page_size = 1000
    ordering = ("occurred_at", "id")


class ShipmentList(ListAPIView[Shipment]):
    """Shipments in your scope, newest first."""

    permission_classes = [may("shipments.see")]
    serializer_class = ShipmentSerializer
    queryset = Shipment.objects.none()

    @extend_schema(
        operation_id="shipments_list",
        parameters=[
            _NUMBER,
            _ORDER,
            _CUSTOMER,
            _TEXT,
            _parameter("status", "An execution status."),
        ],
        responses=_ROW,
        description="Asked for a tracking number, packages that belong to no shipment yet come first (linked: false).",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = self.list(request, *args, **kwargs)
        number = queries.Filters.from_query(request.query_params).tracking_number
        if number and not request.query_params.get("cursor"):
            found = queries.unlinked(_user(request), number)
            answer.data["results"] = [
                *UnlinkedSerializer(found, many=True).data,
                *answer.data["results"],
            ]
        return answer

    def get_queryset(self) -> Any:
        return queries.shipments(
            _user(self.request), queries.Filters.from_query(self.request.query_params)
        )


class ShipmentDetail(APIView):
    """One shipment (shp_…), or one unlinked package (pkg_…)."""

    permission_classes = [may("shipments.see")]

    @extend_schema(operation_id="shipments_retrieve", responses=_ROW)
    def get(self, request: Request, public_id: str) -> Response:
        owner = _owner(_user(request), public_id)
        if isinstance(owner, Shipment):
            return Response(ShipmentSerializer(owner).data)
        return Response(UnlinkedSerializer(owner).data)


class ShipmentEvents(ListAPIView[Event]):
    """The events of a shipment's packages, or of one package (pkg_…), in order of time."""

    permission_classes = [may("shipments.see")]
    serializer_class = EventSerializer
    pagination_class = EventPages
    queryset = Event.objects.none()

    @extend_schema(
        operation_id="shipments_events_list",
        parameters=[_parameter("all", "1: also superseded and voided events.")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        owner = _owner(_user(self.request), self.kwargs["public_id"])
        return queries.timeline(
            owner, everything=self.request.query_params.get("all") in ("1", "true")
        )


class OrderList(ListAPIView[Order]):
    """Orders in your scope, newest first."""

    permission_classes = [may("orders.see")]
    serializer_class = OrderSerializer
    queryset = Order.objects.none()

    @extend_schema(
        operation_id="orders_list",
        parameters=[
            _ORDER, _NUMBER, _CUSTOMER, _TEXT, _parameter("status", "A stage."),
            OpenApiParameter("open", OpenApiTypes.BOOL, description="Whether there is still something to do."),
        ],
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return queries.orders(
            _user(self.request), queries.Filters.from_query(self.request.query_params)
        )


class OrderDetail(RetrieveAPIView[Order]):
    """One order with its shipments, its owner and what it waits for."""

    permission_classes = [may("orders.see")]
    serializer_class = OrderDetailSerializer
    queryset = Order.objects.none()

    @extend_schema(operation_id="orders_retrieve")
    def get(self, request: Request, public_id: str) -> Response:
        row: Any = queries.order(_user(request), public_id)
        row.supplies = queries.supplies_of(row, _user(request))
        return Response(self.get_serializer(row).data)


def _user(request: Any) -> User:
    return cast(User, request.user)


def _owner(user: User, public_id: str) -> Shipment | Package:
    if public_id.startswith("pkg_"):
        return queries.package(user, public_id)
    if public_id.startswith("shp_"):
        return queries.shipment(user, public_id)
    raise Http404("Nothing here by this id.")
