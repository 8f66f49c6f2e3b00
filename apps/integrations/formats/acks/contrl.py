"""EDIFACT CONTRL: what was taken of an interchange, and where it is wrong. Source: ISO 9735, D.3 UN 2.2."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from apps.integrations.formats.edifact.envelope import Interchange, Message
from apps.integrations.formats.edifact.syntax import Marks, shown

MAX_FAULTS: Final = 50

# Element 0083: this level and all below acknowledged or rejected, and: the interchange is
# acknowledged, look at the messages.
_ACKNOWLEDGED: Final = "7"
_REJECTED: Final = "4"
_NOT_SUPPORTED: Final = "30"
_OURS: Final = "CONTRL"


def contrl(
    interchange: Interchange, kind: str, *, control: int, at: datetime, refused: bool = False
) -> bytes | None:
    """A CONTRL for an interchange; kind is the message type that was read.

    Messages of other types are told as not supported. None for an interchange of CONTRL only, which
    are never acknowledged. Sender and receiver change places; control is the new reference; refused says that nothing of the
    interchange was used, whatever its structure.
    """
    messages = interchange.messages
    if messages and all(one.kind == _OURS for one in messages):
        return None
    refused = refused or interchange.structural is not None
    marks = interchange.marks
    lines = [
        ["UNH", "1", marks.component.join(("CONTRL", "D", "3", "UN"))],
        [
            "UCI", _text(interchange.reference, marks), _party(interchange.sender, marks),
            _party(interchange.receiver, marks), _REJECTED if refused else _ACKNOWLEDGED,
            interchange.fault.code if interchange.fault else "",
        ],
    ]  # fmt: skip
    for one in messages:
        lines += _message(one, kind, refused=refused)
    lines.append(["UNT", str(len(lines) + 1), "1"])
    return _bytes(lines, interchange, control, at.astimezone(UTC))


def _message(one: Message, kind: str, *, refused: bool) -> Iterator[list[str]]:
    """UCM with the verdict, then UCS and UCD for each place that is wrong.

    A message that is used without one of its parts is acknowledged; its faults are told all the same.
    """
    supported = one.kind == kind
    action = _ACKNOWLEDGED if supported and not refused and not one.fatal else _REJECTED
    whole = next((fault.code for fault in one.faults if not fault.segment), "")
    code = whole if supported else _NOT_SUPPORTED
    version = one.marks.component.join(_text(part, one.marks) for part in one.version)
    yield ["UCM", _text(one.reference, one.marks), version, action, code]
    for fault in one.faults[:MAX_FAULTS]:
        if not fault.segment:
            continue
        if fault.element:
            yield ["UCS", str(fault.segment)]
            places = filter(None, (fault.element, fault.component))
            yield ["UCD", fault.code, one.marks.component.join(map(str, places))]
        else:
            yield ["UCS", str(fault.segment), fault.code]


def _text(text: str, marks: Marks) -> str:
    return shown(text, marks) if marks.release else text


def _party(party: tuple[str, str], marks: Marks) -> str:
    parts = [_text(part, marks) for part in party]
    return marks.component.join(parts) if parts[1] else parts[0]


def _bytes(lines: list[list[str]], interchange: Interchange, control: int, at: datetime) -> bytes:
    """The interchange in the sender's own service characters, as UTF-8 (UNOY) when it must be."""
    marks = interchange.marks
    plain = "".join("".join(line) for line in lines).isascii()
    syntax = marks.component.join(("UNOB", "2") if plain else ("UNOY", "4"))
    reference = str(control % 10**14)
    day = f"{at:%y%m%d}" if plain else f"{at:%Y%m%d}"
    head = [
        "UNB", syntax, _party(interchange.receiver, marks), _party(interchange.sender, marks),
        f"{day}{marks.component}{at:%H%M}", reference,
    ]  # fmt: skip
    segments = [head, *lines, ["UNZ", "1", reference]]
    una = f"UNA{marks.component}{marks.element}.{marks.release or ' '} {marks.terminator}\n"
    text = "".join(
        marks.element.join(_trimmed(line)) + marks.terminator + "\n" for line in segments
    )
    return (una + text).encode()


def _trimmed(elements: list[str]) -> list[str]:
    while elements and not elements[-1]:
        elements = elements[:-1]
    return elements
