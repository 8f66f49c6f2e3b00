"""A message's bytes laid out for reading, with the place of a fault marked. Pure; nothing of it is trusted as HTML."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

SHOWN: Final = 200_000
"""Characters that are shown at most."""
_MARK: Final = "\ue000the place\ue000"
_BETWEEN_TAGS: Final = re.compile(r">\s*<")


@dataclass(frozen=True, slots=True)
class Laid:
    """A text in three parts; marked is the place of the fault, "" when there is none. kind: json, x12, edifact, xml, text."""

    before: str
    marked: str = ""
    after: str = ""
    kind: str = "text"
    is_cut: bool = False


def lay_out(raw: bytes, pointer: str | None = None) -> Laid:
    """JSON indented (the value at a JSON pointer marked), X12 and EDIFACT a segment a line, XML a tag a line."""
    start = raw[:4].lstrip(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")) and (laid := _json(raw, pointer)):
        return laid
    text = raw[: SHOWN * 2].decode("utf-8", "replace").lstrip("\ufeff")
    kind = "text"
    if text.startswith("ISA") and len(text) > 105:
        kind, text = "x12", _segments(text, text[105])
    elif text.startswith(("UNA", "UNB")):
        kind, text = "edifact", _segments(text, text[8] if text.startswith("UNA") else "'", "?")
    elif text.lstrip().startswith("<"):
        kind, text = "xml", _xml(text)
    return Laid(text[:SHOWN], kind=kind, is_cut=len(text) > SHOWN or len(raw) > SHOWN * 2)


def _segments(text: str, end: str, release: str = "") -> str:
    """A line for each segment; a released terminator ends none."""
    before = f"(?<!{re.escape(release)})" if release else ""
    return re.sub(before + re.escape(end) + r"[\r\n]*", lambda _: f"{end}\n", text)


def _xml(text: str) -> str:
    """A line for each tag, indented by depth. Not parsed: the sender's entities are nothing to expand."""
    lines, depth = [], 0
    for line in _BETWEEN_TAGS.sub(">\n<", text.strip()).split("\n"):
        is_end = line.startswith("</")
        depth = max(0, depth - is_end)
        lines.append("  " * min(depth, 40) + line)
        opens = line.startswith("<") and not line.startswith(("</", "<?", "<!"))
        if opens and not line.endswith("/>") and "</" not in line:
            depth += 1
    return "\n".join(lines)


def _json(raw: bytes, pointer: str | None) -> Laid | None:
    try:
        document = json.loads(raw)
        if pointer:
            document, value = _marked(document, pointer)
        text = json.dumps(document, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    before, found, after = text.partition(json.dumps(_MARK, ensure_ascii=False))
    if not found:
        return Laid(text[:SHOWN], kind="json", is_cut=len(text) > SHOWN)
    margin = before.rpartition("\n")[2]
    indent = " " * (len(margin) - len(margin.lstrip()))
    marked = json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + indent)
    is_cut = len(text) + len(marked) > SHOWN
    half = SHOWN // 2
    return Laid(before[-half:], marked[:half], after[:half], "json", is_cut)


def _marked(document: Any, pointer: str) -> tuple[Any, Any]:
    """The document with the mark in the place of the pointer's value (of the nearest one that is there), and that value."""
    holder: Any = {"": document}
    key: Any = ""
    for part in pointer.strip("/").split("/") if pointer.strip("/") else []:
        part = part.replace("~1", "/").replace("~0", "~")
        here = holder[key]
        if isinstance(here, dict) and part in here:
            holder, key = here, part
        elif isinstance(here, list) and part.isdecimal() and int(part) < len(here):
            holder, key = here, int(part)
        else:
            break
    value = holder[key]
    if value is document:
        return document, None
    holder[key] = _MARK
    return document, value
