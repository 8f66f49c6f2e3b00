"""One answer for one Idempotency-Key: a write that is sent again is answered again, not done again (R225).

For clients of our own write API. The effect and the answer are committed together, so a crash leaves neither or
both; a second request with the same key waits for the first and gets its answer. Commands keep keys of their own
(their answer tells the command as it is now), and partners' messages have ids: neither passes here.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, cast

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.api_auth import TokenAuthentication
from apps.accounts.api_errors import problem_response
from apps.accounts.models import ApiAnswer

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT: Final = timedelta(days=7)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_API: Final = "/api/v1/"
_OWN: Final = re.compile(r"/api/v1/(?:commands/?$|messages/[^/]+/?$|odoo/)")
_NOT_ANSWERS: Final = frozenset({401, 403, 429})
"""Refused before anything was looked at: with the right token, or later, the same request may be answered."""
_PATIENCE: Final = "SET LOCAL lock_timeout = '10s'"


class IdempotencyMiddleware:
    """Stands after authentication, so that a session's person is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get(HEADER, "")
        if not key or request.method not in _WRITES or not concerns(request.path):
            return self.get_response(request)
        client = _client(request)
        if not client:
            return self.get_response(request)
        if not _KEY.fullmatch(key):
            detail = "An Idempotency-Key has 1 to 200 visible ASCII characters."
            return problem_response(400, "Bad idempotency key", detail, reason="bad_key")
        try:
            return self._once(request, client, key)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != "55P03":
                raise
            detail = "The first request with this key is still being answered."
            answer = problem_response(409, "Still being answered", detail, reason="in_progress")
            answer.headers["Retry-After"] = "1"
            return answer

    def _once(self, request: HttpRequest, client: str, key: str) -> HttpResponse:
        """The first answer; the row of the key is locked until it is committed with the effect."""
        asked = _fingerprint(request)
        with transaction.atomic():
            if not _claim(client, key, asked):
                return _again(client, key, asked)
            answer = self.get_response(request)
            if answer.status_code >= 500 or answer.status_code in _NOT_ANSWERS or answer.streaming:
                transaction.set_rollback(True)
            else:
                ApiAnswer.objects.filter(client=client, key=key).update(
                    status=answer.status_code,
                    media_type=answer.headers.get("Content-Type", "")[:100],
                    body=answer.content,
                )
            return answer


def concerns(path: str) -> bool:
    """Whether a write to this address may carry a key."""
    return path.startswith(_API) and _OWN.match(path) is None


def _client(request: HttpRequest) -> str:
    """Who asks: an API client by a valid token, else the person of the session; empty: the view refuses."""
    if request.headers.get("Authorization"):
        try:
            found = TokenAuthentication().authenticate(cast(Request, request))
        except AuthenticationFailed:
            return ""
        return f"client:{found[1].client_id}" if found else ""
    return f"user:{request.user.pk}" if request.user.is_authenticated else ""


def _fingerprint(request: HttpRequest) -> str:
    parts = (request.method or "", request.get_full_path(), request.content_type or "")
    sha = hashlib.sha256("\n".join(parts).encode())
    sha.update(b"\n" + request.body)
    return sha.hexdigest()


def _claim(client: str, key: str, asked: str) -> bool:
    """Whether this request is the first of its key; waits for one that is being answered."""
    with connection.cursor() as cursor:
        cursor.execute(_PATIENCE)
        cursor.execute(
            "INSERT INTO accounts_apianswer (client, key, asked, status, media_type, body, at)"
            " VALUES (%s, %s, %s, 0, '', '', now()) ON CONFLICT (client, key) DO NOTHING",
            [client, key, asked],
        )
        is_first = cursor.rowcount == 1
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return is_first


def _again(client: str, key: str, asked: str) -> HttpResponse:
    known = ApiAnswer.objects.get(client=client, key=key)
    if known.asked != asked:
        detail = "This Idempotency-Key came with another request before."
        return problem_response(409, "Key taken", detail, reason="key_taken")
    answer = HttpResponse(bytes(known.body), status=known.status, content_type=known.media_type)
    answer.headers[REPLAYED] = "true"
    return answer


def forget(now: datetime) -> int:
    """Drop answers older than KEPT; returns how many went."""
    gone, _ = ApiAnswer.objects.filter(at__lt=now - KEPT).delete()
    return gone
