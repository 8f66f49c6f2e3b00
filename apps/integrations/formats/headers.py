"""Reading headers and comparing secrets, for the signature schemes."""

import hmac
from collections.abc import Mapping, Sequence

from apps.integrations.formats.errors import Refused


def header(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a header without white space around it, its name in any case; None when absent
    or blank.
    """
    value = headers.get(name)
    if value is None:
        wanted = name.lower()
        value = next((found for key, found in headers.items() if key.lower() == wanted), None)
    return value.strip() or None if value is not None else None


def required_header(headers: Mapping[str, str], name: str) -> str:
    """As header; raises Refused("missing_signature") when it is not there."""
    value = header(headers, name)
    if value is None:
        raise Refused("missing_signature", f"the header {name} is missing")
    return value


def matches_any(candidates: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """Whether a candidate equals one of the expected values, in a time that tells nothing about
    either.
    """
    found = False
    for value in expected:
        for candidate in candidates:
            found |= hmac.compare_digest(candidate, value)
    return found
