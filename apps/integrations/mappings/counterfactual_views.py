"""A counterfactual on screen: begin it, see what would differ and what hangs on it, have it read again, make it good."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations.mappings import counterfactual
from apps.integrations.mappings.errors import BadMapping, NotNow
from apps.integrations.mappings.queries import moment
from apps.integrations.models import Command, Job
from apps.integrations.queries import partners_of

_SHOWN = 100


def _person(request: HttpRequest) -> User:
    """Who is signed in: every view here stands behind `needs`."""
    return cast(User, request.user)


def _job(request: HttpRequest, job_id: str) -> Job:
    mine = Job.objects.filter(
        kind=counterfactual.KIND, partner__in=partners_of(_person(request)).order_by().values("pk")
    )
    found = mine.filter(public_id=job_id).select_related("partner").first()
    if found is None:
        raise Http404
    return found


@require_POST
@needs("messages.replay")
def counterfactual_new(request: HttpRequest) -> HttpResponse:
    """Look through a partner's messages of a time, as a job."""
    user = _person(request)
    partner = get_object_or_404(partners_of(user), slug=request.POST.get("partner", ""))
    until = moment(request.POST.get("until", "")) or timezone.now()
    since = moment(request.POST.get("since", "")) or until - timedelta(days=7)
    try:
        job = counterfactual.start(partner, since, until, by=user)
    except BadMapping as bad:
        notices.error(request, str(bad))
        return redirect("mappings")
    return redirect("counterfactual", job_id=job.public_id)


@require_GET
@needs("integrations.see")
@vary_on_headers("HX-Request")
def counterfactual_page(request: HttpRequest, job_id: str) -> HttpResponse:
    """What would differ, what hangs on it, and what may have to be made good."""
    user, job = _person(request), _job(request, job_id)
    found = counterfactual.affected(user, job)
    seen = counterfactual.seen(user, job)
    context = {
        "job": job,
        "total": job.differences.count(),
        "differences": list(seen.select_related("package").order_by("pk")[:_SHOWN]),
        "seen": seen.count(),
        "gone": job.differences.filter(after__isnull=True).count(),
        "packages": found.packages.count(),
        "shipments": found.shipments.order_by("reference")[:_SHOWN],
        "orders": found.orders.order_by("name")[:_SHOWN],
        "commands": found.commands,
        "may_replay": user.may("messages.replay"),
    }
    is_script = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    name = "_counterfactual.html" if is_script else "counterfactual.html"
    return render(request, f"integrations/{name}", context)


@require_POST
@needs("messages.replay")
def counterfactual_replay(request: HttpRequest, job_id: str) -> HttpResponse:
    """Have the messages read again."""
    job = _job(request, job_id)
    try:
        counterfactual.replay(job, by=_person(request))
    except NotNow as wrong:
        notices.error(request, str(wrong))
    else:
        notices.success(request, "They are read again, a slice at a time.")
    return redirect("counterfactual", job_id=job_id)


@require_POST
@needs("messages.replay")
def counterfactual_compensate(request: HttpRequest, job_id: str) -> HttpResponse:
    """Ask for the command that makes one decision good."""
    user, job = _person(request), _job(request, job_id)
    original = get_object_or_404(
        user.scope.narrow(Command.objects.all()), public_id=request.POST.get("command", "")
    )
    try:
        made = counterfactual.compensate(job, original, by=user, why=request.POST.get("why", ""))
    except (BadMapping, NotNow) as wrong:
        notices.error(request, str(wrong))
    else:
        notices.success(request, f"{made.intent}: it waits for its approval.")
    return redirect("counterfactual", job_id=job_id)
