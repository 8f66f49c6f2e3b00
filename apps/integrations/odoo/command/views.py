"""Commands on screen: those of a record, the form of a new one, and a person's word on a parked one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.exceptions.models import Case
from apps.integrations.models import Command
from apps.integrations.odoo.command import issuing, steering, wording
from apps.integrations.odoo.command import queries as command_queries
from apps.integrations.odoo.command.errors import (
    BadCommand,
    CommandError,
    NotOnTheList,
    NotYours,
    SeenIsStale,
    TooLate,
)
from apps.integrations.odoo.command.issuing import Draft


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def _is_script(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"))


@require_GET
@needs("commands.see")
def commands_on(request: HttpRequest, record: str) -> HttpResponse:
    """A fragment for other rooms' pages: the record's commands, and what this person may do in Odoo."""
    user = _person(request)
    menu = command_queries.menu(user, record)
    rows = command_queries.on_record(user, record)
    if menu is None and not rows:
        raise Http404
    context = {"record": record, "rows": rows, "menu": menu or [], "person": user}
    return render(request, "integrations/_commands_on.html", context)


@require_http_methods(["GET", "POST"])
@needs("commands.give")
@vary_on_headers("HX-Request")
def command_new(request: HttpRequest, kind: str, record: str) -> HttpResponse:
    """The form of a kind on a record, on the facts as they are now; posting it gives the command.

    ?replaces=cmd_… fills it in with what a parked command asked, so that a person adapts it to the new facts.
    """
    user = _person(request)
    old = request.POST.get("replaces", "") or request.GET.get("replaces", "")
    replaces = command_queries.one(user, old) if old else None
    if old and replaces is None:
        raise Http404
    try:
        draft = issuing.draft(kind, record, user)
        if draft is None:
            raise Http404
        if request.method == "GET":
            return _form(request, draft, replaces, dict(_given_before(replaces)))
        return _issue(request, draft, replaces)
    except (NotOnTheList, NotYours) as refused:
        issuing.refuse_and_tell(refused, kind, record, user)
        return HttpResponse(str(refused), status=403, content_type="text/plain; charset=utf-8")


def _issue(request: HttpRequest, draft: Draft, replaces: Command | None) -> HttpResponse:
    user, given = _person(request), _given(request, draft)
    try:
        seen = json.loads(request.POST.get("seen", "{}"))
        if not isinstance(seen, dict):
            raise BadCommand("unreadable", "The form has lost what it showed; please look again.")
        command = issuing.issue(
            draft.kind.key,
            record=draft.target,
            data=given,
            by=user,
            seen=seen,
            now=timezone.now(),
            key=request.POST.get("token", "")[:80],
            replaces=replaces,
            cause=_case(request, user),
        )
    except json.JSONDecodeError:
        return _form(request, draft, replaces, given, wrong="The form was cut short; try again.")
    except SeenIsStale as stale:
        return _form(request, draft, replaces, given, wrong=str(stale), changed=stale.changed)
    except CommandError as error:
        return _form(request, draft, replaces, given, wrong=str(error))
    if not _is_script(request):
        return redirect("command", command_id=command.public_id)
    made = command_queries.one(user, command.public_id)
    answer = render(request, "integrations/_command_made.html", {"command": made}, status=201)
    answer.headers["HX-Trigger"] = "commandGiven"
    return answer


def _form(
    request: HttpRequest,
    draft: Draft,
    replaces: Command | None,
    given: dict[str, Any],
    *,
    wrong: str = "",
    changed: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    shape = command_queries.shape(draft)
    values = {**shape["prefill"], **given}
    for ask in shape["asks"]:
        ask["value"] = _shown(ask["type"], values.get(ask["name"], ""))
    context = {
        "draft": shape,
        "seen": json.dumps(draft.seen, sort_keys=True),
        "facts": list(wording.said(draft.target.connection, _own(draft.seen)).values()),
        "token": get_random_string(32),
        "replaces": replaces,
        "case": _case(request, _person(request)),
        "wrong": wrong,
        "changed": wording.table(draft.target.connection, changed or []),
    }
    name = "_command_new.html" if _is_script(request) else "command_new.html"
    return render(request, f"integrations/{name}", context, status=409 if wrong else 200)


def _own(seen: dict[str, Any]) -> dict[str, Any]:
    """The facts of the record itself; those of its lines are compared too, but would be a list of their own."""
    return {name: value for name, value in seen.items() if "," not in name}


def _case(request: HttpRequest, user: User) -> str:
    """The case that a form was opened from, where the person sees it: what it makes is then the case's."""
    named = request.POST.get("case", "") or request.GET.get("case", "")
    seen = named and Case.objects.visible_to(user).filter(public_id=named).exists()
    return named if seen else ""


def _shown(kind: str, value: Any) -> Any:
    """A moment as the browser's own field wants it, in the viewer's zone."""
    if kind != "moment" or not value:
        return value
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    aware = moment if moment.tzinfo else timezone.make_aware(moment)
    return timezone.localtime(aware).strftime("%Y-%m-%dT%H:%M")


def _given(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """What the form's fields hold, as the API would give it; a moment is in the viewer's zone."""
    found: dict[str, Any] = {}
    for ask in draft.kind.asks:
        if ask.type == "quantities":
            prefix = f"{ask.name}."
            found[ask.name] = {
                name.removeprefix(prefix): value
                for name, value in request.POST.items()
                if name.startswith(prefix) and str(value).strip()
            }
        elif ask.type == "choices":
            found[ask.name] = request.POST.getlist(ask.name)
        else:
            found[ask.name] = _with_zone(ask.type, request.POST.get(ask.name, ""))
    return found


def _with_zone(kind: str, value: str) -> str:
    if kind != "moment" or not value:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (moment if moment.tzinfo else timezone.make_aware(moment)).isoformat()


def _given_before(replaces: Command | None) -> dict[str, Any]:
    return dict(replaces.data.get("given") or {}) if replaces else {}


@require_POST
@needs("commands.give")
def command_step(request: HttpRequest, command_id: str, step: str) -> HttpResponse:
    """retry, abandon (with why) or by_hand (with why): 204 to a script, whose page then refreshes itself."""
    user = _person(request)
    command = command_queries.one(user, command_id)
    if command is None:
        raise Http404
    if not steering.may_steer(user, command):
        return _says(403, "Your role does not decide about this command.")
    why, now = request.POST.get("why", "").strip()[:400], timezone.now()
    try:
        if step == steering.RETRY:
            steering.send_again(command, by=user, now=now)
        elif step not in (steering.ABANDON, steering.BY_HAND):
            raise Http404
        elif not why:
            return _says(400, "Say why.")
        elif step == steering.ABANDON:
            steering.abandon(command, by=user, why=why, now=now)
        else:
            steering.done_by_hand(command, by=user, why=why, now=now)
    except TooLate as late:
        return _says(409, f"Too late. {late}")
    if _is_script(request):
        return HttpResponse(status=204, headers={"HX-Trigger": "commandGiven"})
    return redirect(reverse("command", args=[command_id]))


def _says(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
