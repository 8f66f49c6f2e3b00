"""One call: sign, send, read at most 64 KiB of the answer, say how it went. No database here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpcore
import httpx
import structlog

from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.models.outgoing import Outcome
from apps.integrations.outgoing.errors import AddressNotAllowed
from apps.integrations.outgoing.guard import (
    CONNECT_S,
    READ_S,
    GuardedNetwork,
    Target,
    target,
)

log = structlog.get_logger(__name__)

MOST_READ: Final = 64 * 1024
MOST_KEPT: Final = 2000
LONGEST_WAIT_S: Final = 24 * 3600
"""A Retry-After that asks for more is taken for this much."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one call ended. retry_after_s: what the receiver asked for, in seconds, None when it did not."""

    outcome: str
    says: str
    http_status: int | None = None
    body: str = ""
    took_ms: int = 0
    retry_after_s: float | None = None

    @property
    def taken(self) -> bool:
        """2xx: the receiver has it."""
        return self.outcome == Outcome.SENT


def signed(
    body: bytes, secrets: Sequence[str], webhook_id: str, now: datetime
) -> list[tuple[str, str]]:
    """The Standard Webhooks headers; during a rotation both secrets sign, the newer one first."""
    scheme = SCHEMES["standard_webhooks"]
    each = [scheme.sign(body, secret, now, webhook_id) for secret in secrets]
    headers = dict(each[0])
    headers["webhook-signature"] = " ".join(one["webhook-signature"] for one in each)
    return list(headers.items())


class Line:
    """The connection of one lane to one address, kept open between deliveries. Use it in one thread."""

    def __init__(self) -> None:
        self._pool: httpcore.ConnectionPool | None = None
        self._network: GuardedNetwork | None = None
        self._url = ""

    def close(self) -> None:
        """Hang up."""
        if self._pool is not None:
            self._pool.close()
        self._pool, self._network, self._url = None, None, ""

    def post(
        self, url: str, body: str, secrets: Sequence[str], webhook_id: str, now: datetime
    ) -> Answer:
        """Send one event; never raises for what the other side does."""
        began = time.monotonic()
        try:
            answer = self._post(target(url), body.encode(), secrets, webhook_id, now)
        except AddressNotAllowed as error:
            answer = Answer(Outcome.BLOCKED, str(error))
        except httpcore.TimeoutException as error:
            slow = "connect" if isinstance(error, httpcore.ConnectTimeout) else "answer"
            answer = Answer(Outcome.TIMED_OUT, f"It took too long to {slow}.")
        except httpcore.ConnectError as error:
            answer = Answer(Outcome.UNREACHABLE, f"It cannot be reached: {_brief(error)}.")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            answer = Answer(Outcome.BROKEN_OFF, f"The connection broke: {_brief(error)}.")
        except Exception as error:  # what nobody foresaw is a failed try like any other: told, counted, tried again
            log.error("delivery_unforeseen", webhook=webhook_id, exc_info=error)
            answer = Answer(
                Outcome.BROKEN_OFF, f"It could not be sent or read ({type(error).__name__})."
            )
        if not answer.taken:
            self.close()
        took_ms = int((time.monotonic() - began) * 1000)
        return Answer(
            answer.outcome, answer.says[:300], answer.http_status, answer.body, took_ms,
            answer.retry_after_s,
        )  # fmt: skip

    def _post(
        self, to: Target, raw: bytes, secrets: Sequence[str], webhook_id: str, now: datetime
    ) -> Answer:
        pool, network = self._opened(to)
        network.begin()
        headers = [
            ("Host", _host(to)),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(raw))),
            ("User-Agent", "ControlTower-Webhooks/1"),
            *signed(raw, secrets, webhook_id, now),
        ]
        timeouts = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": CONNECT_S}
        with pool.stream(
            "POST", to.url, headers=headers, content=raw, extensions={"timeout": timeouts}
        ) as response:  # fmt: skip
            read = bytearray()
            for part in response.iter_stream():
                read += part
                if len(read) >= MOST_READ:
                    break
        if len(read) >= MOST_READ:
            self.close()  # the rest of it would be read as the next answer
        return _judged(response.status, dict(response.headers), bytes(read[:MOST_READ]), now)

    def _opened(self, to: Target) -> tuple[httpcore.ConnectionPool, GuardedNetwork]:
        if self._pool is None or self._network is None or self._url != to.url:
            self.close()
            self._network = GuardedNetwork(private=to.private)
            self._pool = httpcore.ConnectionPool(
                ssl_context=httpx.create_ssl_context(),
                max_connections=1,
                keepalive_expiry=20,
                http1=True,
                http2=False,
                retries=0,
                network_backend=self._network,
            )
            self._url = to.url
        return self._pool, self._network


def _host(to: Target) -> str:
    host = f"[{to.host}]" if ":" in to.host else to.host
    return host if to.port == (443 if to.scheme == "https" else 80) else f"{host}:{to.port}"


def _judged(status: int, headers: dict[bytes, bytes], read: bytes, now: datetime) -> Answer:
    body = read.decode("utf-8", "replace").replace("\x00", "")[:MOST_KEPT]
    named = {name.lower(): value for name, value in headers.items()}
    wait_s = retry_after_s(named.get(b"retry-after", b"").decode("latin-1"), now)
    if 200 <= status < 300:
        return Answer(Outcome.SENT, "", status, body)
    if 300 <= status < 400:
        return Answer(
            Outcome.REDIRECTED,
            f"It answered {status}: redirects are not followed; change the address.",
            status,
            body,
        )
    return Answer(Outcome.REFUSED, f"It answered {status}.", status, body, retry_after_s=wait_s)


def retry_after_s(text: str, now: datetime) -> float | None:
    """Retry-After in seconds from now, as a number or an HTTP date (RFC 9110 10.2.3); None when it says neither."""
    text = text.strip()
    if text.isdecimal() and len(text) < 10:
        return float(min(int(text), LONGEST_WAIT_S))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), float(LONGEST_WAIT_S))


def _brief(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:160].rstrip(".")
