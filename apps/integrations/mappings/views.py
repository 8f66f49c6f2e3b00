"""Mappings on screen: every version, one with its rows and what it changes, its test, its review, and what is unmapped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.contrib import messages as notices
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations import formats, trying
from apps.integrations.formats.codes import EXCEPTION_REASONS, MILESTONES, Code
from apps.integrations.mappings import drafting, queries, rehearsing, reviewing, unmapped
from apps.integrations.mappings.errors import BadMapping, NotNow, NotYourOwn
from apps.integrations.mappings.reading import read_codes
from apps.integrations.models import Mapping, Partner, UnmappedCode
from apps.integrations.queries import partners_of

_WRONG = (BadMapping, NotNow, NotYourOwn)
_DAYS = 3


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def found_or_404(request: HttpRequest, mapping_id: str) -> Mapping:
    """The version, as far as the person may see it."""
    found = queries.one(_person(request), mapping_id)
    if found is None:
        raise Http404
    return found


@require_GET
@needs("integrations.see")
def mapping_list(request: HttpRequest) -> HttpResponse:
    """Every format's versions and every partner's own."""
    user = _person(request)
    context = {
        "lines": queries.lines(user, partner=request.GET.get("partner", "")[:60]),
        "partners": list(partners_of(user)),
        "to_review": queries.to_review(user),
        "unmapped": [one for one in unmapped.listed(user) if not one.mapped],
        "may_change": user.may("mappings.change"),
    }
    return render(request, "integrations/mappings.html", context)


@require_POST
@needs("mappings.change")
def mapping_new(request: HttpRequest) -> HttpResponse:
    """A draft of what is in force: for a partner alone, or for all of a format."""
    user = _person(request)
    partner = None
    if slug := request.POST.get("partner", ""):
        partner = get_object_or_404(partners_of(user), slug=slug)
    name = partner.format if partner else request.POST.get("format", "")
    try:
        made = drafting.draft(name, partner, by=user)
    except BadMapping as bad:
        notices.error(request, str(bad))
        return redirect("mappings")
    return redirect("mapping", mapping_id=made.public_id)


@require_GET
@needs("integrations.see")
def mapping(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """One version: what it changes, its rows, its way."""
    return show(request, found_or_404(request, mapping_id))


def show(request: HttpRequest, found: Mapping, *, status: int = 200, **more: Any) -> HttpResponse:
    """A version's page, with what a form or a test has to say."""
    user = _person(request)
    context = {
        "screen": queries.screen(
            user,
            found,
            words=request.GET.get("q", "").strip()[:60],
            against=request.GET.get("against", "")[:40],
        ),
        "format": formats.FORMATS.get(found.format),
        "tables": drafting.tables_of(found),
        "milestones": sorted(MILESTONES),
        "reasons": sorted(EXCEPTION_REASONS),
        "partners": [found.partner]
        if found.partner
        else queries.partners_speaking(user, found.format),
        "of": request.GET.get("of", "")[:60],
        "days": _DAYS,
        "may_change": user.may("mappings.change"),
        "may_review": user.may("mappings.review"),
        "may_replay": user.may("messages.replay"),
        "wrote_it": user.public_id in found.writers,
        "now": timezone.now(),
        **more,
    }
    return render(request, "integrations/mapping.html", context, status=status)


def _step(
    request: HttpRequest, mapping_id: str, do: Callable[[Mapping, User], str], anchor: str = ""
) -> HttpResponse:
    """Do one thing to a version and say so; what cannot be done is said with 409 and changes nothing."""
    found = found_or_404(request, mapping_id)
    try:
        says = do(found, _person(request))
    except _WRONG as wrong:
        return show(request, found_or_404(request, mapping_id), status=409, wrong=str(wrong))
    notices.success(request, says)
    answer = redirect("mapping", mapping_id=mapping_id)
    answer["Location"] += anchor
    return answer


