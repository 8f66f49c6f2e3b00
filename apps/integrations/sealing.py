"""Partners' secrets, encrypted at rest under a key derived from SECRET_KEY."""

import base64
import hashlib
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from apps.integrations.errors import BadPartner

_PURPOSE: Final = b"controltower.partner-secret.v1:"


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    digests = (hashlib.sha256(_PURPOSE + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))


def seal(secret: str) -> bytes:
    """Encrypt a secret for storage, under a key derived from SECRET_KEY."""
    return _box(_keys()).encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """The secret again. Raises BadPartner when SECRET_KEY (and its fallbacks) did not seal it."""
    try:
        return _box(_keys()).decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise BadPartner(
            "A stored secret was sealed under another SECRET_KEY; set a new one."
        ) from error
