"""What holds for every format that repeats a package's history, whatever is sent in its name."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.integrations import formats
from apps.integrations.formats.base import Refused, Source
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.schemes import SCHEMES
from tests.integrations.formats.recorded import (
    LATER,
    SAMPLES,
    body,
    document,
    parse_sample,
    parsed,
    written,
)
from tests.integrations.formats.test_every_format import JUNK, places, replaced

NAMES = (
    "ups_track", "fedex_track", "dhl_unified", "usps_tracking", "aftership", "shippo", "dcsa_tnt",
    "shipengine", "seventeentrack",
)  # fmt: skip
READ = [one for one in SAMPLES if one["format"] in NAMES and "refused" not in one]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
MARKUP = st.text(alphabet=string.ascii_letters + "<>&;#/!- \x00\u00e9\u202e", max_size=60)


def sound(event):
    """What storage and the screens rely on."""
    assert event.occurred_at.utcoffset().total_seconds() == 0
    assert event.occurred_at.microsecond % 1000 == 0
    assert 0 < len(event.tracking_number) <= 100
    assert len(event.identity) == len(event.content) == 64
    assert len(event.source_code) <= 200
    assert len(event.location) <= 200
    assert len(event.description) <= 500
    assert len(event.generation_hint or "") <= 100
    assert len(event.source_event_id or "") <= 200
    assert all(0 < len(value) <= 100 for value in event.references.values())
    assert event.eta is None or len(event.eta) in {10, 20, 24}
    assert event.country is None or len(event.country) == 2
    assert "\x00" not in f"{event.tracking_number}{event.location}{event.description}"
    json.dumps([event.details, event.pod, event.references]).encode()


def read_or_refused(name, raw):
    format_ = formats.get(name)
    try:
        checked = format_.check(raw)
    except Refused as error:
        assert error.reason == "malformed_payload"
        with pytest.raises(Refused):
            parsed(name, raw)
        return
    result = parsed(name, raw)
    assert checked.ignored == result.ignored
    for event in result.events:
        sound(event)
    indexes = [skip.index for skip in result.skipped]
    assert indexes == sorted(set(indexes))


@settings(max_examples=300)
@given(st.data())
def test_messages_with_several_fields_of_any_kind_are_read_or_refused(data):
    sample = data.draw(st.sampled_from(READ))
    content = document(sample["file"])
    for _ in range(data.draw(st.integers(1, 5))):
        path = data.draw(st.sampled_from(list(places(content))))
        content = replaced(content, path, data.draw(JUNK | ANY_JSON | MARKUP))
        if not isinstance(content, dict | list):
            break
    read_or_refused(sample["format"], written(content))


@settings(max_examples=200)
@given(st.data())
def test_any_json_at_all_is_read_or_refused(data):
    read_or_refused(data.draw(st.sampled_from(NAMES)), written(data.draw(ANY_JSON)))


@settings(max_examples=200)
@given(st.data())
def test_bytes_lost_or_turned_on_the_way_are_read_or_refused(data):
    sample = data.draw(st.sampled_from(READ))
    raw = bytearray(body(sample["file"]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        if data.draw(st.booleans()):
            raw[at] = data.draw(st.integers(0, 255))
        else:
            del raw[at : at + data.draw(st.integers(1, 40))]
    read_or_refused(sample["format"], bytes(raw))


@pytest.mark.parametrize("sample", READ, ids=lambda sample: sample["file"])
def test_a_scan_keeps_identity_and_content_under_another_mapping(sample):
    format_, raw = formats.get(sample["format"]), body(sample["file"])
    source = Source("s", sample["format"], None, "Europe/Berlin")
    before = format_.parse(raw, format_.load_codes(), source, LATER).events
    after = format_.parse(raw, Codes.from_rows(2, []), source, LATER).events

    assert [(one.identity, one.content) for one in before] == [
        (one.identity, one.content) for one in after
    ]
    assert {event.milestone for event in after} <= {"info_only", "eta_updated"}


@pytest.mark.parametrize(
    "sample",
    [one for one in READ if one["format"] != "dcsa_tnt"],
    ids=lambda sample: sample["file"],
)
def test_each_packages_events_are_told_oldest_first(sample):
    at = {}
    for event in parse_sample(sample).events:
        assert at.get(event.tracking_number, event.occurred_at) <= event.occurred_at
        at[event.tracking_number] = event.occurred_at


@pytest.mark.parametrize(
    ("name", "content", "pointer"),
    [
        ("ups_track", {"response": {"errors": []}}, "/trackResponse"),
        ("ups_track", {"trackResponse": {"shipment": {}}}, "/trackResponse/shipment"),
        (
            "ups_track",
            {"trackResponse": {"shipment": [{"package": [{"activity": [{}] * 20_000}]}]}},
            "/trackResponse/shipment",
        ),
        ("fedex_track", {"output": []}, "/output"),
        ("fedex_track", {"output": {}}, "/output/completeTrackResults"),
        (
            "fedex_track",
            {"output": {"completeTrackResults": [{"trackResults": [{"scanEvents": [0] * 20_000}]}]}},
            "/output/completeTrackResults",
        ),
        ("dhl_unified", {"status": 404, "title": "No result found"}, "/shipments"),
        ("dhl_unified", {"shipments": [{"events": [0] * 11_000}] * 2}, "/shipments"),
        ("usps_tracking", {"trackingEvents": []}, "/trackingNumber"),
        ("usps_tracking", {"trackingNumber": "1", "trackingEvents": {}}, "/trackingEvents"),
        ("usps_tracking", {"trackingNumber": "1", "trackingEvents": [0] * 20_001}, "/trackingEvents"),
        ("aftership", {"event_id": "1"}, "/event"),
        ("aftership", {"event": "tracking_update"}, "/event_id"),
        ("aftership", {"event": "tracking_update", "event_id": "1", "msg": []}, "/msg"),
        (
            "aftership",
            {"event": "tracking_update", "event_id": "1", "msg": {}},
            "/msg/tracking_number",
        ),
        (
            "aftership",
            {"event": "edd_revise", "event_id": "1", "msg": {"tracking_number": "1"}, "ts": -1},
            "/ts",
        ),
        ("shippo", {"data": {}}, "/event"),
        ("shippo", {"event": "track_updated"}, "/data"),
        ("shippo", {"event": "track_updated", "data": {}}, "/data/tracking_number"),
        (
            "shippo",
            {"event": "track_updated", "data": {"tracking_number": 1, "tracking_history": "x"}},
            "/data/tracking_history",
        ),
        ("dcsa_tnt", {}, "/eventType"),
        ("dcsa_tnt", [{"eventType": ""}], "/0/eventType"),
        (
            "dcsa_tnt",
            [{"eventType": "TRANSPORT", "eventClassifierCode": "ACT"}],
            "/0/eventDateTime",
        ),
        ("dcsa_tnt", {"eventType": "TRANSPORT"}, "/eventCreatedDateTime"),
    ],
)  # fmt: skip
def test_a_message_without_its_frame_is_refused_with_the_field(name, content, pointer):
    with pytest.raises(Refused) as caught:
        formats.get(name).check(written(content))

    assert (caught.value.reason, caught.value.pointer) == ("malformed_payload", pointer)


@pytest.mark.parametrize("name", NAMES)
def test_a_message_of_nothing_is_a_message(name):
    nothing = {
        "ups_track": {"trackResponse": {"shipment": []}},
        "fedex_track": {"output": {"completeTrackResults": []}},
        "dhl_unified": {"shipments": []},
        "usps_tracking": {"trackingNumber": "1"},
        "aftership": {"event": "tracking_update", "event_id": "1", "msg": {"tracking_number": 1}},
        "shippo": {"event": "track_updated", "data": {"tracking_number": "1"}},
        "dcsa_tnt": [],
        "shipengine": {"resource_type": "API_TRACK", "data": {"tracking_number": "1"}},
        "seventeentrack": {
            "event": "TRACKING_UPDATED",
            "data": {"number": "1", "track_info": {}},
        },
    }
    result = parsed(name, nothing[name])

    assert (result.events, result.skipped, result.ignored) == ([], [], None)


def test_the_page_on_carriers_names_every_format_and_every_scheme():
    page = (Path(__file__).parents[3] / "docs" / "carriers.md").read_text(encoding="utf-8")

    for name in (*NAMES, *SCHEMES):
        assert f"`{name}`" in page
