"""Schemes that only show a secret: nothing ties it to the body or to a time.

Whoever learns the secret can send anything, and a message can be sent again later. Where a sender
knows nothing better, restrict his addresses too (`signs_body` is False: the screens say so).
"""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
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


def _must_match(found: bytes, secrets: Sequence[str], what: str) -> None:
    expected = [secret.encode("utf-8", "replace") for secret in secrets if secret]
    if not matches_any([found], expected):
        raise invalid(f"{what} does not match")


def verify_ups(
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """The string given at subscription in the header `credential`, and the name UPS calls itself.

    Version 1 [doc; the header was seen in public integrations]. Version 2 (OAuth2 at the receiver)
    is the scheme `bearer`.
    """
    credential = given(headers, "credential")
    agent = given(headers, "User-Agent")
    # latin-1 gives back the bytes of the header; WSGI servers decode headers that way.
    candidates = {credential.encode("utf-8", "replace"), credential.encode("latin-1", "replace")}
    expected = [secret.encode("utf-8", "replace") for secret in secrets if secret]
    if not matches_any(sorted(candidates), expected):
        raise invalid("credential does not match")
    if agent != UPS_USER_AGENT:
        raise invalid(f"User-Agent is not {UPS_USER_AGENT}")


def sign_ups(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The headers UPS sets; only the secret matters."""
    any_text(secret)
    return {"credential": secret, "User-Agent": UPS_USER_AGENT}


def _authorization(headers: Mapping[str, str], kind: str) -> str:
    """What stands behind Bearer or Basic in the one Authorization header."""
    match = _AUTHORIZATION.fullmatch(given(headers, "Authorization"))
    if match is None or match[1].lower() != kind:
        raise invalid(f"Authorization is not {kind.capitalize()}")
    return match[2]


def verify_bearer(
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """`Authorization: Bearer <secret>`."""
    found = _authorization(headers, "bearer")
    _must_match(found.encode("utf-8", "replace"), secrets, "the bearer token")


def sign_bearer(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The header of a sender who knows the token."""
    header_text(secret)
    return {"Authorization": f"Bearer {secret}"}


def verify_basic(
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """`Authorization: Basic <base64 of user:password>` in UTF-8; the secret is user:password."""
    found = strict_base64(_authorization(headers, "basic"))
    if found is None:
        raise invalid("Authorization is not base64")
    _must_match(found, secrets, "user and password")


def sign_basic(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The header of a sender who knows user and password."""
    check_basic(secret)
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def check_basic(secret: str) -> None:
    """Raise ValueError unless both user and password stand there with a colon between."""
    user, colon, password = secret.partition(":")
    if not (user and colon and password):
        raise ValueError("write user:password")


def verify_url_token(
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
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
    _must_match(found[0].encode("utf-8", "replace"), secrets, f"the {TOKEN} of the address")


def sign_url_token(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The query of the address, under QUERY."""
    any_text(secret)
    return {QUERY: urlencode({TOKEN: secret})}


SCHEMES: Final = (
    Scheme(
        name="ups_credential",
        title="UPS credential",
        header_names=("credential", "User-Agent"),
        verify=verify_ups,
        sign=sign_ups,
        generate=token,
        check_secret=any_text,
        signs_body=False,
        signs_time=False,
        secret_hint="the credential given to UPS at subscription; restrict the addresses too",  # noqa: S106
    ),
    Scheme(
        name="bearer",
        title="Bearer token",
        header_names=("Authorization",),
        verify=verify_bearer,
        sign=sign_bearer,
        generate=token,
        check_secret=header_text,
        signs_body=False,
        signs_time=False,
        secret_hint="the token, without the word Bearer; restrict the addresses too",  # noqa: S106
        provenance="own",
    ),
    Scheme(
        name="basic",
        title="User and password",
        header_names=("Authorization",),
        verify=verify_basic,
        sign=sign_basic,
        generate=lambda: f"tower:{token()}",
        check_secret=check_basic,
        signs_body=False,
        signs_time=False,
        secret_hint="user:password; restrict the addresses too",  # noqa: S106
        provenance="own",
    ),
    Scheme(
        name="url_token",
        title="Token in the address",
        header_names=(),
        verify=verify_url_token,
        sign=sign_url_token,
        generate=token,
        check_secret=any_text,
        signs_body=False,
        signs_time=False,
        secret_hint="the sender posts to the address with ?token=…; restrict the addresses too",  # noqa: S106
        provenance="own",
    ),
)
