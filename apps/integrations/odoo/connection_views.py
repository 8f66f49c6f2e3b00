"""The Odoo screen: each connection with its feeds, its comparisons and what was found in it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations.odoo import connection_queries, difference_queries
from apps.integrations.odoo.connection_queries import Connected
from apps.integrations.odoo.follow import due
from apps.integrations.odoo.line.connections import DEFAULT
from apps.journal.wake import wake
from apps.mirror.specs import BY_MODEL


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def _page(
    request: HttpRequest, fragment: str, page: str, context: dict[str, object]
) -> HttpResponse:
    """The fragment for htmx and the live script, the page for a visitor, from one context."""
    bare = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, f"integrations/{fragment if bare else page}", context)


def _chosen(connections: list[Connected], slug: str) -> Connected:
    found = next((one for one in connections if one.slug == slug), None)
    if found is None:
        raise Http404
    return found


@require_GET
@needs("integrations.see")
@vary_on_headers("HX-Request")
def odoo(request: HttpRequest, connection: str = DEFAULT) -> HttpResponse:
    """One connection: does it answer, how far is it read, is the mirror what it says, what does it offer."""
    user = _person(request)
    connections = connection_queries.connected(user)
    context: dict[str, object] = {"connections": connections, "screen": None}
    if connections or connection != DEFAULT:
        one = _chosen(connections, connection)
        context["screen"] = connection_queries.screen(user, one)
    return _page(request, "_odoo.html", "odoo.html", context)


@require_GET
@needs("integrations.see")
@vary_on_headers("HX-Request")
def differences(request: HttpRequest, connection: str) -> HttpResponse:
    """What the last comparisons found, field by field; ?model= narrows to a table."""
    user = _person(request)
    one = _chosen(connection_queries.connected(user), connection)
    model = request.GET.get("model", "")
    model = model if model in BY_MODEL else ""
    context: dict[str, object] = {
        "one": one,
        "model": model,
        "runs": difference_queries.differences(user, one.slug, model),
    }
    return _page(request, "_differences.html", "differences.html", context)


@require_POST
@needs("integrations.manage")
def reconcile_now(request: HttpRequest, connection: str) -> HttpResponse:
    """Have every table compared with Odoo soon; what differs is mended and told on the page."""
    one = _chosen(connection_queries.connected(_person(request)), connection)
    if one.state == connection_queries.OFF:
        notices.info(request, "This connection is switched off; nothing is compared.")
    else:
        due.ask(one.slug, timezone.now())
        wake("odoo.reconcile")
        notices.success(request, "Every table is compared with Odoo in a moment.")
    return redirect("odoo_connection", connection=one.slug)
