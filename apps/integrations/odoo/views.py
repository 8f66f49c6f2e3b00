"""A person's word on a decision that is on its way to Odoo: take it back in time, or send it again."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations.models import Command
from apps.integrations.odoo.command import steering
from apps.integrations.odoo.command.errors import TooLate

Verb = Callable[..., Command]


@require_POST
@needs("commands.steer")
def take_back(request: HttpRequest, cause: str) -> HttpResponse:
    """Within the undo window: the command is cancelled and the hold stands again."""
    return _steer(request, cause, steering.take_back)


@require_POST
@needs("commands.steer")
def send_again(request: HttpRequest, cause: str) -> HttpResponse:
    """After somebody mended what parked it."""
    return _steer(request, cause, steering.send_again)


def _steer(request: HttpRequest, cause: str, verb: Verb) -> HttpResponse:
    """`cause` is the public id of the request or hold whose newest command is meant.

    Answers 204 to a script, whose page then refreshes itself; 409 with a sentence when it is too late.
    """
    user = request.user
    assert isinstance(user, User)
    command = user.scope.narrow(Command.objects.filter(cause=cause)).order_by("-id").first()
    if command is None:
        raise Http404
    try:
        verb(command, by=user, now=timezone.now())
    except TooLate as late:
        return HttpResponse(
            f"Too late. {late}", status=409, content_type="text/plain; charset=utf-8"
        )
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204)
    return redirect("command", command_id=command.public_id)
