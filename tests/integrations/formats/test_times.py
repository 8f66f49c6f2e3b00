"""Times of sources become instants by fixed rules, summer time included."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations.formats.times import (
    Reading,
    is_suspect,
    iso_z,
    locate,
    parse_digits,
    parse_iso,
    parse_offset,
    to_utc,
    zone,
)

ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]
years = st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 30))


def at(text):
    return datetime.fromisoformat(text)


@given(years, st.sampled_from(ZONES))
def test_a_local_time_is_the_first_instant_that_shows_it_on_the_clock(local, name):
    place = ZoneInfo(name)
    local = local.replace(microsecond=0)
    utc = to_utc(local, place)
    shown = utc.astimezone(place).replace(tzinfo=None)

    if shown == local:
        for hours in (0.5, 1):
            earlier = (utc - timedelta(hours=hours)).astimezone(place).replace(tzinfo=None)
            assert earlier != local
    else:
        before = (utc - timedelta(days=2)).astimezone(place).utcoffset()
        assert shown > local
        assert utc == (local - before).replace(tzinfo=UTC)


@given(years, st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_what_is_written_with_an_offset_is_read_back_as_the_same_instant(moment, minutes):
    sign, distance = "-" if minutes < 0 else "+", abs(minutes)
    text = (
        f"{moment.isoformat(timespec='milliseconds')}{sign}{distance // 60:02}:{distance % 60:02}"
    )
    reading = locate(parse_iso(text), "Europe/Paris", "Asia/Kolkata")

    assert reading == Reading(to_utc(at(text)), None)
    assert parse_iso(iso_z(reading.at)) == reading.at


@given(st.text(max_size=70))
def test_no_text_makes_the_readers_fail(text):
    for found in (parse_iso(text), parse_digits(text, text), parse_offset(text), zone(text)):
        assert found is None or found


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00+00:00"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00"),
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00+00:00"),
    ],
)
def test_the_hour_that_comes_twice_is_the_first_and_the_missing_one_keeps_the_old_offset(
    local, utc
):
    assert to_utc(at(local), ZoneInfo("Europe/Paris")) == at(utc)


@pytest.mark.parametrize(
    ("text", "here", "default", "utc", "basis"),
    [
        ("2026-07-01T10:00:00Z", "Europe/Paris", None, "2026-07-01T10:00:00Z", None),
        ("2026-07-01T10:00+0530", None, None, "2026-07-01T04:30:00Z", None),
        (
            "2026-07-01 10:00:00",
            "Europe/Paris",
            "Asia/Kolkata",
            "2026-07-01T08:00:00Z",
            "location_zone",
        ),
        ("2026-07-01T10:00:00", None, "Asia/Kolkata", "2026-07-01T04:30:00Z", "assumed_zone"),
        ("2026-07-01T10:00:00", "Mars/Olympus", None, "2026-07-01T10:00:00Z", "assumed_zone"),
        ("2026-07-01", "Europe/Paris", None, "2026-06-30T22:00:00Z", "date_only"),
        ("2026-07-01", None, None, "2026-07-01T00:00:00Z", "date_only"),
        ("2026-07-01T10:00:00.1239999Z", None, None, "2026-07-01T10:00:00.123Z", None),
        ("2026-07-01T10:00:00.0001Z", None, None, "2026-07-01T10:00:00Z", None),
    ],
)
def test_each_kind_of_time_is_placed_and_says_how(text, here, default, utc, basis):
    reading = locate(parse_iso(text), here, default)

    assert (iso_z(reading.at), reading.basis) == (utc, basis)
    assert reading.at == at(utc)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-02-30", "2026-13-01", "2026-07-01T24:00:00", "2026-07-01T10",
     "20260701", "2026-W10-2", "2026-07-01T10:00:00+24:00", "\uff12\uff10\uff12\uff16-07-01",
     "2026-07-01T10:00:00Z" + 60 * " ", "0000-01-01", "2026-07-01T23:59:60Z"],
)  # fmt: skip
def test_what_is_no_time_is_none(text):
    assert parse_iso(text) is None


def test_an_instant_beyond_the_calendar_is_no_usable_time():
    assert locate(parse_iso("0001-01-01T00:00:00+10:00"), None, None) is None
    assert locate(parse_iso("9999-12-31T23:00:00-10:00"), None, None) is None
    assert locate(parse_iso("0001-01-01"), None, "Asia/Kolkata") is None


@pytest.mark.parametrize(
    ("day", "clock", "found"),
    [
        ("20260310", "181500", datetime(2026, 3, 10, 18, 15)),
        ("20260310", "18:15:00", datetime(2026, 3, 10, 18, 15)),
        ("20260310", "18:15", datetime(2026, 3, 10, 18, 15)),
        ("20260310", "74700", datetime(2026, 3, 10, 7, 47)),
        ("20260310", "0", datetime(2026, 3, 10)),
        ("20260310", "  ", date(2026, 3, 10)),
        ("20260310", "240000", None),
        ("20260310", "noon", None),
        ("20260230", "", None),
        ("", "181500", None),
        ("2026031", "", None),
    ],
)
def test_dates_and_times_in_digits(day, clock, found):
    assert parse_digits(day, clock) == found


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("Z", 0), ("-04.00", -240), ("+05:30", 330), ("-0930", -570), ("+1", 60), ("+25:00", None),
     ("04:00", None), ("+05:60", None), ("", None)],
)  # fmt: skip
def test_offsets_with_colon_dot_or_neither(text, minutes):
    found = parse_offset(text)

    assert (found and found.utcoffset(None)) == (
        None if minutes is None else timedelta(minutes=minutes)
    )


@pytest.mark.parametrize(
    "name",
    ["", None, "localtime", "../../etc/passwd", "America", "Europe/paris ", "x" * 5000, "\x00"],
)
def test_only_real_zones_are_zones(name):
    assert zone(name) is None
    assert zone("Europe/Paris") == ZoneInfo("Europe/Paris")


def test_more_than_a_day_ahead_is_suspect():
    now = datetime(2026, 3, 10, tzinfo=UTC)

    assert not is_suspect(now + timedelta(hours=24), now)
    assert is_suspect(now + timedelta(hours=24, seconds=1), now)
    assert not is_suspect(now - timedelta(days=9), now)
