"""The API of packages, events, documents and carriers' invoices (GET only: who tells them posts a message)."""

from typing import Any, cast

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
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
from apps.shipments.models import Document, DocumentBody, Event, Package, Report
from apps.shipments.queries import told
from apps.shipments.queries.contexts import Context, contexts
from apps.shipments.told_serializers import (
    DocumentSerializer,
    FreightInvoiceSerializer,
    ToldEventSerializer,
    ToldPackageSerializer,
)


def _asks(name: str, says: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=says)


_NUMBER = _asks("tracking_number", "This number, written in any way.")
_SHIPMENT = _asks("shipment", "A shipment's id (shp_…).")
_ORDER = _asks("order", "An order's id (ord_…).")
_SOURCE = _asks("source", "The partner that told it.")
_ALL = _asks("all", "1: also superseded and voided events.")


class Listed(ListAPIView[Any]):
    """A list that knows which goods the packages of its page are about, in the same two queries for any page."""

    package_id = "pk"
    _about: dict[int, list[Context]]

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        ids = {getattr(row, self.package_id) for row in page or ()}
        self._about = contexts(_user(self.request), ids)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "about": getattr(self, "_about", {})}


class PackageList(Listed):
    """Packages of your shipments, and for the desks those that nobody has linked yet; newest first."""

    permission_classes = [may("shipments.see")]
    serializer_class = ToldPackageSerializer
    queryset = Package.objects.none()

    @extend_schema(
        operation_id="packages_list",
        parameters=[
            _NUMBER, _SHIPMENT, _asks("status", "A package's status, e.g. in_transit."),
            _asks("linked", "0: only those that belong to no shipment yet; 1: only the others."),
        ],
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return told.packages_asked_for(_user(self.request), self.request.query_params)


class PackageDetail(APIView):
    """One package with what it carries goods of."""

    permission_classes = [may("shipments.see")]

    @extend_schema(operation_id="packages_retrieve", responses=ToldPackageSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        row = queries.package(_user(request), public_id)
        about = contexts(_user(request), [row.pk])
        return Response(ToldPackageSerializer(row, context={"about": about}).data)


class PackageEvents(Listed):
    """The events of one package, in order of time."""

    permission_classes = [may("shipments.see")]
    serializer_class = ToldEventSerializer
    pagination_class = EventPages
    queryset = Event.objects.none()
    package_id = "package_id"

    @extend_schema(operation_id="packages_events_list", parameters=[_ALL])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        row = queries.package(_user(self.request), self.kwargs["public_id"])
        everything = self.request.query_params.get("all") in ("1", "true")
        return queries.timeline(row, everything=everything)


class EventList(Listed):
    """Events in your scope, those told last first, each with the goods it is about."""

    permission_classes = [may("shipments.see")]
    serializer_class = ToldEventSerializer
    queryset = Event.objects.none()
    package_id = "package_id"

    @extend_schema(
        operation_id="events_list",
        parameters=[
            _NUMBER, _SHIPMENT, _asks("package", "A package's id (pkg_…)."), _SOURCE, _ALL,
            _asks("message", "The message that brought it (msg_…)."),
            _asks("milestone", "A milestone, e.g. delivered."),
        ],
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return told.events(_user(self.request), self.request.query_params)


class EventDetail(APIView):
    """One event with the goods it is about; a superseded or voided one, too."""

    permission_classes = [may("shipments.see")]

    @extend_schema(operation_id="events_retrieve", responses=ToldEventSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        row = told.events(_user(request), {"all": "1"}).filter(public_id=public_id).first()
        if row is None:
            raise Http404("Nothing here by this id.")
        about = contexts(_user(request), [row.package_id])
        return Response(ToldEventSerializer(row, context={"about": about}).data)


class DocumentList(ListAPIView[Document]):
    """Files of evidence in your scope, newest first: proofs of delivery and what was added to cases."""

    permission_classes = [may("orders.see")]
    serializer_class = DocumentSerializer
    queryset = Document.objects.none()

    @extend_schema(
        operation_id="documents_list",
        parameters=[_ORDER, _SHIPMENT, _asks("kind", "pod or evidence.")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return told.documents(_user(self.request), self.request.query_params)


class DocumentDetail(APIView):
    """The head of one file."""

    permission_classes = [may("orders.see")]

    @extend_schema(operation_id="documents_retrieve", responses=DocumentSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(DocumentSerializer(_document(request, public_id)).data)


class DocumentContent(APIView):
    """The bytes of one file, as they were added, to be saved."""

    permission_classes = [may("orders.see")]

    @extend_schema(
        operation_id="documents_content",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, public_id: str) -> HttpResponse:
        row = _document(request, public_id)
        body = DocumentBody.objects.get(document=row)
        answer = HttpResponse(bytes(body.content), content_type="application/octet-stream")
        answer["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer


class FreightInvoiceList(ListAPIView[Report]):
    """Carriers' invoices as they came in (X12 210, or as an event of middleware), newest first.

    They are kept, shown and told; matching them with what was agreed is the business of settlement.
    """

    permission_classes = [may("orders.see")]
    serializer_class = FreightInvoiceSerializer
    queryset = Report.objects.none()

    @extend_schema(
        operation_id="freight_invoices_list",
        parameters=[_asks("number", "The carrier's number."), _ORDER, _SHIPMENT, _SOURCE],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return told.freight_invoices(_user(self.request), self.request.query_params)


class FreightInvoiceDetail(APIView):
    """One carrier's invoice as it came in."""

    permission_classes = [may("orders.see")]

    @extend_schema(operation_id="freight_invoices_retrieve", responses=FreightInvoiceSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        row = told.freight_invoices(_user(request), {}).filter(public_id=public_id).first()
        if row is None:
            raise Http404("Nothing here by this id.")
        return Response(FreightInvoiceSerializer(row).data)


def _document(request: Request, public_id: str) -> Document:
    row = told.documents(_user(request), {}).filter(public_id=public_id).first()
    if row is None:
        raise Http404("Nothing here by this id.")
    return row


def _user(request: Any) -> User:
    return cast(User, request.user)
