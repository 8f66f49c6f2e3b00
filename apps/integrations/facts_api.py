"""Facts for analytics platforms, and the queue of what is still to be planned."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, cast

from django.db.models import F
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.models import User
from apps.integrations import facts
from apps.integrations.models import Fact
from apps.shipments import queries
from apps.shipments.models import Order
from apps.shipments.serializers import InstantField

TO_PLAN: Final = (
    "confirmed", "on_hold", "awaiting_stock", "allocated", "picking", "packed", "ready_to_ship",
)  # fmt: skip
_LARGEST: Final = 2**63 - 1


class FactLine(serializers.ModelSerializer[Fact]):
    """One fact: the record's sort and public id, what is true of it now, and the seq of its last change."""

    id = serializers.CharField(source="ref", read_only=True)
    changed_at = InstantField()
    data = serializers.DictField(read_only=True)  # type: ignore[assignment]  # a field's own name

    class Meta:
        model = Fact
        fields = ("seq", "sort", "id", "gone", "changed_at", "data")
        read_only_fields = fields


class FactPage(serializers.Serializer[Any]):
    """Facts in order of seq; go on with after=next_after while more is true."""

    results = FactLine(many=True)
    next_after = serializers.IntegerField()
    more = serializers.BooleanField()


class FactsView(APIView):
    """What changed since you last asked, from the read model. The same question gives the same facts until one changes.

    Keep one row for each id, the one of the highest seq: then reading again changes nothing.
    """

    permission_classes = [may("facts.export")]

    @extend_schema(
        operation_id="facts_export",
        parameters=[
            OpenApiParameter("sort", OpenApiTypes.STR, description="order, shipment, package, supply or case; all without it."),
            OpenApiParameter("after", OpenApiTypes.INT, description="The last seq you have; 0 at first."),
            OpenApiParameter("limit", OpenApiTypes.INT, description="At most this many, up to 5,000."),
            OpenApiParameter("lines", OpenApiTypes.STR, description="1: one fact a line (application/x-ndjson)."),
        ],
        responses={
            (200, "application/json"): FactPage,
            (200, "application/x-ndjson"): OpenApiTypes.STR,
        },
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        sort = request.query_params.get("sort", "")
        if sort and sort not in facts.SORTS.values():
            raise ValidationError({"sort": f"One of {', '.join(facts.SORTS.values())}."})
        after, most = _number(request, "after", 0, 0), _number(request, "limit", 1000, 1)
        rows = list(facts.exported(cast(User, request.user), sort, after, most))
        last = rows[-1].seq if rows else after
        more = len(rows) == min(most, facts.MOST)
        lines: Any = FactLine(rows, many=True).data
        if request.query_params.get("lines") not in ("1", "true"):
            return Response({"results": lines, "next_after": last, "more": more})
        text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        headers = {"X-Next-After": str(last), "X-More": "1" if more else "0"}
        return HttpResponse(text, content_type="application/x-ndjson", headers=headers)


def _number(request: Request, name: str, otherwise: int, least: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or not least <= int(text[:20]) <= _LARGEST:
        raise ValidationError({name: f"A whole number of at least {least}."})
    return int(text)


class PlanLeg(serializers.Serializer[Any]):
    """One transfer that has not left."""

    id = serializers.CharField(source="public_id")
    reference = serializers.CharField()
    status = serializers.CharField(source="execution_status")
    scheduled_at = InstantField()


class PlanLine(serializers.ModelSerializer[Order]):
    """One order that is still to be planned, the first promised first."""

    id = serializers.CharField(source="public_id", read_only=True)
    why = serializers.CharField(source="stage_why.says", default="", read_only=True)
    warehouse = serializers.CharField(
        source="warehouse.code", default=None, allow_null=True, read_only=True
    )
    promise_at = InstantField()
    released_at = InstantField()
    transfers = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            "id", "name", "customer_name", "customer_reference", "stage", "why", "warehouse", "promise_at",
            "released_at", "version", "transfers",
        )  # fmt: skip

    def get_transfers(self, row: Order) -> list[dict[str, Any]]:
        """Its outgoing transfers that have not left, within the asker's scope."""
        legs = [
            leg
            for leg in row.shipments.all()
            if leg.kind in ("outgoing", "dropship")
            and leg.dispatched_at is None
            and leg.execution_status != "cancelled"
        ]
        return [dict(PlanLeg(leg).data) for leg in legs]


class PlanPages(LimitOffsetPagination):
    """`{"count", "next", "previous", "results"}`."""

    default_limit = 100
    max_limit = 500


class PlanPage(serializers.Serializer[Any]):
    """A page of the planning queue."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = PlanLine(many=True)


class PlanningView(APIView):
    """Orders that have not left, the first promised first. Asking changes nothing.

    `ETag` names what the answer says: with `If-None-Match` an unchanged queue is 304. When to ask again, the events
    order.changed, order.released and supply.changed tell a subscription.
    """

    permission_classes = [may("orders.see")]

    @extend_schema(
        operation_id="planning_queue",
        parameters=[
            OpenApiParameter("limit", OpenApiTypes.INT, description="Up to 500."),
            OpenApiParameter("offset", OpenApiTypes.INT),
        ],
        responses={200: PlanPage, 304: OpenApiResponse(description="As you have it")},
    )
    def get(self, request: Request) -> HttpResponse:
        rows = queries.orders(cast(User, request.user)).filter(open=True, stage__in=TO_PLAN)
        pages = PlanPages()
        page = pages.paginate_queryset(
            rows.order_by(F("promise_at").asc(nulls_last=True), "id"), request, view=self
        )
        answer = pages.get_paginated_response(PlanLine(page, many=True).data)
        told = json.dumps(answer.data, sort_keys=True, default=str)
        tag = f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'
        if request.headers.get("If-None-Match") == tag:
            return HttpResponse(status=304, headers={"ETag": tag})
        answer.headers["ETag"] = tag
        return answer
