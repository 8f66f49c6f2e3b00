"""The page of a runbook; it prints on one sheet."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import needs
from apps.integrations import runbooks


@require_GET
@needs("queue.see")
def runbook(request: HttpRequest, kind: str) -> HttpResponse:
    """What a kind of case means, what works meanwhile, and what to do, also by hand."""
    found = runbooks.runbook(kind)
    if found is None:
        raise Http404
    return render(request, "integrations/runbook.html", {"runbook": found})
