"""Standard Webhooks (standardwebhooks.com): how our own WMS, 3PL and middleware sources sign.

v1: HMAC-SHA256 over "id.timestamp.body", base64, in `webhook-signature` as `v1,…`; several values
stand beside each other while a secret is being changed. v1a: ed25519 over the same bytes, `v1a,…`;
the receiver knows the public key only (`whpk_` and base64). The library `standardwebhooks` reads
its own clock and wants the body as text, while here the clock is the caller's and the body may be
any bytes, and it knows no v1a: so the check is ours, and the tests hold both against each other.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as randomness
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from apps.integrations.formats.headers import matches_any
from apps.integrations.formats.schemes.base import (
    TOLERANCE_S,
    Scheme,
    given,
    invalid,
    must_be_fresh,
    strict_base64,
)

_SECRET: Final = "whsec_"  # noqa: S105
_PRIVATE: Final = "whsk_"
_PUBLIC: Final = "whpk_"
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_MOST: Final = 16
"""Signatures looked at in one header; a rotation needs two."""


def verify(
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """Raise Refused unless one of the secrets signed these bytes within the window around now.

    Versions other than v1 and v1a are passed over, as the standard asks.
    """
    message_id = given(headers, "webhook-id")
    timestamp = given(headers, "webhook-timestamp")
    signature = given(headers, "webhook-signature")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise invalid("webhook-timestamp is not a number of seconds")
    signed = _signed(message_id, timestamp, raw)
    parts = signature.split(maxsplit=_MOST)[:_MOST]
    symmetric = [part[3:].encode("utf-8", "replace") for part in parts if part.startswith("v1,")]
    keys = (_key(secret) for secret in secrets)
    expected = [_hmac(key, signed) for key in keys if key]
    if not matches_any(symmetric, expected) and not _ed25519(parts, secrets, signed):
        raise invalid("webhook-signature does not match")
    must_be_fresh("webhook-timestamp", timestamp, now, tolerance_s)


def sign(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The headers a sender sets. Raises ValueError for a secret that cannot sign."""
    check_secret(secret)
    timestamp = str(int(now.timestamp()))
    signed = _signed(message_id, timestamp, raw)
    private = _private_key(secret)
    if private is not None:
        signature = "v1a," + base64.b64encode(private.sign(signed)).decode()
    elif secret.startswith(_PUBLIC):
        raise ValueError("a public key cannot sign")
    else:
        signature = "v1," + _hmac(_key(secret), signed).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
    }


def generate() -> str:
    """A fresh shared secret of 256 bits."""
    return _SECRET + base64.b64encode(randomness.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Raise ValueError unless the secret is whsec_, or a key as whpk_ or whsk_, and base64."""
    asymmetric = _public_key(secret) or _private_key(secret)
    if not asymmetric and not _key(secret):
        raise ValueError("the secret must be whsec_ (or whpk_, a public key) followed by base64")


def _key(secret: str) -> bytes:
    """The bytes of a shared secret; empty (which signs nothing) when it is none.

    A public key is no shared secret: else whoever knows it could sign with it as v1.
    """
    if secret.startswith((_PUBLIC, _PRIVATE)):
        return b""
    try:
        return base64.b64decode(secret.removeprefix(_SECRET) + "==")
    except (binascii.Error, ValueError):
        return b""


def _hmac(key: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


def _signed(message_id: str, timestamp: str, raw: bytes) -> bytes:
    # latin-1 gives back the bytes of the header; WSGI servers decode headers that way.
    return f"{message_id}.{timestamp}.".encode("latin-1", "replace") + raw


def _ed25519(parts: Sequence[str], secrets: Sequence[str], signed: bytes) -> bool:
    """Whether a v1a value is the signature of one of the keys. Nothing here is secret, so no
    comparison has to take the same time.
    """
    values = [strict_base64(part[4:]) for part in parts if part.startswith("v1a,")]
    if not values:
        return False
    for key in filter(None, map(_public_key, secrets)):
        for value in filter(None, values):
            try:
                key.verify(value, signed)
            except InvalidSignature:
                continue
            return True
    return False


def _public_key(secret: str) -> Ed25519PublicKey | None:
    """The key that verifies: from whpk_, or from whsk_ (our own tests and tools hold both)."""
    private = _private_key(secret)
    if private is not None:
        return private.public_key()
    if not secret.startswith(_PUBLIC):
        return None
    raw = strict_base64(secret.removeprefix(_PUBLIC))
    return Ed25519PublicKey.from_public_bytes(raw) if raw and len(raw) == 32 else None


def _private_key(secret: str) -> Ed25519PrivateKey | None:
    """whsk_ holds the 32 bytes of the seed, in the standard's own form with the public key behind
    them.
    """
    if not secret.startswith(_PRIVATE):
        return None
    raw = strict_base64(secret.removeprefix(_PRIVATE))
    return Ed25519PrivateKey.from_private_bytes(raw[:32]) if raw and len(raw) in {32, 64} else None


SCHEME: Final = Scheme(
    name="standard_webhooks",
    title="Standard Webhooks",
    header_names=("webhook-id", "webhook-timestamp", "webhook-signature"),
    verify=verify,
    sign=sign,
    generate=generate,
    check_secret=check_secret,
    signs_body=True,
    signs_time=True,
    secret_hint="whsec_ and base64, the same on both sides; or the sender's public key as whpk_",  # noqa: S106
)
