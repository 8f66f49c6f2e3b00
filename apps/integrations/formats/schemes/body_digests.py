"""Schemes that put a digest of the body under a shared secret into one header.

They differ in the header, in how the digest is written and in what exactly is digested; one recipe
each, one check for all. Source: FORMATS, "Webhook signatures at a glance".
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from apps.integrations.formats.headers import matches_any
from apps.integrations.formats.schemes.base import (
    TOLERANCE_S,
    Scheme,
    any_text,
    given,
    invalid,
    must_be_fresh,
    token,
)

_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{43}=")
_TIME: Final = re.compile(r"[0-9]{1,12}")
_SHIPPO_HEADER: Final = "Shippo-Auth-Signature"
_MOST: Final = 16
"""Parts looked at in a Shippo header."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one sender digests and writes. prefix stands before the digest and names the algorithm;
    another prefix (a weaker algorithm) is invalid.
    """

    header: str
    digest: Callable[[bytes, str], bytes]
    prefix: str = ""
    hexadecimal: bool = True

    @property
    def form(self) -> str:
        """What the header has to look like, in words."""
        return (f"{self.prefix} and " if self.prefix else "") + (
            "64 hex digits" if self.hexadecimal else "32 bytes as base64"
        )

    def written(self, digest: bytes) -> str:
        """The digest as it stands in the header."""
        return digest.hex() if self.hexadecimal else base64.b64encode(digest).decode()


def hmac_sha256(raw: bytes, secret: str) -> bytes:
    """HMAC-SHA256 under the UTF-8 bytes of the secret."""
    return hmac.digest(secret.encode("utf-8", "replace"), raw, hashlib.sha256)


def hmac_sha256_nfkd(raw: bytes, secret: str) -> bytes:
    """The same under the NFKD form of the secret, as EasyPost's clients do."""
    return hmac_sha256(raw, unicodedata.normalize("NFKD", secret))


def sha256_with_key(raw: bytes, secret: str) -> bytes:
    """SHA-256 of body, "/" and key, as 17TRACK does. No HMAC, yet the key stands last, so nothing
    can be appended to a body that was overheard.
    """
    return hashlib.sha256(raw + b"/" + secret.encode("utf-8", "replace")).digest()


def _verify(
    recipe: Recipe,
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """As Scheme.verify; now is not used, no time is signed."""
    value = given(headers, recipe.header)
    digest = value.removeprefix(recipe.prefix)
    pattern = _HEX if recipe.hexadecimal else _BASE64
    if not value.startswith(recipe.prefix) or not pattern.fullmatch(digest):
        raise invalid(f"{recipe.header} is not {recipe.form}")
    found = (digest.lower() if recipe.hexadecimal else digest).encode()
    expected = [recipe.written(recipe.digest(raw, secret)).encode() for secret in secrets if secret]
    if not matches_any([found], expected):
        raise invalid(f"{recipe.header} does not match")


def _sign(
    recipe: Recipe, raw: bytes, secret: str, now: datetime, message_id: str
) -> dict[str, str]:
    """The one header; neither the time nor the message id stands in it."""
    any_text(secret)
    return {recipe.header: recipe.prefix + recipe.written(recipe.digest(raw, secret))}


def verify_shippo(
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """`t=<seconds>,v1=<hex>` over "t.body"; several v1 may stand there during a rotation."""
    parts = given(headers, _SHIPPO_HEADER).split(",", _MOST)[:_MOST]
    fields = [part.strip().partition("=") for part in parts]
    times = [value for name, _, value in fields if name == "t"]
    values = [value for name, _, value in fields if name == "v1"]
    if len(times) != 1 or not _TIME.fullmatch(times[0]) or not values:
        raise invalid(f"{_SHIPPO_HEADER} is not t=<seconds>,v1=<64 hex digits>")
    if not all(map(_HEX.fullmatch, values)):
        raise invalid(f"{_SHIPPO_HEADER}: v1 is not 64 hex digits")
    signed = times[0].encode() + b"." + raw
    expected = [hmac_sha256(signed, secret).hex().encode() for secret in secrets if secret]
    if not matches_any([value.lower().encode() for value in values], expected):
        raise invalid(f"{_SHIPPO_HEADER} does not match")
    must_be_fresh(_SHIPPO_HEADER, times[0], now, tolerance_s)


def sign_shippo(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The header Shippo sets."""
    any_text(secret)
    seconds = str(int(now.timestamp()))
    digest = hmac_sha256(seconds.encode() + b"." + raw, secret).hex()
    return {_SHIPPO_HEADER: f"t={seconds},v1={digest}"}


def _scheme(name: str, title: str, hint: str, recipe: Recipe, provenance: str = "doc") -> Scheme:
    return Scheme(
        name=name,
        title=title,
        header_names=(recipe.header,),
        verify=partial(_verify, recipe),
        sign=partial(_sign, recipe),
        generate=token,
        check_secret=any_text,
        signs_body=True,
        signs_time=False,
        secret_hint=hint,
        provenance=provenance,
    )


SCHEMES: Final = (
    _scheme(
        "easypost",
        "EasyPost",
        "the webhook secret you gave EasyPost when you made the webhook",
        Recipe("X-Hmac-Signature", hmac_sha256_nfkd, "hmac-sha256-hex="),
    ),
    _scheme(
        "aftership",
        "AfterShip",
        "the webhook secret of AfterShip Tracking, under Settings, Webhooks",
        Recipe("aftership-hmac-sha256", hmac_sha256, hexadecimal=False),
    ),
    _scheme(
        "fedex",
        "FedEx Advanced Integrated Visibility",
        "the security token of the FedEx webhook project",
        Recipe("fdx-signature", hmac_sha256, hexadecimal=False),
    ),
    _scheme(
        "dcsa",
        "DCSA Track & Trace",
        "the secret you sent the ocean carrier with the subscription",
        Recipe("Notification-Signature", hmac_sha256, "sha256="),
    ),
    _scheme(
        "seventeentrack",
        "17TRACK",
        "the API key of the 17TRACK account",
        Recipe("sign", sha256_with_key),
        "memory",
    ),
    _scheme(
        "hmac_sha256",
        "HMAC-SHA256 of the body",
        "any shared text; the sender sets X-Signature: sha256=<hex digest of the body>",
        Recipe("X-Signature", hmac_sha256, "sha256="),
        "own",
    ),
    Scheme(
        name="shippo",
        title="Shippo",
        header_names=(_SHIPPO_HEADER,),
        verify=verify_shippo,
        sign=sign_shippo,
        generate=token,
        check_secret=any_text,
        signs_body=True,
        signs_time=True,
        secret_hint="the HMAC secret Shippo set up for you; without one use a token in the address",  # noqa: S106
    ),
)
