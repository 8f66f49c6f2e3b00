"""One call to a carrier's API, with its sign-in, its limits and its own words for what went wrong."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.request import getproxies

import httpx

from apps.integrations.formats.base import MAX_BODY_BYTES
from apps.integrations.models import Poll, PollAuth
from apps.integrations.outgoing import guard
from apps.integrations.outgoing.errors import AddressNotAllowed
from apps.integrations.polling import rules
from apps.integrations.polling.shapes import Ask
from apps.integrations.sealing import seal, unseal

TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0)
_WHOLE_S: Final = 20.0
_EARLY: Final = timedelta(seconds=60)  # a token is renewed before it runs out
_AGENT: Final = "controltower/1"
_ADDRESSES: Final = 3  # of one name are tried
_UNKNOWN: Final = frozenset({400, 404, 410, 422})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. known=False: the API does not know what was asked for."""

    raw: bytes
    media_type: str
    known: bool = True


class PollFailed(Exception):
    """The other side did not answer as it should; the text is one sentence that quotes no secret."""


class OverBudget(Exception):
    """One request more would be more than the partner's budget allows now."""


class PollRests(Exception):
    """The other side wants to be left alone for `rest`."""

    def __init__(self, rest: timedelta) -> None:
        super().__init__(f"asked for a rest of {rest.total_seconds():.0f} s")
        self.rest = rest


Opener = Callable[[], httpx.Client]
Spend = Callable[[], None]
"""Notes one request before it is made; raises OverBudget instead."""


def open_client() -> httpx.Client:
    """A client with time limits that follows nobody elsewhere, and calls checked addresses only.

    Where the environment names a proxy, the proxy resolves and connects, and it is its owner's to say where.
    """
    headers = {"User-Agent": _AGENT}
    if {"https", "http", "all"} & set(getproxies()):
        return httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers=headers)
    return httpx.Client(
        timeout=TIMEOUT, follow_redirects=False, headers=headers, transport=GuardedTransport()
    )


class GuardedTransport(httpx.HTTPTransport):
    """Resolves a name once, checks every address it has, and connects to the checked one (outgoing.guard).

    An answer is stored and shown: without this a partner's address would read what lies inside the network.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As HTTPTransport. Raises AddressNotAllowed, httpx.ConnectError."""
        asked = request.url
        host = asked.raw_host.decode("ascii").strip("[]")
        port = asked.port or (443 if asked.scheme == "https" else 80)
        try:
            addresses = guard.resolve(host, port, private=guard.named(host))
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError("the name cannot be resolved", request=request) from error
        last: httpx.TransportError = httpx.ConnectError("no address", request=request)
        request.extensions = {**request.extensions, "sni_hostname": host}
        for address in addresses[:_ADDRESSES]:
            request.url = asked.copy_with(host=address)
            try:
                return super().handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error
        raise last


def ask(client: httpx.Client, poll: Poll, wanted: Ask, now: datetime, spend: Spend) -> Answer:
    """Make one call. Raises PollFailed (away, refusing, too large), PollRests (429, or 503 with Retry-After) and
    OverBudget, which a call to sign in can be, too.

    A token that the API no longer takes is renewed once; where the budget leaves no room for that, it is a refusal.
    """
    answer = _call(client, poll, wanted, now, spend)
    if answer.status_code == 401 and poll.auth == PollAuth.OAUTH2:
        poll.token = None
        poll.save(update_fields=["token"])  # the next turn signs in, whatever becomes of this one
        try:
            answer = _call(client, poll, wanted, now, spend)
        except OverBudget as over:
            raise PollFailed("It refuses our token (HTTP 401).") from over
    status = answer.status_code
    if status == 429 or (status == 503 and answer.headers.get("Retry-After")):
        raise PollRests(rules.retry_after(answer.headers.get("Retry-After"), now))
    if status in (401, 403):
        raise PollFailed(f"It refuses our credentials (HTTP {status}).")
    if status not in (200, *_UNKNOWN):
        raise PollFailed(f"It answers HTTP {status}.")
    media = answer.headers.get("Content-Type", "").partition(";")[0].strip()[:80]
    return Answer(answer.content, media, known=status == 200)


