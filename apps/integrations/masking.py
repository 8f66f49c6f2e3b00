"""Request headers as they are stored: every name, but no value that could be used again."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

_SECRETIVE: Final = (
    "auth",  # Authorization, Proxy-Authorization, X-Auth-…
    "cookie",
    "credential",
    "signature",
    "hmac",
    "token",
    "secret",
    "password",
    "api-key",
    "apikey",
    "access-key",
    "private",
)
_SECRETS: Final = frozenset({"sign"})  # 17TRACK's signature
_MASK: Final = "***"
_MOST: Final = 60
_LENGTH: Final = 300


@lru_cache(maxsize=512)
def _name(key: str) -> tuple[str, bool]:
    """HTTP_X_HMAC_SIGNATURE → ("x-hmac-signature", must be masked)."""
    name = key.removeprefix("HTTP_").replace("_", "-").lower()
    return name[:100], name in _SECRETS or any(word in name for word in _SECRETIVE)


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """The request's own headers by their names in lower case, unmasked: for checking a signature."""
    found = {_name(key)[0]: value for key, value in environ.items() if key.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        found["content-type"] = environ["CONTENT_TYPE"]
    return found


def masked(environ: Mapping[str, Any]) -> str:
    """JSON of the headers for storage: at most 60, values cut at 300 characters, secrets as `***`."""
    kept: dict[str, str] = {}
    for key, value in environ.items():
        if key.startswith("HTTP_") and len(kept) < _MOST:
            name, secretive = _name(key)
            kept[name] = _MASK if secretive else value[:_LENGTH].replace("\x00", "")
    if environ.get("CONTENT_TYPE"):
        kept["content-type"] = environ["CONTENT_TYPE"][:_LENGTH]
    return json.dumps(kept)
