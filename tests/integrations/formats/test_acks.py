"""Acknowledgements, read back by the tokenizers that read the documents."""

from datetime import UTC, datetime

import pytest

from apps.integrations.formats import acks, edifact, x12
from apps.integrations.formats.edifact.envelope import component
from tests.integrations.formats.recorded import SAMPLES, body

AT = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
STATUS = body("x12_214/01_pickup_to_delivered.edi")
EDI = [sample for sample in SAMPLES if acks.kinds(sample["format"])]
CLEAN = [one for one in EDI if not {"refused", "ignored", "skipped"} & one.keys()]
REFUSED = [one for one in EDI if "refused" in one]


def x12_lines(format_name, raw, kind="997", control=41):
    """Every segment of the one acknowledgement, as lists of elements without empty ones at the end."""
    (written,) = acks.acknowledge(format_name, raw, kind, control=control, at=AT)
    (interchange,) = x12.read(written)
    assert interchange.first_fault is None
    return [
        segment.split(interchange.delimiters.element)
        for one in interchange.sets
        for segment in one.segments
    ]


def told(lines, *names):
    return [line for line in lines if line[0] in names]


def contrl_lines(raw, format_name="edifact_iftsta"):
    (written,) = acks.acknowledge(format_name, raw, "CONTRL", control=41, at=AT)
    (interchange,) = edifact.read(written)
    assert interchange.structural is None
    return interchange, list(interchange.messages[0].walk())


def file_of(sample):
    return sample["file"]


@pytest.mark.parametrize("sample", CLEAN, ids=file_of)
def test_what_is_taken_is_told_as_accepted_in_an_interchange_that_reads_back(sample):
    raw = body(sample["file"])
    for kind in acks.kinds(sample["format"]):
        if kind == "CONTRL":
            interchange, lines = contrl_lines(raw, sample["format"])
            assert interchange.reference == "41"
            assert [component(line, 2) for line in lines if line[0] == ["UCM"]] == ["7"]
        else:
            lines = x12_lines(sample["format"], raw, kind)
            assert [line[1] for line in told(lines, "AK5", "IK5", "AK9")] == ["A", "A"]


@pytest.mark.parametrize("sample", REFUSED, ids=file_of)
def test_what_is_refused_at_the_door_is_told_as_rejected(sample):
    raw = body(sample["file"])
    for kind in acks.kinds(sample["format"]):
        if kind == "CONTRL":
            _, lines = contrl_lines(raw, sample["format"])
            assert [component(line, 2) for line in lines if line[0] == ["UCM"]] == ["4"]
        else:
            lines = x12_lines(sample["format"], raw, kind)
            assert [line[1] for line in told(lines, "AK5", "IK5", "AK9")] == ["R", "R"]


def test_what_is_taken_without_some_of_its_entries_is_told_as_accepted_with_errors():
    lines = x12_lines("x12_214", body("x12_214/12_odd_statuses.edi"))
    assert [line[1] for line in told(lines, "AK5", "AK9")] == ["E", "E"]


def test_an_acknowledgement_is_not_acknowledged():
    raw = body("x12_214/14_acknowledgement_only.edi")
    assert acks.acknowledge("x12_214", raw, "997", control=41, at=AT) == []


def test_the_parties_change_places_and_the_numbers_are_the_callers():
    (written,) = acks.acknowledge("x12_214", STATUS, "997", control=41, at=AT)
    (answer,) = x12.read(written)
    (asked,) = x12.read(STATUS)

    assert (answer.sender, answer.receiver) == (asked.receiver, asked.sender)
    assert (answer.control, answer.at) == ("000000041", AT)
    assert answer.groups[0].kind == "FA"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"SE*20*", b"SE*21*", [["AK5", "R", "4"], ["AK9", "R", "1", "1", "0"]]),
        (b"SE*20*0001", b"SE*20*0002", [["AK5", "R", "3"], ["AK9", "R", "1", "1", "0"]]),
        (b"GE*1*1", b"GE*2*1", [["AK5", "R"], ["AK9", "R", "1", "1", "0", "5"]]),
        (b"GE*1*1", b"GE*1*9", [["AK5", "R"], ["AK9", "R", "1", "1", "0", "4"]]),
        (b"B10*PRO100011*SHP-70030", b"B10**", [["AK5", "R", "5"], ["AK9", "R", "1", "1", "0"]]),
        (b"20260310*0600", b"20260310*2560", [["AK5", "E", "5"], ["AK9", "E", "1", "1", "1"]]),
        (b"ST*214", b"ST*990", [["AK5", "R", "1"], ["AK9", "R", "1", "1", "0"]]),
    ],
)
def test_each_fault_has_its_code(old, new, expected):
    assert told(x12_lines("x12_214", STATUS.replace(old, new)), "AK5", "AK9") == expected


