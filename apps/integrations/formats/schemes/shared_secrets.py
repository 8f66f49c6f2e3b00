"""Schemes that only show a secret: nothing ties it to the body or to a time.

Whoever learns the secret can send anything, and a message can be sent again later. Where a sender
knows nothing better, restrict his addresses too (`signs_body` is False: the screens say so).
They differ in where the secret stands; one place each, one check for all.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode

from apps.integrations.formats.errors import Refused
from apps.integrations.formats.headers import header, matches_any
from apps.integrations.formats.schemes.base import (
    QUERY,
    TOLERANCE_S,
    Scheme,
    any_text,
    given,
    header_text,
    invalid,
    strict_base64,
    token,
)

UPS_USER_AGENT: Final = "UPSPubSubTrackingService"
TOKEN: Final = "token"  # noqa: S105
_AUTHORIZATION: Final = re.compile(r"([A-Za-z]+) +(\S+)")
_LONGEST_QUERY: Final = 8192


@dataclass(frozen=True, slots=True)
class Place:
    """Where one kind of sender shows the secret.

    shown reads what stands there, in the bytes it may be written in, and raises Refused; written
    gives the headers that show a secret; check raises ValueError for one that cannot stand there.
    """

    what: str
    shown: Callable[[Mapping[str, str]], set[bytes]]
    written: Callable[[str], dict[str, str]]
    check: Callable[[str], None]


def verify(
    place: Place,
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """Raise Refused unless one of the secrets stands in its place; see Scheme.verify."""
    expected = [secret.encode("utf-8", "replace") for secret in secrets if secret]
    if not matches_any(sorted(place.shown(headers)), expected):
        raise invalid(f"{place.what} does not match")


def sign(place: Place, raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The headers of a sender who knows the secret; see Scheme.sign."""
    place.check(secret)
    return place.written(secret)


def _ups(headers: Mapping[str, str]) -> set[bytes]:
    """The string given at subscription in the header `credential`, and the name UPS calls itself.

    Version 1 [doc; the header was seen in public integrations]. Version 2 (OAuth2 at the receiver)
    is the scheme `bearer`.
    """
    credential = given(headers, "credential")
    if given(headers, "User-Agent") != UPS_USER_AGENT:
        raise invalid(f"User-Agent is not {UPS_USER_AGENT}")
    # latin-1 gives back the bytes of the header; WSGI servers decode headers that way.
    return {credential.encode("utf-8", "replace"), credential.encode("latin-1", "replace")}


def _authorization(headers: Mapping[str, str], kind: str) -> str:
    """What stands behind Bearer or Basic in the one Authorization header."""
    match = _AUTHORIZATION.fullmatch(given(headers, "Authorization"))
    if match is None or match[1].lower() != kind:
        raise invalid(f"Authorization is not {kind.capitalize()}")
    return match[2]


def _bearer(headers: Mapping[str, str]) -> set[bytes]:
    """`Authorization: Bearer <secret>`."""
    return {_authorization(headers, "bearer").encode("utf-8", "replace")}


def _basic(headers: Mapping[str, str]) -> set[bytes]:
    """`Authorization: Basic <base64 of user:password>` in UTF-8; the secret is user:password."""
    found = strict_base64(_authorization(headers, "basic"))
    if found is None:
        raise invalid("Authorization is not base64")
    return {found}


def check_basic(secret: str) -> None:
    """Raise ValueError unless both user and password stand there with a colon between."""
    user, colon, password = secret.partition(":")
    if not (user and colon and password):
        raise ValueError("write user:password")


def _in_the_address(headers: Mapping[str, str]) -> set[bytes]:
    """`?token=<secret>` in the address, exactly once. For Shippo without its header and the like:
    addresses end up in logs on the way, so this is the weakest of the schemes.
    """
    query = header(headers, QUERY) or ""
    if len(query) > _LONGEST_QUERY:
        raise invalid("the query of the address is too long")
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=64)
    except ValueError:
        raise invalid("the query of the address has too many fields") from None
    found = [value for name, value in fields if name == TOKEN]
    if not any(found):
        raise Refused("missing_signature", f"the address has no {TOKEN}")
    if len(found) != 1:
        raise invalid(f"{TOKEN} stands more than once in the address")
    return {found[0].encode("utf-8", "replace")}


UPS: Final = Place(
    "credential",
    _ups,
    lambda secret: {"credential": secret, "User-Agent": UPS_USER_AGENT},
    any_text,
)
BEARER: Final = Place(
    "the bearer token",
    _bearer,
    lambda secret: {"Authorization": f"Bearer {secret}"},
    header_text,
)
BASIC: Final = Place(
    "user and password",
    _basic,
    lambda secret: {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"},
    check_basic,
)
ADDRESS: Final = Place(
    f"the {TOKEN} of the address",
    _in_the_address,
    lambda secret: {QUERY: urlencode({TOKEN: secret})},
    any_text,
)


def _scheme(
    name: str,
    title: str,
    place: Place,
    hint: str,
    *header_names: str,
    generate: Callable[[], str] = token,
    provenance: str = "own",
) -> Scheme:
    return Scheme(
        name=name,
        title=title,
        header_names=header_names,
        verify=partial(verify, place),
        sign=partial(sign, place),
        generate=generate,
        check_secret=place.check,
        signs_body=False,
        signs_time=False,
        secret_hint=f"{hint}; restrict the addresses too",
        provenance=provenance,
    )


SCHEMES: Final = (
    _scheme(
        "ups_credential",
        "UPS credential",
        UPS,
        "the credential given to UPS at subscription",
        "credential",
        "User-Agent",
        provenance="doc",
    ),
    _scheme(
        "bearer", "Bearer token", BEARER, "the token, without the word Bearer", "Authorization"
    ),
    _scheme(
        "basic",
        "User and password",
        BASIC,
        "user:password",
        "Authorization",
        generate=lambda: f"tower:{token()}",
    ),
    _scheme(
        "url_token",
        "Token in the address",
        ADDRESS,
        "the sender posts to the address with ?token=…",
    ),
)
