"""EasyPost's signature [doc]: HMAC-SHA256 of the body, keyed with the NFKD form of the secret.

The header is `X-Hmac-Signature: hmac-sha256-hex=<hex>`. No time is signed: a replay is stopped by
the message id.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from apps.integrations.formats.errors import Refused
from apps.integrations.formats.headers import matches_any, required_header

HEADER: Final = "X-Hmac-Signature"
_FORM: Final = re.compile(r"hmac-sha256-hex=([0-9a-fA-F]{64})")


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Raise Refused unless one of the secrets signed these bytes; now is not used, no time is
    signed.
    """
    match = _FORM.fullmatch(required_header(headers, HEADER))
    if match is None:
        raise Refused("invalid_signature", f"{HEADER} is not hmac-sha256-hex= and 64 hex digits")
    expected = [_signature(raw, secret).encode() for secret in secrets if secret]
    if not matches_any([match[1].lower().encode()], expected):
        raise Refused("invalid_signature", f"{HEADER} does not match")


def sign(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The header EasyPost sets; the message id stands in the body, not in a header."""
    return {HEADER: f"hmac-sha256-hex={_signature(raw, secret)}"}


def _signature(raw: bytes, secret: str) -> str:
    key = unicodedata.normalize("NFKD", secret).encode()
    return hmac.digest(key, raw, hashlib.sha256).hex()
