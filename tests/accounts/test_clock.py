"""Working time: what a team's hours, weekends, holidays and summer time make of a deadline."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts import clock

OFFICE = clock.calendar(
    "Europe/Brussels",
    {day: [["08:00", "12:00"], ["13:00", "18:00"]] for day in "12345"},
    ["2026-12-25"],
)
ALWAYS = clock.calendar("UTC", {}, [])
NIGHT = clock.calendar(
    "Europe/Brussels", {day: [["00:00", "06:00"], ["22:00", "24:00"]] for day in "1234567"}, []
)
CALENDARS = st.sampled_from([OFFICE, ALWAYS, NIGHT])
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda at: at.replace(tzinfo=UTC)
)
SPANS = st.integers(0, 20_000).map(lambda minutes: timedelta(minutes=minutes))


def brussels(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Brussels"))


def test_a_clock_that_starts_on_friday_afternoon_ends_on_monday_morning():
    assert clock.add(OFFICE, brussels("2026-11-20 17:00"), timedelta(hours=2)) == brussels(
        "2026-11-23 09:00"
    )


def test_lunch_does_not_count():
    assert clock.between(
        OFFICE, brussels("2026-11-23 11:30"), brussels("2026-11-23 13:30")
    ) == timedelta(hours=1)


def test_a_holiday_does_not_count():
    assert clock.add(OFFICE, brussels("2026-12-24 17:00"), timedelta(hours=2)) == brussels(
        "2026-12-28 09:00"
    )


def test_a_night_over_the_change_to_summer_time_is_an_hour_shorter():
    before, after = brussels("2026-03-28 22:00"), brussels("2026-03-29 06:00")
    assert clock.between(NIGHT, before, after) == timedelta(hours=7)
    assert clock.between(
        NIGHT, brussels("2026-10-24 22:00"), brussels("2026-10-25 06:00")
    ) == timedelta(hours=9)


def test_around_the_clock_every_minute_counts():
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert clock.add(ALWAYS, start, timedelta(days=3)) == start + timedelta(days=3)


def test_a_calendar_without_working_time_says_so():
    with pytest.raises(clock.NoWorkingTime):
        clock.add(
            clock.calendar("UTC", {"1": []}, []),
            datetime(2026, 1, 1, tzinfo=UTC),
            timedelta(minutes=1),
        )


def test_overlapping_hours_count_once_and_an_unknown_zone_is_utc():
    odd = clock.calendar(
        "Mars/Base", {"1": [["08:00", "12:00"], ["10:00", "14:00"], ["15:00", "15:00"]]}, []
    )
    monday = date(2026, 11, 23)
    start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    assert clock.between(odd, start, start + timedelta(days=1)) == timedelta(hours=6)


@given(CALENDARS, INSTANTS, SPANS)
def test_adding_working_time_and_measuring_it_agree(on, start, span):
    assert clock.between(on, start, clock.add(on, start, span)) == span


@given(CALENDARS, INSTANTS, SPANS, SPANS)
def test_pausing_and_going_on_loses_and_gains_no_working_time(on, start, worked, left):
    """Stop after some work, wait any time, go on with what was left: the sum is what was allowed."""
    paused = clock.add(on, start, worked)
    resumed = paused + timedelta(hours=37)
    end = clock.add(on, resumed, left)
    assert clock.between(on, start, paused) + clock.between(on, resumed, end) == worked + left


@given(CALENDARS, INSTANTS, SPANS, SPANS, SPANS)
def test_working_time_adds_up_over_any_cut(on, start, first, second, third):
    cut, end = start + first, start + first + second
    assert clock.between(on, start, cut) + clock.between(on, cut, end) == clock.between(
        on, start, end
    )
    assert clock.between(on, end, start) == -clock.between(on, start, end)
    assert clock.between(on, start, end + third) >= clock.between(on, start, end)


@given(CALENDARS, INSTANTS, SPANS, SPANS)
def test_more_working_time_never_ends_earlier(on, start, span, more):
    assert start <= clock.add(on, start, span) <= clock.add(on, start, span + more)