def _call(
    client: httpx.Client, poll: Poll, wanted: Ask, now: datetime, spend: Spend
) -> httpx.Response:
    known_as = _credentials(client, poll, now, spend)
    headers = {"Accept": "application/json", **wanted.headers, **known_as}
    spend()
    return _send(
        client,
        wanted.method,
        poll.base_url.rstrip("/") + wanted.path,
        headers=headers,
        params=dict(wanted.params) or None,
        json=wanted.json,
    )


def _send(client: httpx.Client, method: str, url: str, **values: Any) -> httpx.Response:
    """The answer, read as far as MAX_BODY_BYTES."""
    with _named(), client.stream(method, url, **values) as streamed:
        raw, give_up = bytearray(), time.monotonic() + _WHOLE_S
        for chunk in streamed.iter_bytes():
            raw += chunk
            if time.monotonic() > give_up:  # a trickle keeps every single read within its limit
                raise PollFailed("It did not finish its answer in time.")
            if len(raw) > MAX_BODY_BYTES:
                raise PollFailed(f"Its answer is larger than {MAX_BODY_BYTES} bytes.")
        kept = {
            name: value
            for name, value in streamed.headers.items()
            if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
        }
        return httpx.Response(streamed.status_code, headers=kept, content=bytes(raw))


@contextmanager
def _named() -> Iterator[None]:
    """What the network does, in words."""
    try:
        yield
    except AddressNotAllowed as error:
        raise PollFailed(
            f"{error} A host inside your own is named in OUTGOING_ALLOW_PRIVATE."
        ) from error
    except httpx.TimeoutException as error:
        raise PollFailed("It did not answer in time.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PollFailed(f"It cannot be reached ({type(error).__name__}).") from error


def _credentials(client: httpx.Client, poll: Poll, now: datetime, spend: Spend) -> dict[str, str]:
    if poll.auth == PollAuth.NONE:
        return {}
    held = secrets_of(poll)
    if poll.auth == PollAuth.API_KEY:
        return {poll.header or "X-API-Key": held.get("key", "")}
    if poll.auth == PollAuth.BEARER:
        return {"Authorization": f"Bearer {held.get('key', '')}"}
    if poll.auth == PollAuth.BASIC:
        pair = f"{held.get('user', '')}:{held.get('key', '')}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {"Authorization": f"Bearer {_token(client, poll, held, now, spend)}"}


def secrets_of(poll: Poll) -> dict[str, str]:
    """The stored credentials: {"user", "key"}; empty when there are none."""
    return dict(json.loads(unseal(poll.sealed))) if poll.sealed else {}


def _token(
    client: httpx.Client, poll: Poll, held: dict[str, str], now: datetime, spend: Spend
) -> str:
    """The OAuth2 token: the kept one while it lasts, else a new one by client credentials (RFC 6749, 4.4)."""
    if poll.token and poll.token_until and poll.token_until > now:
        return unseal(poll.token)
    spend()
    answer = _send(
        client,
        "POST",
        poll.base_url.rstrip("/") + poll.token_path,
        data={
            "grant_type": "client_credentials",
            "client_id": held.get("user", ""),
            "client_secret": held.get("key", ""),
        },
        headers={"Accept": "application/json"},
        auth=httpx.BasicAuth(held.get("user", ""), held.get("key", "")),
    )
    if answer.status_code == 429:
        raise PollRests(rules.retry_after(answer.headers.get("Retry-After"), now))
    if answer.status_code != 200:
        raise PollFailed(f"It gives no token (HTTP {answer.status_code}).")
    try:
        document = answer.json()
        token, lasts_s = str(document["access_token"]), float(document.get("expires_in") or 600)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PollFailed("Its answer to the sign-in is no token.") from error
    poll.token = seal(token)
    poll.token_until = now + max(timedelta(seconds=min(lasts_s, 86_400)) - _EARLY, timedelta())
    poll.save(update_fields=["token", "token_until"])
    return token
