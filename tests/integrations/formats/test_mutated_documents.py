"""Whatever is done to a recorded document, it is read or refused; nothing else comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations import formats
from apps.integrations.formats import acks
from apps.integrations.formats.base import Refused
from tests.integrations.formats.recorded import NOW, SAMPLES, body, parsed

OURS = {
    "x12_214", "x12_856", "x12_210", "edifact_iftsta", "edifact_desadv", "epcis_2_0", "wms_generic",
    "canonical",
}  # fmt: skip
FILES = [sample for sample in SAMPLES if sample["format"] in OURS]
BITS = st.sampled_from(
    [b"", b"~", b"*", b">", b"'", b"+", b":", b"?", b"??", b"\n", b"\r\n", b" ", b"\x00", b"\xff", b"\xc3",
     b"UNA", b"UNA:+.? '", b"UNB", b"ISA", b"ST*", b"SE*", b"IEA*", b"AT7*", b"HL*", b"<", b">", b"]]>", b"<![CDATA[",
     b"<!--", b"&", b"&amp;", b"&#0;", b"{", b"}", b"[", b"]", b",", b'"', b"\\u0000", b"\\ud800", b"null", b"-1", b"9" * 40,
     b"20261399", b"00000000", b"99991231", b"0001-01-01", b"\xe2\x80\xae", b"\xef\xbb\xbf"]
)  # fmt: skip


@given(st.data())
def test_a_document_with_pieces_cut_out_moved_and_put_in_is_read_or_refused(data):
    sample = data.draw(st.sampled_from(FILES))
    raw = body(sample["file"])
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 40)))
        raw = raw[:start] + data.draw(BITS) + raw[end:]
    format_ = formats.get(sample["format"])
    try:
        format_.check(raw)
    except Refused:
        with pytest.raises(Refused):
            parsed(sample["format"], raw)
    else:
        result = parsed(sample["format"], raw, timezone="Europe/Berlin")
        for event in result.events:
            assert event.occurred_at.utcoffset().total_seconds() == 0
            assert 0 < len(event.tracking_number or event.subject[1]) <= 100
            assert len(event.identity) == len(event.content) == 64
            assert "\x00" not in f"{event.location}{event.description}{event.details}"
    for kind in acks.kinds(sample["format"]):
        assert isinstance(acks.acknowledge(sample["format"], raw, kind, control=1, at=NOW), list)


@given(st.sampled_from(sorted(OURS)), st.binary(max_size=300))
def test_bytes_that_mean_nothing_are_refused(name, raw):
    with pytest.raises(Refused):
        formats.get(name).check(raw)


@pytest.mark.parametrize("sample", FILES, ids=lambda sample: sample["file"])
def test_a_document_that_is_cut_off_anywhere_in_its_body_is_refused(sample):
    raw = body(sample["file"]).strip()
    for end in range(0, len(raw) - 1, max(1, len(raw) // 40)):
        if sample["file"].endswith(".ndjson") and end > raw.index(b"\n"):
            continue  # its first line stands for itself
        with pytest.raises(Refused):
            parsed(sample["format"], raw[:end])
