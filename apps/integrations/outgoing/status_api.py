"""What a customer's own portal asks: where our goods are, and when they come (R44). In the customer's words only."""

from __future__ import annotations

from typing import Any, Final, cast

from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.api_paging import NewestFirst
from apps.accounts.models import User
from apps.integrations.formats.identity import normalise_number
from apps.integrations.outgoing.facts import NUMBERED, SHIPMENT_ROWS, customer_shipment
from apps.shipments.models import Shipment

_PROBLEM: Final = OpenApiResponse(description="A problem document (RFC 9457)")


class StatusOrder(serializers.Serializer[dict[str, Any]]):
    """The order, by our name and the customer's own reference."""

    name = serializers.CharField()
    customer_reference = serializers.CharField()


class StatusNumber(serializers.Serializer[dict[str, Any]]):
    """One tracking number."""

    number = serializers.CharField()
    carrier = serializers.CharField()


class StatusPackages(serializers.Serializer[dict[str, Any]]):
    """How many parcels, how many are there."""

    count = serializers.IntegerField()
    delivered = serializers.IntegerField()


class CustomerStatus(serializers.Serializer[dict[str, Any]]):
    """A shipment as its customer is told of it. eta: a date, or an instant where the carrier gives one."""

    id = serializers.CharField()
    order = StatusOrder(allow_null=True)
    returning = serializers.BooleanField()
    tracking = StatusNumber(many=True)
    status = serializers.CharField()
    words = serializers.CharField()
    step = serializers.IntegerField(allow_null=True)
    eta = serializers.CharField(allow_blank=True)
    promise_at = serializers.CharField(allow_null=True)
    delivered_at = serializers.CharField(allow_null=True)
    packages = StatusPackages()
    version = serializers.IntegerField()


def own_shipments(user: User) -> QuerySet[Shipment]:
    """Shipments of the customers this person was granted; without such a grant none at all."""
    if user.scope.customers is None:
        return Shipment.objects.none()
    early = Q(kind="return", execution_status__in=("awaiting_stock", "ready_to_ship", "cancelled"))
    rows = user.scope.narrow(Shipment.objects.filter(kind__in=("outgoing", "dropship", "return")))
    rows = rows.exclude(early).exclude(order__stage="quoted")
    return rows.select_related(*SHIPMENT_ROWS).prefetch_related(NUMBERED)


class StatusList(APIView):
    """Your shipments, newest first."""

    permission_classes = [may("portal.own")]

    @extend_schema(
        operation_id="status_list",
        parameters=[
            OpenApiParameter("order", str, description="Our order's name, or your own reference."),
            OpenApiParameter("tracking_number", str),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
        ],
        responses={200: CustomerStatus(many=True), 403: _PROBLEM},
    )
    def get(self, request: Request) -> Response:
        rows = own_shipments(cast(User, request.user))
        asked = request.query_params
        order = asked.get("order", "").replace("\x00", "").strip()[:200]
        number = asked.get("tracking_number", "").replace("\x00", "").strip()[:200]
        if order:
            rows = rows.filter(Q(order__name=order) | Q(order__customer_reference=order))
        if number:
            rows = rows.filter(packages__number=normalise_number(number)).distinct()
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response([customer_shipment(row) for row in page or ()])


class StatusOne(APIView):
    """One of your shipments."""

    permission_classes = [may("portal.own")]

    @extend_schema(
        operation_id="status_one", responses={200: CustomerStatus, 403: _PROBLEM, 404: _PROBLEM}
    )
    def get(self, request: Request, shipment_id: str) -> Response:
        row = own_shipments(cast(User, request.user)).filter(public_id=shipment_id).first()
        if row is None:
            raise Http404
        return Response(customer_shipment(row))