@require_POST
@needs("mappings.change")
def mapping_code(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Add a row to a draft, or change it."""
    said = {name: request.POST.get(name, "").strip() for name in drafting.COLUMNS}
    row = Code(
        said["table"], said["code"], said["description"], said["milestone"] or None,
        said["reason"] or None, "own",
    )  # fmt: skip

    def do(found: Mapping, by: User) -> str:
        drafting.set_code(found, row, by=by)
        return f"{row.code} means {row.milestone or row.reason}."

    return _step(request, mapping_id, do, "#rows")


@require_POST
@needs("mappings.change")
def mapping_codes_found(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Map the codes of the sample: those for which a milestone was picked."""

    def do(found: Mapping, by: User) -> str:
        done = 0
        for index, code in enumerate(queries.screen(by, found).found):
            milestone = request.POST.get(f"milestone-{index}", "")
            if milestone and request.POST.get(f"code-{index}") == code.code:
                row = Code(code.table, code.code, code.described, milestone, None, "own")
                drafting.set_code(found, row, by=by)
                done += 1
        return f"{done} code{'' if done == 1 else 's'} mapped."

    return _step(request, mapping_id, do, "#codes-found")


@require_POST
@needs("mappings.change")
def mapping_code_remove(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Take a row out of a draft."""
    table, code = request.POST.get("table", ""), request.POST.get("code", "")

    def do(found: Mapping, by: User) -> str:
        gone = drafting.remove_code(found, table, code, by=by)
        return f"{code} is out." if gone else f"There was no {code}."

    return _step(request, mapping_id, do, "#rows")


@require_GET
@needs("integrations.see")
def mapping_csv(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """The rows as a file that can be uploaded again."""
    found = found_or_404(request, mapping_id)
    name = f"{found.format}-{found.version}.csv"
    return HttpResponse(
        drafting.as_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
@needs("mappings.change")
def mapping_upload(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Put a file's rows in place of a draft's."""
    file = request.FILES.get("file")

    def do(found: Mapping, by: User) -> str:
        if not isinstance(file, UploadedFile):
            raise BadMapping("Choose a file.")
        if (file.size or 0) > drafting.MAX_CSV_BYTES:
            raise BadMapping("The file is larger than 5 MiB.")
        return f"{drafting.upload(found, file.read(), by=by)} rows stand in the draft now."

    return _step(request, mapping_id, do, "#rows")


@require_POST
@needs("mappings.review")
def mapping_test(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """What the samples and a partner's stored messages of a time would say under this version."""
    user, found = _person(request), found_or_404(request, mapping_id)
    partner = found.partner
    if partner is None and (slug := request.POST.get("partner", "")):
        partner = get_object_or_404(partners_of(user), slug=slug, format=found.format)
    until = queries.moment(request.POST.get("until", "")) or timezone.now()
    since = queries.moment(request.POST.get("since", "")) or until - timedelta(days=_DAYS)
    golden = rehearsing.golden(found)
    stored = rehearsing.stored(found, partner, since, until, viewer=user) if partner else None
    rehearsing.note(
        found, by=user, golden_=golden, stored_=stored, partner=partner.name if partner else ""
    )
    return show(
        request,
        found_or_404(request, mapping_id),
        golden=golden,
        stored=stored,
        partner=partner,
        since=since,
        until=until,
        tried=_tried(found, partner, user),
    )


def _tried(found: Mapping, partner: Partner | None, user: User) -> trying.Tried | None:
    """The version's own sample through the partner's door, without a signature; None without a sample."""
    if partner is None or not found.sample:
        return None
    headers = {"Content-Type": "application/json"}
    return trying.try_out(
        partner, found.sample.encode(), headers, codes=read_codes(found), viewer=user
    )


@require_POST
@needs("mappings.change")
def mapping_submit(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Hand a draft to a reviewer."""

    def do(found: Mapping, by: User) -> str:
        drafting.submit(found, by=by, note=request.POST.get("note", ""))
        return "It waits for a second person now."

    return _step(request, mapping_id, do)


@require_POST
@needs("mappings.change")
def mapping_discard(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Give up a version that is not in force."""

    def do(found: Mapping, by: User) -> str:
        return f"Version {drafting.discard(found, by=by).version} is discarded."

    return _step(request, mapping_id, do)


@require_POST
@needs("mappings.review")
def mapping_send_back(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Back to its writers."""

    def do(found: Mapping, by: User) -> str:
        reviewing.send_back(found, by=by, why=request.POST.get("why", ""))
        return "It is a draft again."

    return _step(request, mapping_id, do)


@require_POST
@needs("mappings.review")
def mapping_approve(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """Into force, now or from a time on."""

    def do(found: Mapping, by: User) -> str:
        text = request.POST.get("effective_from", "").strip()
        begins = queries.moment(text)
        if text and begins is None:
            raise BadMapping("This is no time.")
        held = reviewing.approve(
            found, by=by, why=request.POST.get("why", ""), effective_from=begins
        )
        if begins is None:
            return f"Version {held.version} is in force."
        return f"Version {held.version} comes into force at {begins:%Y-%m-%d %H:%M} UTC."

    return _step(request, mapping_id, do)


@require_http_methods(["GET", "POST"])
@needs("mappings.review")
def mapping_revert(request: HttpRequest, mapping_id: str) -> HttpResponse:
    """What bringing an earlier version back would change; and doing it."""
    user, found = _person(request), found_or_404(request, mapping_id)
    if request.method == "POST":
        try:
            made = reviewing.revert(found, by=user, why=request.POST.get("why", ""))
        except _WRONG as wrong:
            return _impact(request, found, wrong=str(wrong), status=409)
        notices.success(request, f"Back to version {found.version}: in force as {made.version}.")
        return redirect("mapping", mapping_id=made.public_id)
    return _impact(request, found)


def _impact(
    request: HttpRequest, found: Mapping, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    user, until = _person(request), timezone.now()
    since = until - timedelta(days=_DAYS)
    partners = [found.partner] if found.partner else queries.partners_speaking(user, found.format)
    tests = [
        (partner, rehearsing.stored(found, partner, since, until, viewer=user, turn_s=1.0))
        for partner in partners[:5]
    ]
    stands = drafting.standing(found.format, found.partner)
    context = {
        "mapping": found,
        "screen": queries.screen(user, found, against=stands.public_id),
        "stands": stands,
        "tests": tests,
        "more": max(len(partners) - 5, 0),
        "days": _DAYS,
        "wrong": wrong,
        "title": formats.get(found.format).title,
        "why": request.POST.get("why", "").strip(),
    }
    return render(request, "integrations/mapping_revert.html", context, status=status)


@require_GET
@needs("integrations.see")
def unmapped_codes(request: HttpRequest) -> HttpResponse:
    """Codes that no table knows, each with its newest message and a way to map it."""
    user = _person(request)
    context = {
        "rows": unmapped.listed(user, partner=request.GET.get("partner", "")[:60]),
        "milestones": sorted(MILESTONES),
        "may_change": user.may("mappings.change"),
    }
    return render(request, "integrations/unmapped.html", context)


@require_POST
@needs("mappings.change")
def unmapped_map(request: HttpRequest) -> HttpResponse:
    """Write the missing row into the person's open draft of that partner (or format), else into a new one."""
    user = _person(request)
    row = get_object_or_404(
        UnmappedCode.objects.select_related("partner"),
        partner__in=partners_of(user),
        partner__slug=request.POST.get("partner", ""),
        code=request.POST.get("code", ""),
    )
    only = row.partner if request.POST.get("for") == "partner" or unmapped.has_own(row) else None
    table, code = row.lookups[0] if row.lookups else (request.POST.get("table", ""), row.code)
    wanted = Code(table, code, "", request.POST.get("milestone") or None, None, "own")
    draft = Mapping.objects.filter(
        format=row.format, partner=only, state="draft", author=user
    ).last()
    try:
        draft = draft or drafting.draft(row.format, only, by=user, note=f"{code} is mapped")
        if wanted.milestone:
            drafting.set_code(draft, wanted, by=user)
    except _WRONG as wrong:
        notices.error(request, str(wrong))
        return redirect("unmapped_codes")
    notices.success(request, f"{code} stands in the draft: test it, then hand it to a reviewer.")
    answer = redirect("mapping", mapping_id=draft.public_id)
    answer["Location"] += f"?of={row.partner.slug}"
    return answer
