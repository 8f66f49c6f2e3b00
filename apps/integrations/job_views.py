"""Long work on screen: the list, one job with its progress, stopping and going on, and uploading a file."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages as notices
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations import job_queries, jobs, replaying
from apps.integrations.csv_lines import as_csv
from apps.integrations.imports import services
from apps.integrations.imports.errors import BadFile
from apps.integrations.imports.records import SHAPES
from apps.integrations.job_queries import jobs_of, shown
from apps.integrations.mappings import counterfactual
from apps.integrations.models import Job
from apps.integrations.queries import partners_of

_ENVELOPE = 64 * 1024
"""What a form takes beside its file, in bytes."""


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def _page(request: HttpRequest, fragment: str, page: str, context: dict[str, Any]) -> HttpResponse:
    """The fragment for htmx, the page for a visitor, from one context."""
    is_script = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, f"integrations/{fragment if is_script else page}", context)


def _job(request: HttpRequest, job_id: str) -> Job:
    return get_object_or_404(jobs_of(_person(request)), public_id=job_id)


@require_GET
@needs("jobs.see")
@vary_on_headers("HX-Request")
def job_list(request: HttpRequest) -> HttpResponse:
    """Imports, replays and what else takes long, the newest first."""
    rows = job_queries.page_of(_person(request))
    context = {"rows": rows, "is_moving": any(row.job.is_under_way for row in rows)}
    return _page(request, "_jobs.html", "jobs.html", context)


@require_GET
@needs("jobs.see")
@vary_on_headers("HX-Request")
def job_page(request: HttpRequest, job_id: str) -> HttpResponse:
    """One job: how far it is, and what it could not do. The page asks again while it is under way."""
    user, job = _person(request), _job(request, job_id)
    is_mine = job.kind == replaying.KIND and job.actor == user.public_id
    context = {
        "one": shown(job, with_faults=True),
        "of": replaying.chosen_by(user, job) if is_mine else None,
        "found_in": _found_in(user, job),
        "may_steer": user.may("jobs.steer"),
        "faults_shown": job_queries.FAULTS_SHOWN,
    }
    return _page(request, "_job.html", "job.html", context)


def _found_in(user: User, job: Job) -> str:
    """The page that shows what a job found, "" where its own says it all."""
    if job.kind == replaying.PLAN and job.actor == user.public_id:
        return reverse("replay", args=[job.public_id])
    scan = job.public_id if job.kind == counterfactual.KIND else job.params.get("of", "")
    if scan and user.may("integrations.see"):
        return reverse("counterfactual", args=[scan])
    return ""


@require_GET
@needs("jobs.see")
def job_faults(request: HttpRequest, job_id: str) -> HttpResponse:
    """Everything a job could not do, as a CSV file."""
    job = _job(request, job_id)
    answer = StreamingHttpResponse(
        as_csv(job_queries.fault_rows(job)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{job.public_id}-faults.csv"'},
    )
    return cast(HttpResponse, answer)  # no door looks into an answer's content


@require_POST
@needs("jobs.steer")
def job_cancel(request: HttpRequest, job_id: str) -> HttpResponse:
    """Stop a job; what it did stays."""
    if jobs.cancel(_job(request, job_id), actor=_person(request).public_id):
        notices.success(request, "Stopped. What was done stays done.")
    else:
        notices.info(request, "It had ended already.")
    return redirect("job", job_id=job_id)


@require_POST
@needs("jobs.steer")
def job_retry(request: HttpRequest, job_id: str) -> HttpResponse:
    """Let a stopped job go on where it stopped."""
    if jobs.retry(_job(request, job_id), actor=_person(request).public_id):
        notices.success(request, "It goes on where it stopped.")
    else:
        notices.info(request, "It is under way, or done.")
    return redirect("job", job_id=job_id)


@csrf_exempt  # checked inside: the token is in the form, and a form is read only when its size is known
@require_http_methods(["GET", "POST"])
@needs("imports.run")
def import_new(request: HttpRequest) -> HttpResponse:
    """Upload a file of messages. A body over the limit is refused before it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    is_number = length.isdecimal() and len(length) <= 18
    if not is_number or int(length) > settings.IMPORT_MAX_BYTES + _ENVELOPE:
        return _form(request, wrong=f"The file is larger than {_megabytes()} MB.", status=413)
    return _import(request)


@csrf_protect
def _import(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _form(request)
    user = _person(request)
    partner = partners_of(user).filter(slug=request.POST.get("partner", "")).first()
    file = request.FILES.get("file")
    if partner is None or not isinstance(file, UploadedFile):
        return _form(request, wrong="Choose a partner and a file.", status=422)
    try:
        begun = services.begin(
            partner,
            file.chunks(),
            name=file.name or "file",
            actor=user.public_id,
            shape=request.POST.get("shape", ""),
        )
    except BadFile as error:
        return _form(request, wrong=str(error), status=422)
    if begun.is_resumed:
        notices.info(request, "This file was being imported already; it goes on where it was.")
    return redirect("job", job_id=begun.job.public_id)


def _megabytes() -> int:
    return settings.IMPORT_MAX_BYTES // (1024 * 1024)


def _form(request: HttpRequest, *, wrong: str = "", status: int = 200) -> HttpResponse:
    is_read = request.method == "POST" and status != 413  # the other body is never read
    chosen = request.POST if is_read else request.GET
    context = {
        "partners": list(partners_of(_person(request))),
        "shapes": SHAPES.items(),
        "partner": chosen.get("partner", ""),
        "shape": chosen.get("shape", ""),
        "megabytes": _megabytes(),
        "wrong": wrong,
    }
    return render(request, "integrations/import_new.html", context, status=status)
