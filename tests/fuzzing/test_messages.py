"""Recorded messages of every format, changed and rightly signed: each is answered, kept, and meets a fate that is no failure.

`make walk` draws 400 of each format instead of the handful of an ordinary run.
"""

from __future__ import annotations

import copy
import json
import re
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from apps.integrations import formats, inbox
from apps.integrations.models import Message
from tests.integrations.factories import make_partner, post
from tests.integrations.formats.recorded import body, each
from tests.walk import examples

EXAMPLES: Final = examples(8)
TOGETHER: Final = 20
ANSWERS: Final = frozenset({200, 202, 400, 401, 403, 413, 415, 422, 429})
FATES: Final = frozenset({"processed", "duplicate", "conflict", "rejected"})

TEXTS: Final = (
    "", " ", "-", "x" * 5000, "\x00", "\u202eabc", "\ud800", "１２３", "😀" * 60, "../../etc/passwd", "' OR 1=1 --",
    "{}", "%s", "\\", "\r\n", "null", "NaN", "-0", "1e999", "9" * 101, "00000000", "20261399", "20260230", "2026-03-10",
    "2026-03-10T25:61:61Z", "2026-03-10T10:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "9999-12-31", "1582-10-10T00:00:00Z", "2026-03-29T02:30:00", "253402300799", "Mars/Olympus", "javascript:alert(1)",
    "delivered", "DELIVERED", "D1", "urn:epcglobal:cbv:bizstep:shipping",
)  # fmt: skip
VALUES: Final = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**18, 10**40, -(10**400), 1e308, [], {}, [[]], [None], {"a": 1}, {"": [{}]}, *TEXTS]
)  # fmt: skip
BITS: Final = st.sampled_from(
    [b"", b"~", b"*", b">", b"'", b"+", b":", b"?", b"\n", b"\r\n", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf",
     b"<", b"&#0;", b"]]>", b"<!DOCTYPE a>", b"{", b"}", b"[", b"]", b",", b'"', b"\\u0000", b"\\ud800", b"-", b"9" * 40,
     b"1e400", b"ISA", b"UNA:+.? '", b"SE*0*0001~", b"UNZ+0+1'"]
)  # fmt: skip
_MARKS: Final = re.compile(rb"([~'\n<>*+:{},])")

drawn = limits(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document that holds something, the whole first."""
    found = [path]
    if isinstance(node, dict):
        for key, value in node.items():
            found += places(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            found += places(value, (*path, index))
    return found


def changed(draw: st.DrawFn, document: Any) -> Any:
    """The document with something at one place replaced, gone, said twice, or hidden deeper."""
    path = draw(st.sampled_from(places(document)))
    if not path:
        return draw(VALUES)
    document = copy.deepcopy(document)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    action = draw(st.sampled_from(["replace", "replace", "replace", "drop", "again", "wrap"]))
    if action == "drop":
        del holder[last]
    elif action == "again" and isinstance(holder, list):
        holder.insert(last, copy.deepcopy(holder[last]))
    elif action == "wrap":
        holder[last] = [holder[last]]
    else:
        holder[last] = draw(VALUES)
    return document


def torn(draw: st.DrawFn, raw: bytes) -> bytes:
    """The bytes with a piece between two marks replaced, gone or said twice, or bits put in anywhere."""
    if draw(st.booleans()):
        parts = _MARKS.split(raw)
        at = draw(st.integers(0, len(parts) - 1))
        piece = draw(st.sampled_from(["text", "drop", "again"]))
        if piece == "text":
            text = draw(st.sampled_from(TEXTS)).encode("utf-8", "surrogatepass")
            return b"".join([*parts[:at], text, *parts[at + 1 :]])
        kept = [] if piece == "drop" else [parts[at]] * 2
        return b"".join([*parts[:at], *kept, *parts[at + 1 :]])
    start = draw(st.integers(0, len(raw)))
    end = draw(st.integers(start, min(len(raw), start + 60)))
    return raw[:start] + draw(BITS) + raw[end:]


@st.composite
def bodies(draw: st.DrawFn, name: str) -> bytes:
    """A recorded message of the format with one to three changes, by its structure or by its bytes."""
    raw = body(draw(st.sampled_from(sorted(sample["file"] for sample in each(name)))))
    count = draw(st.integers(1, 3))
    if draw(st.integers(0, 3)):
        with suppress(ValueError):  # no JSON: by its bytes
            document = json.loads(raw)
            for _ in range(count):
                document = changed(draw, document)
            told = json.dumps(document, ensure_ascii=draw(st.booleans()))
            return told.encode("utf-8", "surrogatepass")
    for _ in range(count):
        raw = torn(draw, raw)
    return raw


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(formats.FORMATS))
def test_a_changed_message_is_answered_and_drains_to_a_fate_with_its_reason(name: str) -> None:
    partner = make_partner(name)
    media = formats.get(name).media_types

    told: list[tuple[int, dict[str, Any], bytes]] = []

    @drawn
    @given(bodies(name), st.sampled_from([one for one in media if "/" in one]))
    def asks(raw: bytes, content_type: str) -> None:
        # The client raises what the view raised: then there would have been a 500.
        answer = post(partner, raw, content_type=content_type)
        assert answer.status_code in ANSWERS, (answer.status_code, answer.content)
        assert answer.json().get("message_id"), answer.content  # signed: it is kept, whatever it is
        told.append((answer.status_code, answer.json(), raw))
        if len(told) >= TOGETHER:
            _meets_its_fate(told)

    asks()
    _meets_its_fate(told)


def _meets_its_fate(told: list[tuple[int, dict[str, Any], bytes]]) -> None:
    """Drain what was posted, look at each, and begin anew."""
    inbox.drain()
    for status, answer, raw in told:
        message = Message.objects.get(public_id=answer["message_id"])
        assert message.status in FATES, (message.status, message.reason, message.detail, raw)
        assert message.attempts == 0, raw
        if status >= 400:
            assert (message.reason, bool(message.detail)) == (answer["reason"], True), raw
    told.clear()
