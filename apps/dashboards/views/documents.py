"""A file of evidence, shown but never run: its own policy, its own type, nothing sniffed."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from apps.accounts.access import needs
from apps.dashboards.queries import documents, shipments

_SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg"})
# The browser's own viewer draws a PDF; nothing inside a file may load, run or send anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; object-src 'self'; frame-ancestors 'self'"


@require_GET
@needs("orders.see")
def document(request: HttpRequest, public_id: str) -> HttpResponse:
    """The bytes of one document in the person's scope; 404 outside it."""
    found = documents.with_body(request.user, public_id)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    head, content = found
    shown = head.media_type in _SHOWN
    response = HttpResponse(
        content, content_type=head.media_type if shown else "application/octet-stream"
    )
    response["Content-Disposition"] = (
        content_disposition_header(not shown, head.name) or "attachment"
    )
    response["Content-Security-Policy"] = _POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
@needs("shipments.see")
def event(request: HttpRequest, public_id: str) -> HttpResponse:
    """One event, by the way of the raw message that brought it; one that came from Odoo opens its shipment."""
    found = shipments.event(request.user, public_id)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    if found.message_ref:
        return redirect(f"{reverse('message', args=[found.message_ref])}#{found.public_id}")
    shipment = found.package.shipments.first()
    if shipment is None:
        raise Http404
    return redirect("shipment", public_id=shipment.public_id)
