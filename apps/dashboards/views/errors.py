"""Refused, missing and broken, in plain words. A fragment gets the words without the frame."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

from apps.journal.correlation import current

# What a door's name (accounts.roles.MAY) means to the person who was refused at it.
_SAYS = {
    "tower.see": "The tower is for operations, customer service, finance and integrations.",
    "queue.see": "The queue is for the people who work on cases.",
    "case.work": "Only operations and customer service work on cases.",
    "orders.own": "Only operations, customer service and finance answer for orders.",
    "supplies.see": "Purchases and productions are for the desk.",
    "approvals.see": "The approvals are for operations, customer service and finance.",
    "release.decide": "Only finance decides on releases.",
    "integrations.see": "The integrations are for their owner and operations.",
    "integrations.manage": "Only the integration owner changes partners and mappings.",
    "partners.change": "Only the integration owner adds and changes partners.",
    "imports.run": "Only the integration owner imports files.",
    "jobs.see": "Long work is for the integration owner and operations.",
    "subscriptions.see": "Subscriptions are for the integration owner and operations.",
    "subscriptions.change": "Only the integration owner changes subscriptions.",
    "mappings.change": "Only the integration owner writes mappings.",
    "mappings.review": "Mappings are put into force by the integration owner or operations.",
    "messages.replay": "Only the integration owner replays messages.",
    "portal.own": "This page shows a customer's own orders; your account is not a customer's.",
}


@requires_csrf_token
def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but the role does not reach this."""
    says = _SAYS.get(str(exception or ""), "Your role does not include this.")
    return _page(
        request,
        403,
        "This is not yours to see",
        f"{says} Ask the person who gave you your account.",
    )


@requires_csrf_token
def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: no such thing, or not in this person's scope; the two look alike on purpose."""
    return _page(
        request,
        404,
        "There is nothing here",
        "The address is wrong, or what it names lies outside the companies and warehouses you were given.",
    )


@requires_csrf_token
def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault. Nothing that was confirmed before is lost."""
    return _page(
        request,
        500,
        "Something broke on our side",
        "What you had saved before is safe. Try again; if it happens twice, give this number to whoever runs the tower.",
    )


def _page(request: HttpRequest, status: int, title: str, says: str) -> HttpResponse:
    fragment = request.headers.get("HX-Request") == "true"
    name = "_refused.html" if fragment else "refused.html"
    context = {"title": title, "says": says, "status": status, "correlation_id": current()}
    return render(request, name, context, status=status)
