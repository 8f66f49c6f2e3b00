"""Where one interchange ends and the next begins, by the envelope alone: the formats read what is inside."""

import re
from functools import lru_cache
from typing import Final

_UNA: Final = b":+.? '"
_ISA_LENGTH: Final = 106


def interchange_end(text: bytes) -> int | None:
    """How many bytes the first interchange takes, white space after it included; None when its end is not there.

    text begins with ISA, UNA or UNB. The delimiters are those it declares (FORMATS 10 and 13).
    """
    if text.startswith(b"ISA") and len(text) >= _ISA_LENGTH:
        pattern = _end(text[105:106], b"IEA", text[3:4], b"")
    elif text.startswith(b"UNA") and len(text) > 9:
        signs = text[3:9]
        pattern = _end(signs[5:6], b"UNZ", signs[1:2], signs[3:4].strip())
    elif text.startswith(b"UNB"):
        pattern = _end(_UNA[5:6], b"UNZ", _UNA[1:2], _UNA[3:4])
    else:
        return None
    found = pattern.search(text)
    return found.end() if found else None


@lru_cache(maxsize=64)
def _end(terminator: bytes, tag: bytes, separator: bytes, release: bytes) -> re.Pattern[bytes]:
    """The closing segment: after an unreleased terminator, up to its own."""
    mark, dot = re.escape(terminator), re.escape(separator)
    sign = re.escape(release)
    before = rb"(?<!" + sign + rb")(?:" + sign + sign + rb")*" if release else b""
    return re.compile(
        before + mark + rb"[\r\n\t ]*" + tag + dot + rb"[^" + mark + rb"]*" + mark + rb"\s*"
    )
