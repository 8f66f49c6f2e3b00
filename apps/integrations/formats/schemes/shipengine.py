"""ShipEngine's signature: RSA-SHA256 over "timestamp.body". Source: FORMATS [memory].

The sender publishes its public keys as a JWKS. Nothing is fetched while a message waits: the
partner's secret is the key itself, as PEM or as the JWK (or the whole JWKS) that ShipEngine shows;
during a rotation both keys stand beside each other, so the key id needs no look.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from apps.integrations.formats.schemes.base import (
    TOLERANCE_S,
    Scheme,
    given,
    invalid,
    must_be_fresh,
    strict_base64,
)
from apps.integrations.formats.times import parse_iso

_SIGNATURE: Final = "x-shipengine-rsa-sha256-signature"
_TIMESTAMP: Final = "x-shipengine-timestamp"
_LEAST_BITS: Final = 2048
_PEM: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)


def verify(
    raw: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
    /,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """Raise Refused unless one of the keys signed these bytes within the window around now."""
    signature = strict_base64(given(headers, _SIGNATURE))
    timestamp = given(headers, _TIMESTAMP)
    if signature is None:
        raise invalid(f"{_SIGNATURE} is not base64")
    seconds = _seconds(timestamp)
    if seconds is None:
        raise invalid(f"{_TIMESTAMP} is no time")
    signed = timestamp.encode("latin-1", "replace") + b"." + raw
    if not any(_holds(key, signature, signed) for secret in secrets for key in _keys(secret)):
        raise invalid(f"{_SIGNATURE} does not match")
    must_be_fresh(_TIMESTAMP, seconds, now, tolerance_s)


def sign(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The headers a sender sets; secret is a private key as PEM. Raises ValueError for others."""
    check_secret(secret)
    if "PRIVATE KEY" not in secret:
        raise ValueError("a public key cannot sign")
    key = _private(secret)
    timestamp = now.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    signature = key.sign(timestamp.encode() + b"." + raw, padding.PKCS1v15(), hashes.SHA256())
    return {_SIGNATURE: base64.b64encode(signature).decode(), _TIMESTAMP: timestamp}


def generate() -> str:
    """A fresh private key as PEM, for senders of one's own; ShipEngine has its key already."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_LEAST_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def check_secret(secret: str) -> None:
    """Raise ValueError unless the secret is an RSA key of at least 2048 bits."""
    if not _keys(secret):
        raise ValueError(f"the secret must be an RSA key of {_LEAST_BITS} bits, as PEM or JWK")


def _seconds(timestamp: str) -> str | None:
    """An ISO 8601 time as whole seconds since 1970."""
    moment = parse_iso(timestamp)
    if not isinstance(moment, datetime):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return str(int(aware.timestamp()))


def _holds(key: rsa.RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=8)
def _private(secret: str) -> rsa.RSAPrivateKey:
    """The private key in a secret; kept, because reading one costs ten times what signing does."""
    key = serialization.load_pem_private_key(_lined(secret), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the secret is no RSA key")
    return key


@lru_cache(maxsize=64)
def _keys(secret: str) -> tuple[rsa.RSAPublicKey, ...]:
    """The public keys in a secret that are long enough; none where it is no key."""
    try:
        found = _of_jwks(secret) if secret.lstrip().startswith("{") else [_of_pem(_lined(secret))]
    except (ValueError, TypeError, KeyError, UnicodeEncodeError):
        return ()
    return tuple(key for key in found if key is not None and key.key_size >= _LEAST_BITS)


def _lined(pem: str) -> bytes:
    """A PEM with its lines again: a field of one line on a screen loses them."""
    match = _PEM.search(pem)
    if match is None:
        raise ValueError("no PEM")
    kind, body = match[1], "".join(match[2].split())
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n".encode()


def _of_pem(pem: bytes) -> rsa.RSAPublicKey | None:
    if b"PRIVATE KEY" in pem:
        private = serialization.load_pem_private_key(pem, None)
        return private.public_key() if isinstance(private, rsa.RSAPrivateKey) else None
    public = serialization.load_pem_public_key(pem)
    return public if isinstance(public, rsa.RSAPublicKey) else None


def _of_jwks(text: str) -> list[rsa.RSAPublicKey | None]:
    document = json.loads(text)
    return [_of_jwk(key) for key in document.get("keys", [document])]


def _of_jwk(key: Any) -> rsa.RSAPublicKey | None:
    if not isinstance(key, dict) or key.get("kty") != "RSA":
        return None
    modulus, exponent = (
        int.from_bytes(base64.urlsafe_b64decode(key[name] + "=="), "big") for name in ("n", "e")
    )
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


SCHEME: Final = Scheme(
    name="shipengine",
    title="ShipEngine",
    header_names=(_SIGNATURE, _TIMESTAMP),
    verify=verify,
    sign=sign,
    generate=generate,
    check_secret=check_secret,
    signs_body=True,
    signs_time=True,
    secret_hint="ShipEngine's public key, as PEM or as the JWK of its JWKS",  # noqa: S106
    provenance="memory",
)
