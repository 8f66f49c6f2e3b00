"""A new partner without code: its name and secret, a pasted sample, where the fields stand, what the codes mean."""

from __future__ import annotations

import json
from typing import Any, Final, cast

from django.conf import settings
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.access import needs
from apps.accounts.models import Company, User
from apps.integrations import formats, partners
from apps.integrations.errors import BadPartner
from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Refused
from apps.integrations.formats.mapped_json.paths import BadPath
from apps.integrations.formats.mapped_json.proposing import Proposal, propose, time_format_of
from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.mappings import drafting, holding
from apps.integrations.mappings.drafting import LAYOUT_FORMAT
from apps.integrations.mappings.errors import BadMapping, NotNow
from apps.integrations.mappings.views import found_or_404
from apps.integrations.models import Mapping
from apps.integrations.partners import NewPartner

MAX_SAMPLE: Final = 256 * 1024
FIELDS: Final = (
    ("number", "Tracking number", True),
    ("code", "Their code", True),
    ("finer_code", "A finer code, asked first", False),
    ("reason", "Reason of an exception", False),
    ("time", "Time it happened", True),
    ("clock", "Time of day, where it stands apart", False),
    ("zone", "Zone of the time", False),
    ("place", "Place", False),
    ("country", "Country", False),
    ("event_id", "Their id of the event", False),
    ("message_id", "Their id of the message ($.…)", False),
    ("eta", "Promised delivery", False),
    ("received_by", "Received by", False),
    ("signed_at", "Signed at", False),
    ("document_url", "Address of the proof", False),
    ("description", "In words", False),
    ("order", "Our order or reference", False),
)
TIME_FORMATS: Final = (
    ("iso", "ISO 8601: 2026-03-10T09:00:00+01:00"),
    ("digits", "Digits: 20260310 090000"),
    ("epoch_s", "Seconds since 1970"),
    ("epoch_ms", "Milliseconds since 1970"),
    ("%d.%m.%Y %H:%M", "31.12.2026 23:59"),
    ("%d.%m.%Y %H:%M:%S", "31.12.2026 23:59:59"),
    ("%d/%m/%Y %H:%M", "31/12/2026 23:59"),
    ("%d/%m/%Y %H:%M:%S", "31/12/2026 23:59:59"),
    ("%m/%d/%Y %H:%M", "12/31/2026 23:59"),
    ("%m/%d/%Y %I:%M %p", "12/31/2026 11:59 PM"),
    ("%d.%m.%Y", "31.12.2026"),
    ("%d/%m/%Y", "31/12/2026"),
)


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


@never_cache
@require_http_methods(["GET", "POST"])
@needs("partners.change")
def onboarding(request: HttpRequest) -> HttpResponse:
    """Name, sample, scheme and secret: makes the partner and an empty draft of its mapping; shows the secret once."""
    user, wrong = _person(request), ""
    sample = request.POST.get("sample", "").replace("\r\n", "\n")
    mine = Company.objects.filter(pk__in=user.scope.companies).order_by("name")
    if request.method == "POST":
        try:
            _must_be_readable(sample)
            chosen = tuple(mine.filter(public_id__in=request.POST.getlist("companies")))
            if not chosen and Company.objects.exclude(pk__in=user.scope.companies).exists():
                raise BadPartner("Choose the companies it reports for: not all of them are yours.")
            new = NewPartner(
                name=request.POST.get("name", "").strip()[:120],
                format=LAYOUT_FORMAT,
                timezone=request.POST.get("timezone", "").strip(),
                secret=request.POST.get("secret", "").strip(),
                carrier=request.POST.get("carrier", "").strip()[:50],
                companies=chosen,
                scheme=request.POST.get("scheme", ""),
            )
            partner, secret = partners.add(new, actor=user.public_id)
            holding.hold(partner, actor=user.public_id)
            draft = drafting.draft(LAYOUT_FORMAT, partner, by=user, empty=True)
            Mapping.objects.filter(pk=draft.pk).update(sample=sample)
        except (BadPartner, BadMapping) as bad:
            wrong = str(bad)
        else:
            context = {
                "partner": partner,
                "secret": secret,
                "scheme": partners.scheme_of(partner),
                "address": f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/messages/{partner.slug}",
                "mapping": draft,
            }
            return render(request, "integrations/onboarding_secret.html", context)
    context = {
        "wrong": wrong,
        "said": request.POST,
        "sample": sample,
        "companies": mine,
        "chosen": request.POST.getlist("companies"),
        "schemes": [SCHEMES[name] for name in formats.get(LAYOUT_FORMAT).schemes],
    }
    return render(request, "integrations/onboarding.html", context, status=400 if wrong else 200)


def _must_be_readable(sample: str) -> Any:
    """The decoded sample. Raises BadMapping where the door would refuse it."""
    raw = sample.encode("utf-8", "surrogatepass")
    if not raw.strip():
        raise BadMapping("Paste a message as the partner sends it.")
    if len(raw) > MAX_SAMPLE:
        raise BadMapping("The sample is longer than 256 KiB: a few entries are enough.")
    try:
        return strict_json.loads_any(raw)
    except Refused as refused:
        raise BadMapping(f"The door would refuse this: {refused.detail}.") from refused


