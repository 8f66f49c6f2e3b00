"""Runbooks: one page for each kind of case, docs/runbooks/<kind>.md, shown and printed from the case (R254, R255)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.exceptions.kinds import KINDS

_NUMBERED: Final = re.compile(r"\d+\. ")
_INLINE: Final = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*(.+?)\*"), r"<em>\1</em>"),
    (re.compile(r"`(.+?)`"), r"<code>\1</code>"),
)


@dataclass(slots=True)
class Block:
    """A heading, a paragraph, or a list; lines hold safe HTML."""

    tag: str  # h2, p, ul, ol
    lines: list[SafeString] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Runbook:
    """One page. blocks leave the first heading out: it is the title."""

    kind: str
    title: str
    blocks: list[Block]


def path_of(kind: str) -> Path:
    """Where the page of a kind lies."""
    return Path(settings.BASE_DIR) / "docs" / "runbooks" / f"{kind}.md"


def runbook(kind: str) -> Runbook | None:
    """The page of a kind of case; None for a kind that does not exist."""
    if kind not in KINDS:
        return None
    text = path_of(kind).read_text(encoding="utf-8")
    title, _, rest = text.partition("\n")
    return Runbook(kind, title.removeprefix("# ").strip(), blocks_of(rest))


def blocks_of(text: str) -> list[Block]:
    """The Markdown that runbooks are written in: headings, paragraphs, lists, **strong**, *words on screen*, `code`."""
    blocks: list[Block] = []
    for part in re.split(r"\n\s*\n|\n(?=## )|(?<=\n)(?=## )", text):
        lines = part.strip().splitlines()
        while lines and lines[0].startswith("## "):
            blocks.append(Block("h2", [_said(lines.pop(0)[3:])]))
        if lines:
            blocks.append(_block(lines))
    return blocks


def _block(lines: list[str]) -> Block:
    tag = "ul" if lines[0].startswith("- ") else "ol" if _NUMBERED.match(lines[0]) else "p"
    items: list[str] = []
    for line in lines:
        begins = line.startswith("- ") if tag == "ul" else bool(_NUMBERED.match(line))
        if not items or (tag != "p" and begins):
            items.append(line.partition(" ")[2] if tag != "p" else line)
        else:
            items[-1] += f" {line.strip()}"
    return Block(tag, [_said(item) for item in items])


def _said(text: str) -> SafeString:
    html = str(escape(text))
    for pattern, tags in _INLINE:
        html = pattern.sub(tags, html)
    return mark_safe(html)  # noqa: S308  the page is our own file, and escaped
