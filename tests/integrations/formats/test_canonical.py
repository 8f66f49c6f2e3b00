"""The canonical event: both versions, batches, its schemas."""

import json

import pytest
from jsonschema import Draft202012Validator

from apps.integrations import formats
from apps.integrations.formats.canonical.envelope import CURRENT, DEPRECATED, schema, valid
from apps.integrations.formats.canonical.parse import is_deprecated
from apps.integrations.formats.codes import MILESTONES
from tests.integrations.formats.recorded import document, only, parsed, refusal, written

NAME = "canonical"
ONE = document("canonical/01_single.json")
OLD = document("canonical/02_batch_of_both_versions.json")[0]
FORMAT = formats.get(NAME)


def one(**changes):
    found = ONE | changes
    return {name: value for name, value in found.items() if value is not ...}


def conforms(entry):
    version = DEPRECATED if entry.get("version") == DEPRECATED else CURRENT
    return Draft202012Validator(schema(version)).is_valid(entry)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id": ...}, "/id"),
        ({"id": ""}, "/id"),
        ({"type": ...}, "/type"),
        ({"version": ...}, "/version"),
        ({"version": "3"}, "/version"),
        ({"source": ...}, "/source"),
        ({"source": "x" * 61}, "/source"),
        ({"occurred_at": ...}, "/occurred_at"),
        ({"subject": ...}, "/subject"),
        ({"subject": {}}, "/subject"),
        ({"subject": {"pallet": "7"}}, "/subject"),
        ({"subject": {"order": "S1"}}, "/subject/tracking_number"),
        ({"subject": {"tracking_number": "x" * 101}}, "/subject/tracking_number"),
        ({"eta": 7}, "/eta"),
        ({"pod": "signed"}, "/pod"),
        ({"location": "Wien"}, "/location"),
        ({"details": []}, "/details"),
        ({"references": {"po": []}}, "/references"),
        ({"reason": ["weather"]}, "/reason"),
    ],
)
def test_a_field_at_fault_is_named_by_its_pointer_and_the_schema_agrees(changes, pointer):
    entry = one(**changes)

    error = refusal(FORMAT.check, written(entry))

    assert (error.reason, error.pointer) == ("malformed_payload", pointer)
    assert not conforms(entry)


@pytest.mark.parametrize("occurred_at", ["2026-13-01", "noon", ""])
def test_a_time_that_is_none_is_malformed(occurred_at):
    assert refusal(FORMAT.check, written(one(occurred_at=occurred_at))).pointer == "/occurred_at"


def test_too_large_details_are_malformed():
    assert refusal(FORMAT.check, written(one(details={"a": "x" * 65_536}))).pointer == "/details"


@pytest.mark.parametrize("kind", sorted(MILESTONES))
def test_every_milestone_is_its_own_code_in_mapping_and_schema(kind):
    event = only(parsed(NAME, one(type=kind)))

    assert (event.milestone, event.unmapped) == (kind, False)
    assert kind in schema(CURRENT)["properties"]["type"]["anyOf"][0]["enum"]


def test_both_versions_say_the_same_in_their_own_shape():
    new = {name: value for name, value in OLD.items() if name not in {"tracking_number", "purchase"}} | {
        "version": "2", "location": {"name": "DENVER CO"},
        "subject": {"tracking_number": "PRO100099", "purchase": "P00007"},
    }  # fmt: skip
    first, second = only(parsed(NAME, OLD)), only(parsed(NAME, new))

    assert conforms(OLD)
    assert conforms(new)
    assert (first.tracking_number, first.references, first.location, first.pod, first.identity) == (
        second.tracking_number, second.references, second.location, second.pod, second.identity,
    )  # fmt: skip
    assert is_deprecated(FORMAT.check(written(OLD)).document)
    assert not is_deprecated(FORMAT.check(written(new)).document)


def test_the_key_is_the_source_with_the_id_and_a_batch_has_none():
    assert FORMAT.check(written(ONE)).key == "n8n-flow-7:n8n-0001"
    assert FORMAT.check(written([ONE])).key is None


def test_bad_entries_of_a_batch_are_skipped_with_place_and_reason():
    result = parsed(NAME, [one(), 7, one(id=None), one(id="2")])

    assert len(result.events) == 2
    assert [(skip.index, skip.reason) for skip in result.skipped] == [
        (1, "an event must be an object"), (2, "/id must be a text of 1 to 100 characters"),
    ]  # fmt: skip


