"""How a message is refused at the door."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REFUSALS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "missing_signature": 401,
        "invalid_signature": 401,
        "stale_timestamp": 401,
        "unsupported_media_type": 415,
        "payload_too_large": 413,
        "malformed_payload": 400,
        "xml_forbidden": 400,
    }
)
"""Every reason for which a message may be refused, and its HTTP status. Source: FORMATS 0.6."""


class Refused(Exception):
    """A message that is not accepted; nothing of it may become an event.

    reason is a key of REFUSALS; detail is one sentence for the sender and quotes nothing of the
    body; pointer is the JSON pointer (RFC 6901) of the field at fault, where there is one.
    """

    def __init__(self, reason: str, detail: str, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.pointer = pointer
        self.status = REFUSALS[reason]
