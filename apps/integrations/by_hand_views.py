"""Recording by hand what a carrier's portal says (R31)."""

from __future__ import annotations

from typing import cast
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_http_methods

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations import by_hand
from apps.integrations.by_hand import Reading
from apps.integrations.errors import BadRecord
from apps.shipments.models import Package
from apps.shipments.queries import packages, shipments

_FIELDS = ("milestone", "reason", "at", "zone", "place", "source_note", "token")


@require_http_methods(["GET", "POST"])
@needs("events.record")
def record_by_hand(request: HttpRequest, package_id: str) -> HttpResponse:
    """The form for one parcel; posting it records the reading and goes back to the parcel's shipment."""
    user = cast(User, request.user)
    package = get_object_or_404(packages(user), public_id=package_id)
    if request.method == "GET":
        return _form(request, user, package)
    given = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    file = request.FILES.get("screenshot")
    try:
        if file is not None and (file.size or 0) > settings.MAX_DOCUMENT_BYTES:
            raise BadRecord("The picture is too large.")
        message_id = by_hand.record(
            package,
            Reading(
                milestone=given["milestone"],
                occurred_at=by_hand.local(given["at"], given["zone"]),
                source_note=given["source_note"],
                token=given["token"][:40] or get_random_string(20),
                place=given["place"],
                reason=given["reason"],
            ),
            by=user,
            now=timezone.now(),
            screenshot=(file.name or "screenshot", file.read()) if file is not None else None,
        )
    except BadRecord as error:
        return _form(request, user, package, wrong=str(error), given=given)
    notices.success(
        request, "Recorded as manual, low trust. It appears on the timeline in a moment."
    )
    shipment = shipments(user).filter(packages=package).order_by("pk").first()
    if shipment is not None:
        return redirect("shipment", shipment.public_id)
    return redirect(
        "message" if user.may("messages.see") else "shipments", *_only(user, message_id)
    )


def _only(user: User, message_id: str) -> list[str]:
    return [message_id] if user.may("messages.see") else []


def _form(
    request: HttpRequest, user: User, package: Package, *, wrong: str = "",
    given: dict[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    zone = timezone.get_current_timezone_name()
    fresh = {"zone": zone, "token": get_random_string(20)}
    context = {
        "package": package,
        "shipment": shipments(user).filter(packages=package).order_by("pk").first(),
        "milestones": by_hand.MILESTONES,
        "reasons": by_hand.REASONS,
        "zones": sorted(available_timezones()),
        "given": given or fresh,
        "wrong": wrong,
    }
    status = 422 if wrong else 200
    return render(request, "integrations/by_hand.html", context, status=status)
