"""Times, spans and money as people read them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.dashboards.queries.approvals import said
from apps.dashboards.queries.timeline import place_words
from apps.dashboards.templatetags.tower import local_times
from apps.dashboards.wording import absolute, ago, countdown, moment, money, span

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
GHENT = ZoneInfo("Europe/Brussels")


@pytest.mark.parametrize(
    ("length", "says"),
    [
        (timedelta(seconds=40), "40 s"), (timedelta(minutes=6), "6 min"), (timedelta(hours=1, minutes=12), "1 h 12"),
        (timedelta(hours=2, minutes=5), "2 h 05"), (timedelta(hours=19, minutes=9), "19 h"), (timedelta(days=3), "3 d"),
    ],
)  # fmt: skip
def test_a_span_is_said_in_two_units_at_most(length, says):
    assert span(length) == says


def test_a_moment_is_as_short_as_its_distance_allows():
    assert moment(NOW - timedelta(minutes=30), NOW, GHENT) == "14:30"
    assert moment(NOW - timedelta(days=1), NOW, GHENT) == "yesterday 15:00"
    assert moment(NOW + timedelta(days=3), NOW, GHENT) == "Tue 15:00"
    assert moment(NOW - timedelta(days=30), NOW, GHENT) == "22 Oct 16:00"  # summer time then
    assert moment(NOW - timedelta(days=400), NOW, GHENT) == "17 Oct 2025"


def test_the_absolute_form_names_its_zone():
    assert absolute(NOW, GHENT) == "Sat 21 Nov 2026, 15:00 CET"


def test_a_clock_turns_amber_then_red_then_counts_what_is_over():
    assert countdown(NOW + timedelta(hours=9, minutes=1), NOW, UTC).tone == "wait"
    assert countdown(NOW + timedelta(hours=5), NOW, UTC).tone == "risk"
    assert countdown(NOW + timedelta(hours=1), NOW, UTC).tone == "act"
    passed = countdown(NOW - timedelta(minutes=20), NOW, UTC)
    assert (passed.tone, passed.text, passed.over) == ("act", "20 min over", True)


def test_money_keeps_its_currency_and_rounds_only_on_screen():
    assert money(Decimal("4180"), "EUR") == "€ 4,180"
    assert money(Decimal("4180.5"), "CHF", cents=True) == "CHF 4,180.50"
    assert money(None, "EUR") == ""


def test_what_just_happened_is_now_and_what_comes_is_in():
    assert ago(NOW - timedelta(seconds=3), NOW) == "now"
    assert ago(NOW + timedelta(minutes=5), NOW) == "in 5 min"


@pytest.mark.parametrize(
    ("location", "country", "said"),
    [
        ("Gent, BE", "BE", "Gent, BE"),
        ("Gent", "BE", "Gent, BE"),
        ("Gent, be, BE", "BE", "Gent, be, BE"),
        ("", "BE", "BE"),
        ("Gent", "", "Gent"),
    ],
)
def test_a_place_names_its_country_once(location, country, said):
    assert place_words(location, country) == said


def test_a_stored_sentence_tells_its_times_in_the_zone_of_who_reads_it():
    with timezone.override("Europe/Brussels"):
        told = local_times(
            "Delivered 21 Jan 23:30 UTC, <i>without</i> proof; 31 Feb 10:00 UTC is no day"
        )

    assert "Delivered <time datetime=" in told
    assert "T23:30:00+00:00" in told
    assert "CET" in told
    assert "22 Jan " in told, "its title spells the day out as it is in Brussels"
    assert "&lt;i&gt;" in told
    assert "31 Feb 10:00 UTC is no day" in told
    with timezone.override("Europe/Brussels"):
        assert "Wed 21 Jan 2026, 00:12 CET" in local_times("Added 2026-01-20 23:12 UTC")
    assert "21 Jan 23:30 UTC" not in told


@pytest.mark.parametrize(
    ("said_at", "year"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), 2026),
        ("2026-11-23T08:00:00+00:00", 2026),
        (datetime(2027, 1, 2, tzinfo=UTC), 2026),
        (None, 2027),
    ],
)
def test_a_time_without_a_year_is_the_nearest_to_its_row_and_not_to_who_reads_it_much_later(
    monkeypatch, said_at, year
):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2027, 7, 1, tzinfo=UTC))

    told = local_times("Delivered 21 Nov 14:02 UTC", said_at)

    assert f'datetime="{year}-11-21T14:02:00+00:00"' in told
    assert f"21 Nov {year}" in told


def test_what_is_asked_of_odoo_is_said_in_words_and_every_amount_has_its_currency():
    facts = {
        "currency": "",
        "record": "sale.order S00042",
        "order_amount": "4180.0000",
        "Total": "4180",
        "Total of S00043": "12.5",
    }

    assert said(facts, "EUR") == [
        ("the record in Odoo", "sales order S00042"), ("the order's amount", "€ 4,180.00"),
        ("Total", "€ 4,180.00"), ("Total of S00043", "€ 12.50"),
    ]  # fmt: skip
    assert said({"Total": "empty"}, "EUR") == [("Total", "empty")]
    assert said(facts | {"currency": "USD"}, "EUR")[1] == ("the order's amount", "$ 4,180.00")
