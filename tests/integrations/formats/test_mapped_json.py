"""JSON read by a layout: where fields stand, times as partners write them, hostile layouts and bodies."""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations import formats
from apps.integrations.formats.base import ParsedEvent, ParseResult, Refused, Skipped, Source
from apps.integrations.formats.codes import Code, Codes
from apps.integrations.formats.mapped_json.layout import BadLayout, compiled
from apps.integrations.formats.mapped_json.paths import BadPath, entries_path, path
from apps.integrations.formats.mapped_json.proposing import codes_in, propose, same_words
from tests.integrations.formats.recorded import NOW

NESTED = {
    "entries": "data.parcels[].scans[]",
    "number": ["^.awb", "ref"],
    "codes": [
        {"table": "fine", "paths": ["status.detail"]},
        {"table": "coarse", "paths": ["status.code", "status"]},
    ],
    "reason": ["why"],
    "time": ["on"],
    "clock": ["at"],
    "time_format": "%d.%m.%Y %H:%M",
    "zone": ["tz", "$.tz"],
    "place": [["hub"], ["^.city", "town"]],
    "country": ["$.country"],
    "order": ["^.order"],
}
MESSAGE = {
    "tz": "Europe/Paris",
    "country": "FRA",
    "data": {
        "parcels": [
            {
                "awb": "NL-77",
                "city": "Lyon",
                "order": "S00012",
                "scans": [
                    {"status": {"code": "T", "detail": "T9"}, "on": "09.03.2026", "at": "14:05"},
                    {
                        "status": "Z",
                        "on": "10.03.2026",
                        "at": "09:00",
                        "hub": "LYS1",
                        "why": "RAIN",
                    },
                ],
            },
            {
                "awb": "NL-78",
                "scans": {"status": "T", "on": "10.03.2026", "at": "09:30", "tz": "UTC"},
            },
        ]
    },
}
ROWS = (
    ("fine", "T9", "", "transport_late"),
    ("coarse", "T", "in_transit", ""),
    ("coarse", "Z", "delivered", ""),
    ("reason", "rain", "", "weather"),
)


def codes(layout=None, rows=ROWS, version=2) -> Codes:
    found = [Code(table, code, "", m or None, r or None, "own") for table, code, m, r in rows]
    return Codes.from_rows(version, found, NESTED if layout is None else layout)


def read(message, layout=None, *, zone=None, rows=ROWS) -> ParseResult:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    source = Source("northern", "mapped_json", "northern", zone)
    return formats.get("mapped_json").parse(raw, codes(layout, rows), source, NOW)


def one(layout, **entry) -> ParsedEvent:
    found = read({"number": "N1", "code": "T", **entry}, layout)
    return found.events[0]


def plain(**changes):
    base = {
        "entries": "",
        "number": ["number"],
        "codes": [{"table": "coarse", "paths": ["code"]}],
        "time": ["time"],
    }
    return base | changes


def test_fields_of_the_entry_of_what_holds_it_and_of_the_message_are_found():
    first, second, third = read(MESSAGE).events

    assert (first.tracking_number, first.milestone, first.exception_reason) == (
        "NL-77",
        "in_transit",
        "transport_late",
    )
    assert first.occurred_at == datetime(2026, 3, 9, 13, 5, tzinfo=UTC)
    assert (first.time_basis, first.country, first.references) == (
        "location_zone",
        "FR",
        {"order": "S00012"},
    )
    assert (second.milestone, second.exception_reason, second.location) == (
        "delivered",
        "weather",
        "LYS1, Lyon",
    )
    assert second.source_code == "Z/RAIN"
    assert (third.tracking_number, third.occurred_at.hour) == ("NL-78", 9)


def test_an_unlisted_code_is_kept_unmapped_and_never_guessed():
    [event] = read(
        {"number": "N1", "code": "delivered", "time": "2026-03-10T09:00:00Z"}, plain()
    ).events

    assert (event.milestone, event.unmapped) == ("info_only", True)


