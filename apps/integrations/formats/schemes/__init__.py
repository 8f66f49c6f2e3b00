"""The ways to sign that the tower understands, by name. Source: FORMATS, "Webhook signatures"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from apps.integrations.formats.schemes import (
    body_digests,
    shared_secrets,
    shipengine,
    standard_webhooks,
)
from apps.integrations.formats.schemes.base import QUERY, TOLERANCE_S, Scheme

__all__ = ["GENERIC", "QUERY", "SCHEMES", "TOLERANCE_S", "Scheme"]

SCHEMES: Final[Mapping[str, Scheme]] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in (
            standard_webhooks.SCHEME,
            *body_digests.SCHEMES,
            shipengine.SCHEME,
            *shared_secrets.SCHEMES,
        )
    }
)

GENERIC: Final = ("standard_webhooks", "hmac_sha256", "bearer", "basic")
"""What any sender can be taught: the way in for what is polled, or passed on by a middleware."""