@require_http_methods(["GET", "POST"])
@needs("mappings.change")
def mapping_layout(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Where the fields of a partner's messages stand: what the sample holds, proposals by equal words, a person picks."""
    found, user = found_or_404(request, mapping_id), _person(request)
    wrong, status = "", 200
    if request.method == "POST":
        sample = request.POST.get("sample", found.sample).replace("\r\n", "\n")
        try:
            document = _must_be_readable(sample)
            if request.POST.get("step") != "look":
                as_json = request.POST.get("step") == "json"
                layout = _layout_written(request) if as_json else _layout_said(request, document)
                drafting.set_layout(found, layout, by=user, sample=sample)
                notices.success(request, "The layout is kept. Now say what the codes mean.")
                return redirect("mapping", mapping_id=mapping_id)
        except (BadMapping, NotNow) as bad:
            wrong, status, document = str(bad), 409, _or_none(sample)
    else:
        sample = found.sample
        document = _or_none(sample)
    context = {
        "mapping": found,
        "sample": sample,
        "wrong": wrong,
        "time_formats": TIME_FORMATS,
        "as_json": request.POST.get("layout")
        or json.dumps(found.layout or {}, indent=2, ensure_ascii=False),
        **_proposed(request, found, document),
    }
    return render(request, "integrations/mapping_layout.html", context, status=status)


def _or_none(sample: str) -> Any:
    try:
        return strict_json.loads_any(sample.encode("utf-8", "surrogatepass"))
    except Refused:
        return None


def _proposed(request: HttpRequest, found: Mapping, document: Any) -> dict[str, Any]:
    """The form's lists and what is picked in them: what was said, else the draft's layout, else what names say."""
    if document is None:
        return {"proposal": None}
    held = found.layout or {}
    entries = request.POST.get("entries", held.get("entries"))
    try:
        proposal = propose(document, entries)
    except BadPath:
        proposal = propose(document)
    said = (
        {name: request.POST.get(name) for name, _, _ in FIELDS}
        if request.POST.get("number")
        else {}
    )
    picks = said or _picked(held) or proposal.picks
    if entries is not None and held.get("entries") != entries and not said:
        picks = proposal.picks
    picked = [(name, title, needed, picks.get(name) or "") for name, title, needed in FIELDS]
    return {
        "proposal": proposal,
        "picked": picked,
        "time_format": request.POST.get("time_format", held.get("time_format"))
        or _format_of(proposal, picks.get("time") or ""),
        "default_zone": request.POST.get("default_zone", held.get("default_zone", "")),
    }  # fmt: skip


def _format_of(proposal: Proposal, path: str) -> str:
    """How the sample writes the time on a path, "" where there is none or no format reads it."""
    examples = [one.examples for one in proposal.fields if one.path == path]
    value: Any = examples[0][0] if examples and examples[0] else ""
    return time_format_of(int(value) if value.isdigit() and len(value) in (10, 13) else value)


def _written_as(request: HttpRequest, document: Any) -> str:
    """The sample's own time format for the field that was picked. Raises BadMapping where none fits."""
    entries, path = request.POST.get("entries", "").strip(), request.POST.get("time", "").strip()
    try:
        found = _format_of(propose(document, entries), path)
    except BadPath as bad:
        raise BadMapping(f"Its events cannot stand in {entries[:60]}.") from bad
    if not found:
        raise BadMapping("Times are written as: pick one, the sample does not tell.")
    return found


def _picked(layout: dict[str, Any]) -> dict[str, str]:
    """One path for each field of the form; a layout with fallbacks is written as JSON, below the form."""
    picks = {
        name: paths[0]
        for name, paths in layout.items()
        if isinstance(paths, list) and paths and isinstance(paths[0], str)
    }
    codes = [one["paths"][0] for one in layout.get("codes", [])]
    if codes:
        picks["code"] = codes[-1]
        picks["finer_code"] = codes[0] if len(codes) > 1 else ""
    if layout.get("place"):
        picks["place"] = layout["place"][0][0]
    return picks


def _layout_written(request: HttpRequest) -> dict[str, Any]:
    """The layout as a person wrote it, fallbacks and all. Raises BadMapping for what is no JSON object."""
    try:
        return strict_json.loads(request.POST.get("layout", "").encode("utf-8", "surrogatepass"))
    except Refused as refused:
        raise BadMapping(f"The layout is no JSON object: {refused.detail}.") from refused


def _layout_said(request: HttpRequest, document: Any) -> dict[str, Any]:
    """The layout of the form. Raises BadMapping where a needed field was not picked."""
    said = {name: request.POST.get(name, "").strip() for name, _, _ in FIELDS}
    for name, title, needed in FIELDS:
        if needed and not said[name]:
            raise BadMapping(f"{title}: pick where it stands.")
    layout: dict[str, Any] = {
        name: [path]
        for name, path in said.items()
        if path and name not in ("code", "finer_code", "place")
    }
    codes = [{"table": "event", "paths": [said["code"]]}]
    if said["finer_code"]:
        codes.insert(0, {"table": "detail", "paths": [said["finer_code"]]})
    layout |= {
        "entries": request.POST.get("entries", "").strip(),
        "codes": codes,
        "time_format": request.POST.get("time_format") or _written_as(request, document),
        "default_zone": request.POST.get("default_zone", "").strip(),
    }
    if said["place"]:
        layout["place"] = [[said["place"]]]
    return layout