@pytest.mark.parametrize(
    ("form", "written", "found", "basis"),
    [
        ("iso", "2026-03-10T09:00:00+05:30", "2026-03-10T03:30:00", None),
        ("iso", "2026-03-10", "2026-03-10T00:00:00", "date_only"),
        ("epoch_s", 1773133200, "2026-03-10T09:00:00", None),
        ("epoch_s", "1773133200", "2026-03-10T09:00:00", None),
        ("epoch_ms", 1773133200500, "2026-03-10T09:00:00.500000", None),
        ("epoch_s", 1773133200.25, "2026-03-10T09:00:00.250000", None),
        ("digits", "20260310090000", "2026-03-10T09:00:00", "assumed_zone"),
        ("%d/%m/%Y %H:%M", "10/03/2026 09:00", "2026-03-10T09:00:00", "assumed_zone"),
        ("%d.%m.%Y", "10.03.2026", "2026-03-10T00:00:00", "date_only"),
        ("%Y-%m-%d %I:%M %p", "2026-03-10 09:00 PM", "2026-03-10T21:00:00", "assumed_zone"),
        ("%Y%m%dT%H%M%S%z", "20260310T090000+0100", "2026-03-10T08:00:00", None),
    ],
)
def test_times_are_read_as_the_layout_says(form, written, found, basis):
    event = one(plain(time_format=form), time=written)

    assert event.occurred_at == datetime.fromisoformat(found).replace(tzinfo=UTC)
    assert event.time_basis == basis


def test_the_layouts_own_zone_comes_before_the_partners():
    layout = plain(default_zone="Asia/Tokyo")
    [event] = read(
        {"number": "N", "code": "T", "time": "2026-03-10T09:00:00"}, layout, zone="UTC"
    ).events

    assert event.occurred_at == datetime(2026, 3, 10, 0, 0, tzinfo=UTC)


def test_a_day_and_its_clock_may_stand_in_two_fields():
    event = one(plain(clock=["hour"], time_format="digits"), time="20260310", hour="93000")

    assert event.occurred_at == datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def test_an_event_far_in_the_future_is_kept_and_flagged():
    assert one(plain(), time="2027-01-01T00:00:00Z").flags == ("suspect_time",)


@pytest.mark.parametrize("time", ["", "soon", None, {}, 10**300, -1, True])
@pytest.mark.parametrize("form", ["iso", "epoch_s", "digits", "%d.%m.%Y"])
def test_a_single_event_without_usable_time_is_refused_and_one_of_several_is_skipped(time, form):
    entry = {"number": "N1", "code": "T", "time": time}
    with pytest.raises(Refused, match="no usable time"):
        read(entry, plain(time_format=form))

    several = read([entry], plain(entries="[]", time_format=form))
    assert several == ParseResult([], [Skipped(0, "no usable time")])


def test_what_is_no_entry_is_skipped_with_its_place_and_reason():
    message = {"events": [3, {"code": "T"}, {"number": "N1"}, {"number": "N" * 101, "code": "T"}]}
    found = read(message, plain(entries="events[]"))

    assert [(skip.index, skip.reason) for skip in found.skipped] == [
        (0, "not an object"),
        (1, "no tracking number"),
        (2, "no code"),
        (3, "no tracking number"),
    ]


@pytest.mark.parametrize("message", [{}, {"data": []}, {"data": {"parcels": "none"}}, []])
def test_a_message_without_the_list_of_entries_is_refused_with_its_place(message):
    with pytest.raises(Refused) as refused:
        read(message)
    assert (refused.value.reason, refused.value.pointer) == ("malformed_payload", "/data/parcels")


def test_without_a_layout_a_message_is_refused_and_says_so():
    with pytest.raises(Refused, match="no layout"):
        formats.get("mapped_json").parse(
            b"{}", Codes.from_rows(3, []), Source("n", "mapped_json"), NOW
        )


def test_a_scan_is_known_again_whatever_the_mapping_says_of_it():
    message = {"number": "N1", "code": "T", "time": "2026-03-10T09:00:00Z"}
    before, after = (
        read(message, plain(), rows=rows).events[0]
        for rows in (ROWS, (("coarse", "T", "lost", ""),))
    )

    assert (before.identity, before.content) == (after.identity, after.content)
    assert before.milestone != after.milestone


