"""Standard Webhooks (standardwebhooks.com): the signature scheme of our own WMS and 3PL formats.

HMAC-SHA256 over "id.timestamp.body", base64, in `webhook-signature` as `v1,…`; several values
stand beside each other while a secret is being changed. The library `standardwebhooks` reads its
own clock and wants the body as text, while here the clock is the caller's and the body may be any
bytes: so the check is ours, and the tests hold both against each other.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from apps.integrations.formats.errors import Refused
from apps.integrations.formats.headers import matches_any, required_header

TOLERANCE_S: Final = 300
_SECRET_PREFIX: Final = "whsec_"  # noqa: S105
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Raise Refused unless one of the secrets signed these bytes within 300 s of now, in either
    direction.

    Only `v1` counts: other versions (v1a needs a public key) are passed over, as the standard asks.
    """
    message_id = required_header(headers, "webhook-id")
    timestamp = required_header(headers, "webhook-timestamp")
    signature = required_header(headers, "webhook-signature")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise Refused("invalid_signature", "webhook-timestamp is not a number of seconds")
    given = [
        part[3:].encode("utf-8", "replace") for part in signature.split() if part.startswith("v1,")
    ]
    keys = (_key(secret) for secret in secrets)
    expected = [_signature(key, message_id, timestamp, raw) for key in keys if key]
    if not matches_any(given, expected):
        raise Refused("invalid_signature", "webhook-signature does not match")
    if abs(int(timestamp) - now.timestamp()) > TOLERANCE_S:
        raise Refused("stale_timestamp", f"webhook-timestamp is more than {TOLERANCE_S} s away")


def sign(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The headers a sender sets. Raises ValueError for a secret that is not whsec_ and base64."""
    key = _key(secret)
    if not key:
        raise ValueError("the secret must be whsec_ followed by base64")
    timestamp = str(int(now.timestamp()))
    signature = _signature(key, message_id, timestamp, raw).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def _key(secret: str) -> bytes:
    """The bytes of a secret; empty (which signs nothing) when it is not base64."""
    try:
        return base64.b64decode(secret.removeprefix(_SECRET_PREFIX) + "==")
    except (binascii.Error, ValueError):
        return b""


def _signature(key: bytes, message_id: str, timestamp: str, raw: bytes) -> bytes:
    # latin-1 gives back the bytes of the header; WSGI servers decode headers that way.
    signed = f"{message_id}.{timestamp}.".encode("latin-1", "replace") + raw
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
