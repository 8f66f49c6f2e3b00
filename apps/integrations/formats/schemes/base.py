"""What a scheme is: how a sender shows that a message is from him, and nobody changed it.

A scheme belongs to the partner, not to the format: one carrier's JSON may come signed by the
carrier, by a middleware, or from a sender who knows nothing but a bearer token.
"""

import binascii
import secrets as randomness
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from apps.integrations.formats.errors import Refused
from apps.integrations.formats.headers import required_header

TOLERANCE_S: Final = 300
"""How far a signed time may be from the receiver's clock, in seconds. Source: FORMATS 0.6."""

QUERY: Final = ":query"
"""Where the query of the address stands among the headers. No header of a request can have this
name, so nobody can send one.
"""

_LONGEST_HEADER: Final = 8192


class Verify(Protocol):
    """The check of one scheme; see Scheme.verify."""

    def __call__(
        self,
        raw: bytes,
        headers: Mapping[str, str],
        secrets: Sequence[str],
        now: datetime,
        /,
        tolerance_s: int = TOLERANCE_S,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to sign.

    verify(raw, headers, secrets, now, tolerance_s=300) raises Refused("missing_signature") when a
    header of header_names is absent or blank, Refused("invalid_signature") when none of the secrets
    fits, a header is malformed or names a weak algorithm, Refused("stale_timestamp") when the
    signed time is further than tolerance_s from now, in either direction. Header names may come
    in any case. sign(raw, secret, now, message_id) gives the headers a sender would set (QUERY:
    what stands in the address instead). generate() makes a fresh secret; check_secret(secret)
    raises ValueError for one that cannot be used. signs_body: a changed body is noticed.
    signs_time: a replay is noticed by its age, not only by its message id. secret_hint tells a
    person what to paste where. provenance as in the code tables.
    """

    name: str
    title: str
    header_names: tuple[str, ...]
    verify: Verify
    sign: Callable[[bytes, str, datetime, str], dict[str, str]]
    generate: Callable[[], str]
    check_secret: Callable[[str], None]
    signs_body: bool
    signs_time: bool
    secret_hint: str
    provenance: str = "doc"


def token() -> str:
    """A fresh secret of 256 bits that survives headers, addresses and copying by hand."""
    return randomness.token_urlsafe(32)


def any_text(secret: str) -> None:
    """Raise ValueError for a blank secret."""
    if not secret.strip():
        raise ValueError("the secret is empty")


def header_text(secret: str) -> None:
    """Raise ValueError for a secret that no header can carry as it is: visible ASCII only."""
    any_text(secret)
    if not all("!" <= char <= "~" for char in secret):
        raise ValueError("the secret may only hold visible ASCII characters without spaces")


def given(headers: Mapping[str, str], name: str) -> str:
    """A header that has to be there. Raises Refused for one that is absent, blank or huge."""
    found = required_header(headers, name)
    if len(found) > _LONGEST_HEADER:
        raise invalid(f"{name} is longer than {_LONGEST_HEADER} characters")
    return found


def invalid(detail: str) -> Refused:
    """The refusal of a signature that does not hold."""
    return Refused("invalid_signature", detail)


def must_be_fresh(name: str, seconds: str, now: datetime, tolerance_s: int) -> None:
    """Raise Refused("stale_timestamp") for a signed time too far from now. Call it after the
    signature held: what an unsigned time says is nothing to tell anybody about.
    """
    if abs(int(seconds) - now.timestamp()) > tolerance_s:
        raise Refused("stale_timestamp", f"{name} is more than {tolerance_s} s away")


def strict_base64(text: str) -> bytes | None:
    """The bytes of a standard base64 text with its padding, or None."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
