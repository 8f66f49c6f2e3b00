"""Partners on screen: the list, a new one, and one partner's settings, secrets, switch and tester."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, cast

from django.conf import settings
from django.contrib import messages as notices
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import needs
from apps.accounts.models import Company, User
from apps.integrations import examples, partner_queries, partners, trying
from apps.integrations.errors import BadPartner
from apps.integrations.formats.schemes import QUERY
from apps.integrations.mappings import queries as mapping_queries
from apps.integrations.models import Partner, Switch
from apps.integrations.partner_forms import PartnerForm, pasted_body, pasted_headers
from apps.integrations.partners import NewPartner

_OVERLAPS: Final = (
    (0, "at once"),
    (1, "1 hour"),
    (24, "24 hours"),
    (72, "3 days"),
    (168, "7 days"),
    (720, "30 days"),
)
"""How long former secrets may hold beside a new one, in hours."""


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def _partner(request: HttpRequest, slug: str) -> Partner:
    found = partner_queries.one(_person(request), slug)
    if found is None:
        raise Http404
    return found


def address_of(partner: Partner) -> str:
    """Where the partner posts its messages."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/messages/{partner.slug}"


@require_GET
@needs("integrations.see")
def partner_list(request: HttpRequest) -> HttpResponse:
    """Who may post messages, how they sign, and where the switch stands."""
    context = {"lines": partner_queries.lines(_person(request))}
    return render(request, "integrations/partners.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@needs("partners.change")
def partner_new(request: HttpRequest) -> HttpResponse:
    """Add a partner. What it needs (address, secret, a first message by hand) is shown this once."""
    user = _person(request)
    form = PartnerForm(request.POST if request.method == "POST" else None, viewer=user)
    wrong = ""
    if request.method == "POST" and form.is_valid():
        try:
            new = form.said()
            _check_companies(user, new)
            partner, secret = partners.add(new, actor=user.public_id)
        except BadPartner as bad:
            wrong = form.refuse(bad)
        else:
            return _handed_over(request, partner, secret)
    context = {"form": form, "wrong": wrong}
    status = 400 if request.method == "POST" else 200
    return render(request, "integrations/partner_new.html", context, status=status)


def _check_companies(user: User, new: NewPartner, held: NewPartner | None = None) -> None:
    """Raise BadPartner when a person lets a partner report for companies that are not theirs."""
    was_for_all = held is not None and not held.companies
    if new.companies or was_for_all:
        return
    if Company.objects.exclude(pk__in=user.scope.companies).exists():
        raise BadPartner(
            "Choose the companies it reports for: not all of them are yours.", "companies"
        )


def _handed_over(request: HttpRequest, partner: Partner, secret: str) -> HttpResponse:
    """The one page that shows a secret."""
    screen = partner_queries.screen(_person(request), partner)
    assert screen.format is not None and screen.scheme is not None  # noqa: PT018  it was just checked
    context = {
        "screen": screen,
        "secret": secret,
        "address": address_of(partner),
        "script": examples.script(address_of(partner), screen.format, screen.scheme, secret),
    }
    return render(request, "integrations/partner_secret.html", context)


@require_GET
@needs("integrations.see")
def partner(request: HttpRequest, slug: str) -> HttpResponse:
    """One partner: how it is set, its secrets, what came last and what was turned away."""
    return _show(request, _partner(request, slug))


def _show(
    request: HttpRequest,
    found: Partner,
    *,
    wrong: str = "",
    form: PartnerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = _person(request)
    screen = partner_queries.screen(user, found)
    held = partners.settings_of(found)
    context = {
        "screen": screen,
        "wrong": wrong,
        "held": held,
        "form": form or PartnerForm(viewer=user, format_name=found.format, held=held),
        "address": address_of(found),
        "script": examples.script(address_of(found), screen.format, screen.scheme)
        if screen.format and screen.scheme
        else "",
        "positions": Switch.choices,
        "overlaps": _OVERLAPS,
        "mapping": mapping_queries.newest_for(user, found),
        "may_change": user.may("partners.change"),
    }
    return render(request, "integrations/partner.html", context, status=status)


@never_cache
@require_POST
@needs("partners.change")
def partner_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Store other settings; refused when somebody else changed them meanwhile."""
    found, user = _partner(request, slug), _person(request)
    held = partners.settings_of(found)
    form = PartnerForm(request.POST, viewer=user, format_name=found.format, held=held)
    if not form.is_valid():
        return _show(request, found, form=form, status=400)
    try:
        new = form.said()
        _check_companies(user, new, held)
        changed, secret = partners.change(
            found, new, actor=user.public_id, seen=request.POST.get("seen", "")
        )
    except BadPartner as bad:
        return _show(request, found, wrong=form.refuse(bad), form=form, status=409)
    if secret:
        return _handed_over(request, _partner(request, slug), secret)
    if changed:
        notices.success(request, "Stored. It holds for messages that come from now on.")
    else:
        notices.info(request, "Nothing was changed.")
    return redirect("partner", slug=slug)


@require_POST
@needs("partners.change")
def partner_switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Live, paused or off, with a reason."""
    found = _partner(request, slug)
    position, why = request.POST.get("switch", ""), request.POST.get("why", "")
    try:
        turned = partners.switch_to(found, position, why=why, actor=_person(request).public_id)
    except BadPartner as bad:
        return _show(request, found, wrong=str(bad), status=409)
    if turned:
        notices.success(request, f"{found.name} is {Switch(position).label.lower()} from now on.")
    return redirect("partner", slug=slug)


@never_cache
@require_POST
@needs("partners.change")
def partner_rotate(request: HttpRequest, slug: str) -> HttpResponse:
    """A new secret, given or made; the former ones run out. It is shown this once."""
    found, given = _partner(request, slug), request.POST
    newest = given.get("newest", "")
    hours = given.get("overlap", "24")
    try:
        secret = partners.rotate(
            found,
            given.get("secret", "").strip(),
            actor=_person(request).public_id,
            overlap=timedelta(hours=int(hours) if hours.isdecimal() and len(hours) < 5 else -1),
            label=given.get("label", ""),
            # Without it a reload would make one more.
            newest=int(newest) if newest.isdecimal() and len(newest) < 19 else 0,
        )
    except BadPartner as bad:
        return _show(request, found, wrong=str(bad), status=409)
    return _handed_over(request, found, secret)


@require_POST
@needs("partners.change")
def partner_retire(request: HttpRequest, slug: str, secret: int) -> HttpResponse:
    """Take a secret out of use at once."""
    found = _partner(request, slug)
    if partners.retire(found, secret, actor=_person(request).public_id):
        notices.success(request, "The secret no longer holds.")
    else:
        notices.info(request, "The secret was out of use already.")
    return redirect("partner", slug=slug)


@never_cache
@require_http_methods(["GET", "POST"])
@needs("partners.change")
def partner_try(request: HttpRequest, slug: str) -> HttpResponse:
    """Try a message: every gate, the events with their trail, what applying would do. Nothing is kept."""
    found = _partner(request, slug)
    screen = partner_queries.screen(_person(request), found)
    if screen.format is None:
        raise Http404
    given = request.POST
    context: dict[str, Any] = {
        "screen": screen,
        "body": given.get("body", "") or examples.message_of(screen.format),
        "headers": given.get("headers", ""),
        "sent_from": given.get("sent_from", ""),
        "signs": given.get("sign", "") == "yes" if request.method == "POST" else True,
        "media": screen.format.media_types[0],
    }
    if request.method == "POST":
        raw = _body(request)
        headers = {
            "Content-Type": screen.format.media_types[0],
            **pasted_headers(given.get("headers", "")),
        }
        now = timezone.now()
        if context["signs"]:
            headers |= trying.signed(found, raw, now)
        query = headers.pop("Query", "")
        if query and QUERY not in headers:
            headers[QUERY] = query
        context["tried"] = trying.try_out(
            found,
            raw,
            headers,
            sent_from=context["sent_from"].strip()[:60],
            viewer=_person(request),
            now=now,
        )
    return render(request, "integrations/partner_try.html", context)


def _body(request: HttpRequest) -> bytes:
    """The file's own bytes when there is one, else the pasted text."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        return bytes(file.read(settings.MAX_MESSAGE_BYTES + 1))
    return pasted_body(request.POST)
