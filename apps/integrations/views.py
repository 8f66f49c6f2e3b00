"""The integration screens: pipes, messages, commands, and everything under one correlation id."""

from typing import Any, cast

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations import cards, entry_names, queries, searching, ways
from apps.integrations import messages as inbox_messages
from apps.integrations.csv_lines import as_csv
from apps.integrations.models.commands import Reason
from apps.integrations.models.messages import Message, Status
from apps.integrations.odoo import connection_queries
from apps.integrations.odoo.command import lists as command_lists
from apps.integrations.odoo.command import queries as command_queries
from apps.integrations.odoo.command.lists import CommandFilters
from apps.integrations.searching import Filters
from apps.shipments.queries.contexts import contexts


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def _page(request: HttpRequest, fragment: str, page: str, context: dict[str, Any]) -> HttpResponse:
    """The fragment for htmx, the page for a visitor, from one context."""
    wanted = (
        fragment
        if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
        else page
    )
    return render(request, f"integrations/{wanted}", context)


@require_GET
@needs("integrations.see")
@vary_on_headers("HX-Request")
def integrations(request: HttpRequest) -> HttpResponse:
    """Partners, Odoo, what is stuck, what was refused."""
    user = _person(request)
    context = {"pipes": cards.pipes(user), "connections": connection_queries.connected(user)}
    return _page(request, "_pipes.html", "integrations.html", context)


@require_GET
@needs("messages.see")
@vary_on_headers("HX-Request")
def messages(request: HttpRequest) -> HttpResponse:
    """Messages, newest first, found by id, number, partner, status, reason, time, or words of their bytes."""
    user, filters = _person(request), Filters.from_query(request.GET)
    found = searching.search(user, filters)
    more = len(found.rows) > queries.PAGE
    rows = found.rows[: queries.PAGE]
    context = {
        "rows": rows,
        "says": found.says,
        "filters": filters,
        "statuses": Status.choices,
        "reasons": searching.reasons(),
        "partners": list(queries.partners_of(user)),
        "next": rows[-1].public_id if more else "",
        "most_days": searching.MOST_DAYS,
        "may_replay": user.may("messages.replay"),
    }
    return _page(request, "_messages.html", "messages.html", context)


@require_GET
@needs("messages.see")
def message_heads(request: HttpRequest) -> HttpResponse:
    """What a filter leaves as a CSV file: heads, never bytes."""
    rows = searching.exported(_person(request), Filters.from_query(request.GET))
    answer = StreamingHttpResponse(
        as_csv(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="messages.csv"'},
    )
    return cast(HttpResponse, answer)  # no door looks into an answer's content


@require_GET
@needs("messages.see")
@vary_on_headers("HX-Request")
def message(request: HttpRequest, message_id: str) -> HttpResponse:
    """One message's whole way."""
    user, found = _person(request), _message(request, message_id)
    way = queries.way(user, found)
    body = queries.body_of(found)
    context = {
        "way": way,
        "told": ways.told(user, way.entries),
        "names": entry_names.called(user, way.entries),
        "about": contexts(user, {event.package_id for event in way.events}),
        "trails": ways.trails_of(found, bytes(body.raw) if body else None),
        "may_replay": _person(request).may("messages.replay"),
    }
    return _page(request, "_message.html", "message.html", context)


@require_GET
@needs("messages.see")
def message_raw(request: HttpRequest, message_id: str) -> HttpResponse:
    """The exact bytes, to be saved and never shown by the browser: a partner wrote them."""
    body = queries.body_of(_message(request, message_id))
    if body is None:
        raise Http404("The bytes of this message are past their retention.")
    return HttpResponse(
        bytes(body.raw),
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{message_id}.bin"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


@require_POST
@needs("messages.replay")
def message_replay(request: HttpRequest, message_id: str) -> HttpResponse:
    """Read a stored message again under the mapping in force."""
    found = _message(request, message_id)
    if inbox_messages.replay(found, actor=_person(request).public_id):
        notices.success(request, "The message will be read again in a moment.")
    else:
        notices.info(request, "The message is waiting to be read already.")
    return redirect("message", message_id=message_id)


def _message(request: HttpRequest, message_id: str) -> Message:
    return get_object_or_404(queries.messages_of(_person(request)), public_id=message_id)


@require_GET
@needs("commands.see")
@vary_on_headers("HX-Request")
def commands(request: HttpRequest) -> HttpResponse:
    """Commands to Odoo, what waits for a person first, by state, kind and reason."""
    user, filters = _person(request), CommandFilters.from_query(request.GET)
    page = command_lists.listed(user, filters, request.GET.get("page", ""))
    context = {
        "rows": page.object_list,
        "page": page,
        "filters": filters,
        "waiting": command_lists.waiting(user),
        "states": command_lists.STATES,
        "kinds": command_lists.titles(),
        "reasons": [choice for choice in Reason.choices if choice[0]],
    }
    return _page(request, "_commands.html", "commands.html", context)


@require_GET
@needs("commands.see")
@vary_on_headers("HX-Request")
def command(request: HttpRequest, command_id: str) -> HttpResponse:
    """One command with every attempt, in Odoo's own words."""
    found = command_queries.one(_person(request), command_id)
    if found is None:
        raise Http404
    context = {"command": found}
    return _page(request, "_command.html", "command.html", context)


@require_GET
@needs("integrations.see")
def refusals(request: HttpRequest) -> HttpResponse:
    """What was turned away at the door: digest and reason, never content."""
    return _page(
        request, "_refusals.html", "refusals.html", {"rows": queries.refusals(_person(request))}
    )


@require_GET
@needs("messages.see")
def correlation(request: HttpRequest, correlation_id: str) -> HttpResponse:
    """Everything under one correlation id: messages, journal entries, commands."""
    user = _person(request)
    entries = queries.entries_of(user, correlation_id)
    context = {
        "correlation_id": correlation_id,
        "messages_": list(
            queries.messages_of(user).filter(correlation_id=correlation_id)[: queries.PAGE]
        ),
        "entries": entries,
        "told": ways.told(user, entries),
        "names": entry_names.called(user, entries),
        "commands": queries.commands_by(user, correlation_id) if user.may("commands.see") else [],
    }
    return _page(request, "_correlation.html", "correlation.html", context)
