"""Where Odoo's automation rules post: answered at once, since 18.0 waits inside its transaction (FACTS 9)."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.accounts.api_errors import problem_response
from apps.integrations.errors import BadPartner
from apps.integrations.models import OdooHook
from apps.integrations.odoo.follow import due, hints
from apps.integrations.odoo.line.client import DEFAULT
from apps.integrations.partners import seal, unseal
from apps.journal.wake import wake
from apps.mirror.specs import BY_MODEL, moment

_LARGEST: Final = 64 * 1024
_OUR_MOVES: Final = ("out_invoice", "out_refund", "in_invoice", "in_refund")
_CLOCK: Final = "res.company"
"""Whose hint is that of Odoo's scheduled action: no rule of ours stands on companies, and 18.0 tells no names."""
_LARGEST_ID: Final = 2**31 - 1


@csrf_exempt
@require_POST
def hook(request: HttpRequest, token: str) -> HttpResponse:
    """Keep a hint and wake the feed. The token in the path is the only proof; the body is only a hint.

    202 for a hint that is kept, 204 for one about something not mirrored, 404 for an unknown token.
    """
    found = OdooHook.objects.filter(token_digest=_digest(token)).only("pk", "connection").first()
    if found is None:
        return problem_response(404, "Not found", "There is no such address.")
    now = timezone.now()
    OdooHook.objects.filter(
        Q(heard_at=None) | Q(heard_at__lt=now - timedelta(seconds=10)), pk=found.pk
    ).update(heard_at=now)
    hint = _hint(request)
    if hint is None:
        return problem_response(
            400, "Not a hint", "The body must be a JSON object with _model and _id."
        )
    model, odoo_id, write_date, ours = hint
    if model == _CLOCK:
        due.ask(found.connection, now)
        wake("odoo.reconcile")
    if not ours:
        return HttpResponse(status=204)
    hints.keep(found.connection, model, odoo_id, write_date, now)
    wake("odoo.feed")
    return HttpResponse(status=202)


def _hint(request: HttpRequest) -> tuple[str, int, str, bool] | None:
    """(model, id, write_date, whether we mirror it); None for a body that is none."""
    try:
        if int(request.headers.get("Content-Length") or 0) > _LARGEST:
            return None
        body: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    model, odoo_id, written = body.get("_model"), body.get("_id"), body.get("write_date")
    if not isinstance(model, str) or type(odoo_id) is not int or not 0 < odoo_id <= _LARGEST_ID:
        return None
    ours = model in BY_MODEL and (
        model != "account.move" or body.get("move_type", _OUR_MOVES[0]) in _OUR_MOVES
    )
    return model, odoo_id, _moment_text(written), ours


def _moment_text(written: Any) -> str:
    """What is kept is compared later, by a worker that must not stumble over it; empty for what is no time."""
    if not isinstance(written, str) or not written.isascii() or not written.isprintable():
        return ""
    try:
        return written if moment(written[:19]) else ""
    except ValueError:
        return ""


def address(connection: str = DEFAULT) -> str:
    """The address for Odoo's rules of this connection; its token is made once and kept sealed.

    Where SECRET_KEY changed since, the token is made anew: `odoo_bootstrap` then mends the rules.
    """
    row = OdooHook.objects.filter(connection=connection).first()
    if row is None:
        token = secrets.token_urlsafe(32)
        row, _ = OdooHook.objects.get_or_create(
            connection=connection,
            defaults={"token_digest": _digest(token), "sealed_token": seal(token)},
        )
    try:
        token = unseal(bytes(row.sealed_token))
    except BadPartner:
        token = secrets.token_urlsafe(32)
        OdooHook.objects.filter(pk=row.pk).update(
            token_digest=_digest(token), sealed_token=seal(token)
        )
    return f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/odoo/{token}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