def test_the_place_of_a_fault_is_named_in_a_997_and_a_999():
    raw = STATUS.replace(b"20260310*0600", b"20260310*2560")

    assert told(x12_lines("x12_214", raw), "AK3", "AK4") == [
        ["AK3", "AT7", "12", "", "8"], ["AK4", "6", "", "9"],
    ]  # fmt: skip
    assert told(x12_lines("x12_214", raw, "999"), "IK3", "IK4", "IK5") == [
        ["IK3", "AT7", "12", "", "8"], ["IK4", "6", "", "9"], ["IK5", "E", "5"],
    ]  # fmt: skip


def test_one_bad_set_of_two_is_rejected_and_the_group_accepted_in_part():
    head, rest = STATUS.split(b"ST*214*0001~", 1)
    one, tail = rest.split(b"SE*20*0001~", 1)
    bad = one.replace(b"B10*PRO100011*SHP-70030", b"B10**")
    raw = (
        head + b"ST*214*0001~" + one + b"SE*20*0001~ST*214*0002~" + bad + b"SE*20*0002~"
        + tail.replace(b"GE*1*", b"GE*2*")
    )  # fmt: skip

    lines = x12_lines("x12_214", raw)

    assert told(lines, "AK2", "AK5", "AK9") == [
        ["AK2", "214", "0001"], ["AK5", "A"], ["AK2", "214", "0002"], ["AK5", "R", "5"],
        ["AK9", "P", "2", "2", "1"],
    ]  # fmt: skip


def test_an_acknowledgement_is_never_acknowledged():
    (written,) = acks.acknowledge("x12_214", STATUS, "997", control=1, at=AT)
    (answer,) = acks.acknowledge(
        "edifact_iftsta", body("edifact_iftsta/01_collected_delivered.edi"), "CONTRL", control=1, at=AT
    )  # fmt: skip

    assert acks.acknowledge("x12_214", written, "997", control=2, at=AT) == []
    assert acks.acknowledge("edifact_iftsta", answer, "CONTRL", control=2, at=AT) == []


def test_what_cannot_be_taken_apart_has_no_acknowledgement_and_json_has_none_at_all():
    assert acks.acknowledge("x12_214", b"hello", "997", control=1, at=AT) == []
    assert acks.kinds("easypost") == ()
    with pytest.raises(KeyError):
        acks.acknowledge("x12_214", STATUS, "CONTRL", control=1, at=AT)


@pytest.mark.parametrize(
    ("old", "new", "verdict", "faults"),
    [
        (b"UNT+13", b"UNT+12", "4", []),
        (b"334:2026030916", b"334:2026133916", "7", [["UCS"], ["6"], ["12"]]),
        (b"IFTSTA:", b"COARRI:", "4", []),
    ],
)
def test_contrl_names_what_is_wrong_and_whether_the_message_was_used(old, new, verdict, faults):
    raw = body("edifact_iftsta/01_collected_delivered.edi").replace(old, new)

    _, lines = contrl_lines(raw)

    assert next(component(line, 2) for line in lines if line[0] == ["UCM"]) == verdict
    assert next((line for line in lines if line[0] == ["UCS"]), []) == faults


def test_contrl_speaks_with_the_senders_own_service_characters():
    raw = body("edifact_desadv/03_other_characters.edi")

    (written,) = acks.acknowledge("edifact_desadv", raw, "CONTRL", control=5, at=AT)

    assert written.startswith(b"UNA>*.! ~\nUNB*UNOB>2*CONTROLTOWER>ZZ*SUPPLIER>ZZ*260311>0930*5~")
