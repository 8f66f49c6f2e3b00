"""X12 997 and 999: which sets were taken, which not, and where they are wrong. Source: X12 4010 997,
5010 999 (TR3 005010X231A1).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from apps.integrations.formats.x12.envelope import Group, Interchange, TransactionSet
from apps.integrations.formats.x12.faults import Fault

MAX_FAULTS: Final = 50
"""Faults told of one set; more help nobody."""

_ACKNOWLEDGEMENTS: Final = frozenset({"997", "999", "TA1"})


def acknowledge_997(
    interchange: Interchange, kind: str, *, control: int, at: datetime, refused: bool = False
) -> bytes | None:
    """A 997 for the groups of an interchange; kind is the set (ST01) that was read.

    Sets of other kinds are told as not supported, acknowledgements are never acknowledged. None when
    there is nothing to say. The sender becomes the receiver; control (1 to 999999999) numbers the
    interchange and its one group. refused says that nothing of it was used, whatever its structure.
    """
    return _written(interchange, kind, control, at, refused=refused, modern=False)


def acknowledge_999(
    interchange: Interchange, kind: str, *, control: int, at: datetime, refused: bool = False
) -> bytes | None:
    """A 999 (IK instead of AK segments) for the same."""
    return _written(interchange, kind, control, at, refused=refused, modern=True)


def _written(
    interchange: Interchange, kind: str, control: int, at: datetime, *, refused: bool, modern: bool
) -> bytes | None:
    groups = [
        group
        for group in interchange.groups
        if not group.sets or any(one.kind not in _ACKNOWLEDGEMENTS for one in group.sets)
    ]
    if not groups:
        return None
    number = control % 1_000_000_000
    at = at.astimezone(UTC)
    name, version = ("999", "005010X231A1") if modern else ("997", "004010")
    refused = refused or interchange.structural is not None
    body: list[list[str]] = []
    for index, group in enumerate(groups, 1):
        lines = list(_group(group, kind, refused=refused, modern=modern))
        ref = f"{index:04d}"
        start = ["ST", name, ref, *([version] if modern else [])]
        body += [start, *lines, ["SE", str(len(lines) + 2), ref]]
    body += [["GE", str(len(groups)), str(number)], ["IEA", "1", f"{number:09d}"]]
    return _bytes([*_head(interchange, number, at, version), *body], interchange)


def _head(
    interchange: Interchange, number: int, at: datetime, version: str
) -> tuple[list[str], list[str]]:
    """ISA and GS: sender and receiver change places."""
    sender, receiver = interchange.receiver, interchange.sender
    day, clock = at.strftime("%Y%m%d"), at.strftime("%H%M")
    standard, release = ("^", "00501") if version.startswith("005010") else ("U", "00401")
    isa = [
        "ISA", "00", " " * 10, "00", " " * 10, f"{sender[0]:2.2}", f"{sender[1]:15.15}",
        f"{receiver[0]:2.2}", f"{receiver[1]:15.15}", day[2:], clock, standard, release,
        f"{number:09d}", "0", interchange.usage, interchange.delimiters.component,
    ]  # fmt: skip
    first = interchange.groups[0]
    gs = ["GS", "FA", first.receiver, first.sender, day, clock, str(number), "X", version]
    return isa, gs


def _bytes(segments: list[list[str]], interchange: Interchange) -> bytes:
    marks = interchange.delimiters
    end = marks.segment + ("" if marks.segment in "\r\n" else "\n")
    return "".join(marks.element.join(_trimmed(one)) + end for one in segments).encode()


def _trimmed(elements: list[str]) -> list[str]:
    while elements and not elements[-1]:
        elements = elements[:-1]
    return elements


def _group(group: Group, kind: str, *, refused: bool, modern: bool) -> Iterator[list[str]]:
    """AK1, for each set AK2 … AK5 (IK5), then AK9 with the verdict and the counts."""
    version = [group.version] if modern else []
    yield ["AK1", group.kind, group.control, *version]
    codes = []
    for one in group.sets:
        code, lines = _set(one, kind, refused=refused, modern=modern)
        codes.append(code)
        yield from lines
    accepted = sum(code in "AE" for code in codes)
    if refused:
        verdict = "R"
    elif accepted < len(codes):
        verdict = "P" if accepted else "R"
    else:
        verdict = "E" if "E" in codes else "A"
    count = str(len(group.sets))
    fault = [group.fault.set_code] if group.fault else []
    yield ["AK9", verdict, count, count, str(accepted), *fault]


def _set(
    one: TransactionSet, kind: str, *, refused: bool, modern: bool
) -> tuple[str, list[list[str]]]:
    """The verdict on a set (A, E with errors, R rejected) and its segments."""
    lines = [["AK2", one.kind, one.control]]
    faults = list(one.faults)
    if one.kind != kind and not refused:
        faults.append(Fault("this kind of set is not read here", set_code="1"))
    for fault in faults[:MAX_FAULTS]:
        lines += _fault(fault, modern=modern)
    fatal = refused or any(fault.fatal for fault in faults)
    code = "R" if fatal else "E" if faults else "A"
    reasons = list(dict.fromkeys(fault.set_code for fault in faults))[:5]
    lines.append(["IK5" if modern else "AK5", code, *reasons])
    return code, lines


def _fault(fault: Fault, *, modern: bool) -> Iterator[list[str]]:
    """AK3 with the segment, AK4 with the element; a fault of the set as a whole has neither."""
    if not fault.segment or not fault.name:
        return
    segment, element = ("IK3", "IK4") if modern else ("AK3", "AK4")
    yield [segment, fault.name, str(fault.segment), "", fault.segment_code]
    if fault.element:
        yield [element, str(fault.element), "", fault.element_code]