def test_the_sources_own_id_is_the_identity_where_the_layout_names_one():
    layout = plain(event_id=["id"])
    first, again = (
        one(layout, id="e-1", time=time).identity for time in ("2026-03-10T09:00:00Z", "2026-03-11")
    )

    assert first == again


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("number", {"number": []}),
        ("number", {"number": ["a..b"]}),
        ("number", {"number": ["a[]"]}),
        ("number", {"number": ["x"] * 5}),
        ("number", {"number": [7]}),
        ("number", {"number": ["^.^.^.a"]}),
        ("number", {"number": [".".join("a" * 9)]}),
        ("time", {"time": None}),
        ("codes", {"codes": []}),
        ("codes", {"codes": [{"table": "No Table", "paths": ["a"]}]}),
        ("codes", {"codes": [{"table": "reason", "paths": ["a"]}]}),
        ("entries", {"entries": "events"}),
        ("entries", {"entries": 5}),
        ("default_zone", {"default_zone": "Mars/Olympus"}),
        ("time_format", {"time_format": "%H:%M"}),
        ("time_format", {"time_format": "%d%d.%m.%Y"}),
        ("time_format", {"time_format": "%Q"}),
        ("time_format", {"time_format": "%Y-%m-%d %"}),
        ("place", {"place": [["a"]] * 6}),
        ("shell", {"shell": ["a"]}),
    ],
)
def test_a_layout_that_cannot_be_used_says_which_field_is_wrong(field, changes):
    with pytest.raises(BadLayout) as bad:
        compiled(plain(**changes))
    assert bad.value.field == field


@given(st.text(max_size=60))
def test_any_text_is_a_path_or_says_why_not(text):
    for read_path in (path, entries_path):
        try:
            read_path(text)
        except BadPath as bad:
            assert str(bad)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["data", "parcels", "scans", "awb", "status", "on", "at", "tz"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=30,
    )
)
def test_whatever_a_body_holds_it_is_read_or_refused(message):
    try:
        found = read(message)
    except Refused as refused:
        assert refused.reason == "malformed_payload"
    else:
        assert all(event.occurred_at.tzinfo for event in found.events)


def test_a_body_of_the_largest_size_stays_within_its_memory_whatever_the_layout():
    raw = (
        b'{"data":{"parcels":[{"scans":['
        + b",".join([b'{"on":"' + b"9" * 200 + b'"}'] * 19_000)
        + b"]}]}}"
    )
    paths = ["^." + ".".join("a" * 8), "$.data.parcels[0].scans[1899].on", "on", "a"]
    layout = NESTED | dict.fromkeys(("number", "reason", "zone", "eta", "description"), paths)
    tracemalloc.start()
    found = read(raw, layout)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(found.skipped) == 19_000
    assert peak < 200 * 1024 * 1024


def test_a_sample_is_looked_through_and_fields_named_by_equal_words_are_proposed():
    proposal = propose(
        {
            "sender": "Northern Lights",
            "parcels": [
                {"tracking_no": "NL-1", "weight": 2.5, "history": [{"status": "COLLECTED", "timestamp": "09.03.2026 14:05", "city": "Oslo"}]},
                {"tracking_no": "NL-2", "history": [{"status": "DELIVERED", "timestamp": "10.03.2026 09:00"}]},
            ],
        }
    )  # fmt: skip

    assert proposal.entries == "parcels[].history[]"
    assert proposal.picks == {
        "code": "status",
        "time": "timestamp",
        "place": "city",
        "number": "^.tracking_no",
    }
    assert next(f.examples for f in proposal.fields if f.path == "status") == [
        "COLLECTED",
        "DELIVERED",
    ]


def test_codes_of_a_sample_are_listed_with_the_milestone_of_the_same_words_only():
    layout = compiled(plain(entries="[]"))
    found = codes_in(
        [{"code": "Out for Delivery"}, {"code": "COLLECTED"}, {"code": "COLLECTED"}], layout
    )

    assert [(one.code, one.count, one.same_words) for one in found] == [
        ("Out for Delivery", 1, "out_for_delivery"),
        ("COLLECTED", 2, ""),
    ]
    assert same_words("outForDelivery") == "out_for_delivery"


@pytest.mark.parametrize(
    ("path", "message", "key"),
    [
        (["$.head.id"], {"head": {"id": 77}, "events": []}, "77"),
        (["$.other", "$.head.id"], {"head": {"id": "m1"}, "events": []}, "m1"),
        (["$.head.id"], {"events": []}, None),
        (["$.head.id"], {"head": {"id": "m" * 101}, "events": []}, None),
        ([], {"head": {"id": "m1"}, "events": []}, None),
    ],
)
def test_a_message_may_have_an_id_of_its_own_at_its_top(path, message, key):
    found = formats.get("mapped_json").key_of(
        message, codes(plain(entries="events[]", message_id=path))
    )
    assert found == key


@pytest.mark.parametrize("path", ["id", "^.id"])
def test_an_entrys_own_id_is_no_id_of_the_message(path):
    with pytest.raises(BadLayout, match=r"begin its path with \$"):
        compiled(plain(entries="events[]", message_id=[path]))
    if path == "id":
        assert compiled(plain(message_id=[path])).message_id
