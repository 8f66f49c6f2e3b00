"""The approvals: inbox, request or hold beside it, and the decision on the facts that were shown."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.approvals import services
from apps.approvals.errors import ApprovalError, ReasonMissing, StaleFacts
from apps.dashboards.queries import approvals
from apps.dashboards.queries import documents as stored
from apps.dashboards.views.fragments import asked_rows, is_live, wants_fragment
from apps.shipments import documents
from apps.shipments.errors import BadDocument


@require_GET
@needs("approvals.see")
@vary_on_headers("HX-Request", "X-Live")
def inbox(request: HttpRequest) -> HttpResponse:
    """The list of one tab; for the live script only the rows that changed."""
    name = "dashboards/_approvals_live.html" if is_live(request) else "dashboards/approvals.html"
    return render(request, name, _list(request))


@require_GET
@needs("approvals.see")
@vary_on_headers("HX-Request", "X-Live")
def approval(request: HttpRequest, public_id: str) -> HttpResponse:
    """One request or hold beside the list, or the pane alone. What is shown is remembered by its digest."""
    context = _pane(request, public_id)
    if wants_fragment(request):
        return render(request, "dashboards/_approval.html", context)
    return render(
        request, "dashboards/approvals.html", {**_list(request, chosen=public_id), **context}
    )


@require_POST
@needs("approvals.see")
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Grant or refuse, on the facts whose digest the form carries. The service refuses who asked (R197)."""
    found = _found(request, public_id)
    if found.request is None:
        raise Http404
    try:
        services.decide(
            found.request, by=_me(request), verdict=_verdict(request), reason=request.POST.get("reason", ""),
            seen=request.POST.get("seen", ""), now=timezone.now(),
        )  # fmt: skip
    except ReasonMissing as error:
        return _wrong(request, public_id, "reject", error.says)
    except StaleFacts as error:
        currency = approvals.currency_of(found.request)
        changed = [_change(one, found.raw_facts, currency) for one in error.changed]
        return _again(request, public_id, error.says, 409, changed=changed)
    except ApprovalError as error:
        return _again(
            request, public_id, error.says, 409 if error.code == "already_decided" else 403
        )
    return _again(request, public_id, "", 200)


@require_POST
@needs("approvals.see")
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whoever asked takes the question back."""
    found = _found(request, public_id)
    if found.request is None:
        raise Http404
    try:
        services.withdraw(found.request, by=_me(request), now=timezone.now())
    except ApprovalError as error:
        return _again(request, public_id, error.says, 409)
    return _again(request, public_id, "", 200)


@require_POST
@needs("approvals.see")
def ask(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for a hold to be released, with files as evidence."""
    found = _found(request, public_id)
    if found.request is not None or found.hold is None:
        raise Http404
    try:
        with transaction.atomic():
            asked = services.request_release(
                found.hold, by=_me(request), reason=request.POST.get("reason", ""),
                documents=_evidence(request, found), now=timezone.now(),
            )  # fmt: skip
    except (ApprovalError, BadDocument) as error:
        return _wrong(request, public_id, "ask", getattr(error, "says", str(error)))
    if wants_fragment(request):
        response = render(request, "dashboards/_approval.html", _pane(request, asked.public_id))
        response["HX-Push-Url"] = reverse("approval", args=[asked.public_id])
        return response
    return redirect("approval", public_id=asked.public_id)


def _me(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def _verdict(request: HttpRequest) -> str:
    return "grant" if request.POST.get("verdict") == "grant" else "reject"


def _evidence(request: HttpRequest, found: approvals.Detail) -> list[Any]:
    item = found.item
    chosen = stored.named(
        _me(request),
        request.POST.getlist("document"),
        order_id=item.order_id,
        shipment_id=item.shipment_id,
    )
    added = [
        documents.add(
            content=file.read(), name=file.name or "document", kind="evidence", by=_me(request), now=timezone.now(),
            shipment=item.shipment, order=item.order,
        )
        for file in request.FILES.getlist("documents")
    ]  # fmt: skip
    return [*chosen, *added]


def _found(request: HttpRequest, public_id: str) -> approvals.Detail:
    found = approvals.detail(_me(request), public_id)
    if found is None:
        raise Http404
    return found


def _pane(request: HttpRequest, public_id: str, **more: Any) -> dict[str, Any]:
    found = _found(request, public_id)
    now = timezone.now()
    if found.request is not None and found.request.state == "pending":
        services.remember_shown(found.request, found.raw_facts, found.digest, now)
    return {"detail": found, "item": found.item, "tab": _tab(request), "now": now, **more}


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("tab", "")
    if tab in approvals.TABS:
        return tab
    return "waiting"


def _list(request: HttpRequest, chosen: str = "") -> dict[str, Any]:
    tab, now, ids = _tab(request), timezone.now(), asked_rows(request)
    rows = approvals.rows(_me(request), tab, now, ids)
    shown = list(rows)
    if ids is not None:
        fitting = {row.public_id for row in rows}
        for row in approvals.named(_me(request), ids):
            if row.public_id not in fitting:
                row.left = True
                shown.append(row)
    return {
        "rows": shown, "tab": tab, "tabs": approvals.TABS, "counts": approvals.counts(_me(request), now),
        "total": approvals.total(rows), "chosen": chosen, "now": now, "query": f"tab={tab}" if tab != "waiting" else "",
        "list_url": f"{reverse('approvals')}?tab={tab}", "partial": ids is not None,
    }  # fmt: skip


def _again(
    request: HttpRequest, public_id: str, notice: str, status: int, **more: Any
) -> HttpResponse:
    context = _pane(request, public_id, notice=notice, **more)
    if wants_fragment(request):
        return render(request, "dashboards/_approval.html", context, status=status)
    if status == 200:
        return redirect("approval", public_id=public_id)
    return render(request, "dashboards/approval_alone.html", context, status=status)


def _wrong(request: HttpRequest, public_id: str, place: str, says: str) -> HttpResponse:
    if not wants_fragment(request):
        return _again(request, public_id, says, 422)
    response = render(request, "dashboards/_wrong.html", {"says": says}, status=422)
    response["HX-Retarget"] = f"#wrong-{place}"
    response["HX-Reswap"] = "innerHTML"
    return response


def _change(one: Any, facts: dict[str, Any], currency: str) -> dict[str, str]:
    return {
        "says": one.says,
        "was": approvals.value_words(one.field, one.was, facts, currency),
        "now": approvals.value_words(one.field, one.now, facts, currency),
    }
