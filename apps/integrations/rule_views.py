"""The rules that decide: who owns which field, what each kind of partner is, and what every state means."""

from __future__ import annotations

from typing import cast

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations import alignment, blueprint, flows, rule_queries
from apps.integrations.queries import partners_of
from apps.shipments import judging, queries, stages
from apps.shipments import ownership as matrix
from apps.shipments.errors import BadOwner
from apps.shipments.models import SYSTEMS, FieldOwner


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


@require_GET
@needs("ownership.see")
@vary_on_headers("HX-Request")
def ownership(request: HttpRequest) -> HttpResponse:
    """The matrix as it holds now, and which kind of system each partner is."""
    user = _person(request)
    context = {
        "matrix": rule_queries.matrix(),
        "partners": rule_queries.partner_kinds(user),
        "systems": SYSTEMS,
        "may_edit": user.may("ownership.edit"),
    }
    return render(request, "integrations/ownership.html", context)


@require_GET
@needs("ownership.see")
def ownership_line(request: HttpRequest, line: str) -> HttpResponse:
    """One line: what it decides, every version of it, and the form to change it. Any version's id will do."""
    return _line(request, line)


@require_POST
@needs("ownership.edit")
def ownership_change(request: HttpRequest, line: str) -> HttpResponse:
    """Let other systems own the field, in an order of trust, with a reason; or show first what that would change."""
    row = get_object_or_404(FieldOwner, public_id=line)
    why, owners = request.POST.get("why", "").strip(), _in_order(request)
    seen = request.POST.get("version", "")
    if "preview" in request.POST:
        try:
            would = judging.preview(row, owners, by=_person(request))
        except BadOwner as bad:
            return _line(request, line, wrong=str(bad), owners=owners, why=why)
        return _line(request, line, owners=owners, why=why, would=would)
    if not why:
        return _line(
            request, line, wrong="Say why: whoever meets a claim later reads it.", owners=owners
        )
    try:
        new = matrix.change_owners(
            row,
            owners=owners,
            note=why,
            by=_person(request),
            seen=int(seen) if seen.isdecimal() else None,
        )
    except BadOwner as bad:
        return _line(request, line, wrong=str(bad), owners=owners, why=why)
    notices.success(request, f"{new.title}: version {new.version} holds from now on.")
    return redirect("ownership_line", line=new.public_id)


def _in_order(request: HttpRequest) -> list[str]:
    """The ticked systems in the order that was given them; those without a place last, as they were posted."""

    def place(key: str) -> int:
        said = request.POST.get(f"place_{key}", "")
        return int(said) if said.isdecimal() and len(said) < 4 else 1_000

    return sorted(request.POST.getlist("owners"), key=place)


def _line(
    request: HttpRequest,
    line: str,
    *,
    wrong: str = "",
    owners: list[str] | None = None,
    why: str = "",
    would: judging.Preview | None = None,
) -> HttpResponse:
    history = list(queries.ownership_history(line))
    if not history:
        raise Http404
    stands = history[0]
    context = {
        "line": stands,
        "history": history,
        "systems": _ranked(stands.owners if owners is None else owners),
        "would": would,
        "why": why,
        "wrong": wrong,
        "fixed": stands.direction in ("derived", "tower"),
        "may_edit": _person(request).may("ownership.edit"),
        "team": rule_queries.team_name(stands.steward),
    }
    status = 409 if wrong else 200
    return render(request, "integrations/ownership_line.html", context, status=status)


def _ranked(owners: list[str]) -> list[tuple[str, str, int | None]]:
    """Every system with its place in the order of trust, the most trusted first, those that own nothing last."""
    places = {key: place for place, key in enumerate(owners, 1)}
    rows = [(key, title, places.get(key)) for key, title in SYSTEMS]
    return sorted(rows, key=lambda row: row[2] or 1_000)


@require_POST
@needs("ownership.edit")
def partner_kind(request: HttpRequest, partner: str) -> HttpResponse:
    """Say what kind of system a partner is, for what comes after."""
    found = get_object_or_404(partners_of(_person(request)), slug=partner)
    try:
        matrix.set_source_kind(found.slug, request.POST.get("kind", ""), by=_person(request))
    except BadOwner as bad:
        notices.error(request, str(bad))
    else:
        notices.success(request, f"{found.name}: judged as such from now on.")
    return redirect("ownership")


@require_GET
@needs("ownership.see")
def stage_tables(request: HttpRequest) -> HttpResponse:
    """What every state of Odoo and every milestone means: the table that decides, as it is in the code."""
    context = {"sections": list(stages.sections()), "how": stages.how()}
    return render(request, "integrations/stages.html", context)


@require_GET
@needs("integrations.see")
def flow_table(request: HttpRequest) -> HttpResponse:
    """Each flow with its mode and service level, and how far behind it is now (R235)."""
    rows = flows.standings(timezone.now())
    return render(request, "integrations/flows.html", {"rows": rows})


@require_GET
@needs("ownership.see")
def event_types(request: HttpRequest) -> HttpResponse:
    """Each event type: who says it, of what, what is checked, who approves, which case opens, how long that may take."""
    return render(request, "integrations/event_types.html", {"drawn": blueprint.blueprint()})


@require_GET
@needs("integrations.see")
def names(request: HttpRequest) -> HttpResponse:
    """Names that partners use and Odoo lacks, or has more than once."""
    kinds = alignment.alignment(_person(request), timezone.now())
    return render(
        request, "integrations/names.html", {"kinds": kinds, "days": alignment.SINCE.days}
    )
