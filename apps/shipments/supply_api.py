"""The API of supplies and of the ownership matrix (GET only)."""

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.models import User
from apps.shipments import queries
from apps.shipments.models import FieldOwner, Supply
from apps.shipments.supply_serializers import (
    FieldOwnerSerializer,
    SupplyDetailSerializer,
    SupplySerializer,
)


class SupplyList(ListAPIView[Supply]):
    """Purchase orders and productions in your scope, newest first."""

    permission_classes = [may("supplies.see")]
    serializer_class = SupplySerializer
    queryset = Supply.objects.none()

    @extend_schema(
        operation_id="supplies_list",
        parameters=[
            OpenApiParameter("kind", OpenApiTypes.STR, description="purchase or production."),
            OpenApiParameter("status", OpenApiTypes.STR, description="A stage, e.g. ordered."),
            OpenApiParameter(
                "text", OpenApiTypes.STR, description="Beginning of a reference or supplier."
            ),
            OpenApiParameter(
                "open", OpenApiTypes.BOOL, description="Whether something is still to come."
            ),
            OpenApiParameter(
                "late", OpenApiTypes.BOOL, description="Open ones later than first promised."
            ),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        filters = queries.SupplyFilters.from_query(self.request.query_params)
        return queries.supplies(cast(User, self.request.user), filters)


class SupplyDetail(APIView):
    """One supply with its receipts and the open orders that wait for it."""

    permission_classes = [may("supplies.see")]

    @extend_schema(operation_id="supplies_retrieve", responses=SupplyDetailSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        user = cast(User, request.user)
        row: Any = queries.supply(user, public_id)
        row.dependents = queries.dependents(row, user)
        return Response(SupplyDetailSerializer(row).data)


class OwnershipList(ListAPIView[FieldOwner]):
    """The ownership matrix as it holds now: each field with its owner, steward and direction."""

    permission_classes = [may("ownership.see")]
    serializer_class = FieldOwnerSerializer
    queryset = FieldOwner.objects.none()
    pagination_class = None

    @extend_schema(operation_id="ownership_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return queries.ownership()
