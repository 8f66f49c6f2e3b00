"""What people do with a case, by POST. A refusal comes back as a sentence beside what was typed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.approvals.errors import ApprovalError
from apps.dashboards.queries import documents as stored
from apps.dashboards.views.fragments import wants_fragment
from apps.dashboards.views.queue import pane
from apps.exceptions import services
from apps.exceptions.errors import AlreadyResolved, AlreadyTaken, CaseError
from apps.exceptions.models import Case
from apps.shipments import documents
from apps.shipments.errors import BadDocument
from apps.shipments.models import Document

Work = Callable[..., None]
MOST_FILES = 5


def working(place: str) -> Callable[[Work], Callable[..., HttpResponse]]:
    """A POST on one case: finds it in the person's scope, does the work in one transaction, answers the pane.

    `place` names the form; a refusal is written into its `#wrong-<place>`, so that nothing typed is lost.
    """

    def wrap(work: Work) -> Callable[..., HttpResponse]:
        @require_POST
        @needs("queue.see")
        @wraps(work)
        def view(request: HttpRequest, public_id: str, **named: str) -> HttpResponse:
            case = Case.objects.visible_to(request.user).filter(public_id=public_id).first()
            if case is None:
                raise Http404
            try:
                with transaction.atomic():
                    work(request, case, **named)
            except (CaseError, ApprovalError, BadDocument) as error:
                return _refused(request, public_id, named.get("action", place), error)
            return _done(request, public_id)

        return view

    return wrap


def _done(request: HttpRequest, public_id: str) -> HttpResponse:
    if wants_fragment(request):
        return render(request, "dashboards/_case.html", pane(request, public_id))
    return redirect("case", public_id=public_id)


def _refused(request: HttpRequest, public_id: str, place: str, error: Exception) -> HttpResponse:
    says = getattr(error, "says", str(error))
    collided = isinstance(error, AlreadyTaken | AlreadyResolved)
    if wants_fragment(request) and not collided:
        response = render(request, "dashboards/_wrong.html", {"says": says}, status=422)
        response["HX-Retarget"] = f"#wrong-{place}"
        response["HX-Reswap"] = "innerHTML"
        return response
    status = 409 if collided else 422
    context = pane(request, public_id, notice=says)
    name = "dashboards/_case.html" if wants_fragment(request) else "dashboards/case.html"
    return render(request, name, context, status=status)


def _me(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


@working("take")
def take(request: HttpRequest, case: Case) -> None:
    """Make the case mine; a colleague who was faster is named."""
    services.take(case, by=_me(request), now=timezone.now())


@working("assign")
def assign(request: HttpRequest, case: Case) -> None:
    """Hand it to a colleague, or back to the team."""
    to = User.objects.filter(public_id=request.POST.get("to", ""), is_active=True).first()
    services.assign(case, to=to, by=_me(request), now=timezone.now())


@working("note")
def note(request: HttpRequest, case: Case) -> None:
    """Add a note that every team sees."""
    services.note(case, by=_me(request), text=request.POST.get("text", ""), now=timezone.now())


@working("resume")
def resume(request: HttpRequest, case: Case) -> None:
    """The wait is over; the clock runs on."""
    services.resume(case, by=_me(request), now=timezone.now())


@working("resolve")
def resolve(request: HttpRequest, case: Case) -> None:
    """Close it with a word why."""
    services.resolve(case, by=_me(request), says=request.POST.get("says", ""), now=timezone.now())


@working("act")
def act(request: HttpRequest, case: Case, action: str) -> None:
    """Do one of the playbook's actions; files that come with it are kept as evidence first."""
    data: dict[str, Any] = {name: request.POST.get(name, "") for name in request.POST}
    evidence = [*_chosen(request, case), *_added(request, case)]
    services.act(case, action, by=_me(request), data=data, now=timezone.now(), documents=evidence)


@working("evidence")
def evidence(request: HttpRequest, case: Case) -> None:
    """Add files to the case's shipment or order."""
    if not _me(request).may("evidence.add"):
        raise BadDocument("Your role cannot add evidence.")
    if not _added(request, case):
        raise BadDocument("Choose a file first: PDF, PNG or JPEG, at most 10 MB.")


def _chosen(request: HttpRequest, case: Case) -> list[Document]:
    ids = request.POST.getlist("document")
    return stored.named(_me(request), ids, order_id=case.order_id, shipment_id=case.shipment_id)


def _added(request: HttpRequest, case: Case) -> list[Document]:
    files = [file for name in ("files", "documents") for file in request.FILES.getlist(name)]
    if len(files) > MOST_FILES:
        raise BadDocument(f"At most {MOST_FILES} files at once.")
    kind = "pod" if request.POST.get("kind") == "pod" else "evidence"
    return [
        documents.add(
            content=file.read(), name=file.name or "document", kind=kind, by=_me(request), now=timezone.now(),
            shipment=case.shipment, order=case.order,
        )
        for file in files
    ]  # fmt: skip