def test_lines_are_a_batch_and_a_bad_line_costs_the_others_nothing():
    lines = [json.dumps(one(id=str(n))) for n in range(3)]
    raw = "\n".join([lines[0], '{"id": "cut', "", lines[1], "[]", lines[2], ""]).encode()

    result = parsed(NAME, raw)

    assert len(result.events) == 3
    assert [skip.index for skip in result.skipped] == [1, 3]


def test_the_first_line_may_be_the_bad_one():
    raw = b'{"id": "cut\n' + written(ONE) + b"\n"

    assert len(parsed(NAME, raw).events) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\n\n", b"[]", b"7", b'"text"', b"null", b'{"id": 1\n', b"{}\n", b"{\n{\n", b'{"a":1}x',
        written(ONE)[:-1], written(ONE).replace(b'"n8n-0001"', b'"a","id":"b"'), b'{"id": NaN}',
        written([ONE] * 20_001), (written(ONE) + b"\n") * 20_001, b"\xff" + written(ONE),
        b"[" * 70 + b"]" * 70,
    ],
)  # fmt: skip
def test_what_is_neither_an_event_nor_a_batch_is_malformed(raw):
    assert refusal(FORMAT.check, raw).reason == "malformed_payload"
    assert refusal(parsed, NAME, raw).reason == "malformed_payload"


@pytest.mark.parametrize(
    ("kind", "given", "subject"),
    [
        ("order.confirmed", {"order": "S1", "shipment": "WH/OUT/1"}, ("order", "S1")),
        ("shipment.cancelled", {"order": "S1", "shipment": "WH/OUT/1"}, ("shipment", "WH/OUT/1")),
        ("supplier.delayed", {"purchase": "P7"}, ("purchase", "P7")),
        ("supplier.delayed", {"purchase": "P7", "supplier": "ACME"}, ("purchase", "P7")),
        ("dock.appointment_missed", {"dock": "D2", "purchase": "P7"}, ("dock", "D2")),
        ("stock.adjusted", {"product": "DESK-1"}, ("product", "DESK-1")),
        ("label.failed", {"tracking_number": "T1"}, ("package", "T1")),
    ],
)
def test_a_business_event_is_about_what_its_kind_names_else_the_first_subject(kind, given, subject):
    event = only(parsed(NAME, one(type=kind, subject=given)))

    assert (event.kind, event.subject, event.tracking_number) == (kind, subject, "")
    assert (event.milestone, event.unmapped) == ("info_only", False)


def test_an_unlisted_type_or_reason_is_kept_and_nothing_is_guessed():
    event = only(parsed(NAME, one(type="teleported", reason="beam failure")))

    assert (event.milestone, event.unmapped, event.exception_reason) == ("info_only", True, None)
    assert event.details["reason"] == "beam failure"


def test_a_shipment_without_a_number_is_followed_under_its_own():
    event = only(parsed(NAME, one(subject={"shipment": "WH/OUT/00012"})))

    assert event.tracking_number == "WH/OUT/00012"


def test_a_local_time_is_read_in_its_locations_zone():
    event = only(
        parsed(
            NAME, one(occurred_at="2026-03-10T10:00:00", location={"timezone": "America/Denver"})
        )
    )

    assert (event.occurred_at.hour, event.time_basis) == (16, "location_zone")


def test_a_correlation_id_passes_and_is_no_part_of_what_was_said():
    first = only(parsed(NAME, one()))
    other = only(parsed(NAME, one(correlation_id="else")))

    assert first.references["correlation_id"] == "abc-123"
    assert (first.identity, first.content) == (other.identity, other.content)


def test_a_link_that_is_none_is_no_document():
    event = only(
        parsed(
            NAME, one(type="delivered", pod={"received_by": "A", "document_url": "javascript:x"})
        )
    )

    assert (event.pod["document_available"], event.pod["document_url"]) == (False, None)


def test_only_two_versions_have_a_schema():
    for version in (CURRENT, DEPRECATED):
        Draft202012Validator.check_schema(schema(version))
    with pytest.raises(KeyError):
        schema("../../base")
    assert valid(ONE).version == CURRENT


def test_lines_have_media_types_of_their_own():
    for media in ("application/json", "application/x-ndjson; charset=utf-8", "application/ndjson"):
        assert FORMAT.check_media(media) is None
    assert refusal(FORMAT.check_media, "text/plain").status == 415
