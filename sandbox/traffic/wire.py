"""HTTP to Odoo and to the tower. Every failure to reach them is an Unreachable."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

from .messages import Message, headers, secret_of

TIMEOUT_S = 30.0


class Unreachable(Exception):
    """The other side is down or not ready: try again later."""


class Refused(Exception):
    """The other side said no for good."""


class Odoo:
    """One Odoo user over JSON-RPC."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self._url, self._database = url.rstrip("/"), database
        self._login, self._password = login, password
        self._uid = 0

    def __call__(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """The result. Raises Unreachable or Refused (an Odoo error)."""
        if not self._uid:
            self._uid = self._rpc("common", "login", self._database, self._login, self._password)
            if not self._uid:
                raise Unreachable(f"Odoo does not let {self._login} in")
        return self._rpc(
            "object",
            "execute_kw",
            self._database,
            self._uid,
            self._password,
            model,
            method,
            list(args),
            kwargs,
        )

    def _rpc(self, service: str, method: str, *args: Any) -> Any:
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": 1,
            "params": {"service": service, "method": method, "args": list(args)},
        }
        status, answer = _post(
            f"{self._url}/jsonrpc", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        if status != 200:
            raise Unreachable(f"Odoo answered {status}")
        told = json.loads(answer)
        if "error" in told:
            raise Refused(told["error"]["data"]["message"])
        return told.get("result")


class Tower:
    """The tower's door for partner messages."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def send(self, message: Message) -> int:
        """The status of an accepted message. Raises Unreachable, or Refused for bad content."""
        signed = headers(message, secret_of(message.slug), datetime.now(UTC))
        status, answer = _post(f"{self._url}/api/v1/messages/{message.slug}", message.body, signed)
        if status < 300:
            return status
        if status in (400, 409, 413, 415, 422):
            raise Refused(f"{status} {answer[:200]!r}")
        raise Unreachable(f"the tower answered {status} for {message.slug}")


def _post(url: str, body: bytes, given: dict[str, str]) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body, given, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(str(error)) from error
