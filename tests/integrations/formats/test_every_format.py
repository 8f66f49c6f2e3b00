"""What holds for each format in the registry."""

import copy
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations import formats
from apps.integrations.formats.base import JSON_MEDIA, REFUSALS, Refused
from apps.integrations.formats.schemes import SCHEMES
from tests.integrations.formats.recorded import (
    LATER,
    SAMPLES,
    body,
    document,
    parsed,
    refusal,
    written,
)

JSON_SAMPLES = [
    sample for sample in SAMPLES if sample["file"].endswith(".json") and "refused" not in sample
]
JSON_ONLY = [found for found in formats.FORMATS.values() if found.media_types == JSON_MEDIA]
EACH = pytest.mark.parametrize("format_", formats.FORMATS.values(), ids=lambda found: found.name)
JUNK = st.sampled_from(
    [None, "", " ", 0, -1, 1.5, True, [], {}, [[]], {"a": 1}, "x" * 5000, "\ud800\x00", 10**40,
     "2026-13-45", "0001-01-01T00:00:00+23:59", "\u202e", "../../etc/passwd"]
)  # fmt: skip


def places(node, path=()):
    """Every path of a document that can be replaced."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node)
    if isinstance(node, dict | list):
        for key, value in items:
            if isinstance(value, dict | list):
                yield from places(value, (*path, key))
            else:
                yield (*path, key)


def replaced(node, path, value):
    if not path:
        return value
    changed = copy.copy(node)
    changed[path[0]] = replaced(node[path[0]], path[1:], value)
    return changed


@given(st.data())
def test_a_message_with_any_field_of_any_kind_is_read_or_refused(data):
    sample = data.draw(st.sampled_from(JSON_SAMPLES))
    content = document(sample["file"])
    path = data.draw(st.sampled_from(list(places(content))))
    raw = written(replaced(content, path, data.draw(JUNK)))
    format_ = formats.get(sample["format"])
    try:
        format_.check(raw)
    except Refused as error:
        assert error.reason == "malformed_payload"
        assert refusal(parsed, sample["format"], raw).pointer == error.pointer
    else:
        try:
            events = parsed(sample["format"], raw).events
        except Refused as error:
            # Its structure is a partner's layout, which the check at the door does not know.
            assert (sample["format"], error.reason) == ("mapped_json", "malformed_payload")
            return
        for event in events:
            assert event.occurred_at.utcoffset().total_seconds() == 0
            assert 0 < len(event.tracking_number or event.subject[1]) <= 100
            json.dumps([event.details, event.pod, event.references]).encode()
            f"{event.location}{event.description}{event.source_code}".encode()


@pytest.mark.parametrize("format_", JSON_ONLY, ids=lambda found: found.name)
@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/cloudevents+json", True),
        ("application/jsonp", False),
        ("+json", False),
        ("text/json", False),
        ("application/xml", False),
        ("", False),
        (None, False),
    ],
)
def test_only_json_media_types_are_taken(format_, content_type, accepted):
    if accepted:
        assert format_.check_media(content_type) is None
    else:
        error = refusal(format_.check_media, content_type)
        assert (error.reason, error.status) == ("unsupported_media_type", 415)


@EACH
def test_five_mebibytes_are_the_limit(format_):
    assert format_.check_size(5 * 1024 * 1024) is None
    assert refusal(format_.check_size, 5 * 1024 * 1024 + 1).status == 413


@EACH
def test_parsing_twice_gives_the_same_events(format_):
    sample = next(found for found in SAMPLES if found["format"] == format_.name)
    raw = body(sample["file"])

    once = parsed(format_.name, raw, now=LATER)
    assert parsed(format_.name, raw, now=LATER) == once
    assert parsed(format_.name, raw, now=LATER.replace(year=2030)) == once


@EACH
def test_a_format_names_the_schemes_its_partners_may_use_and_its_own_is_one_of_them(format_):
    assert format_.scheme in format_.schemes
    assert set(format_.schemes) <= set(SCHEMES)
    assert len(set(format_.schemes)) == len(format_.schemes)


def test_an_unknown_name_is_no_format():
    with pytest.raises(KeyError):
        formats.get("carrier_pigeon")


def test_every_reason_to_refuse_has_its_status():
    assert {reason: Refused(reason, "").status for reason in REFUSALS} == dict(REFUSALS)
    with pytest.raises(KeyError):
        Refused("mood", "")


def test_the_formats_load_without_django():
    check = "import sys; import apps.integrations.formats; print('django' in sys.modules)"

    run = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.strip() == "False"
