"""Codes are looked up from fine to coarse; scans are the same when the source says the same."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from apps.integrations import formats
from apps.integrations.formats.codes import Code, Codes, Mapped
from apps.integrations.formats.identity import fingerprint, normalise_number, own_id

AT = datetime(2026, 3, 10, 8, tzinfo=UTC)


def row(code, milestone=None, reason=None, table="fine"):
    return Code(table, code, "", milestone, reason, "own")


def test_exact_code_wins_over_the_same_code_in_another_case():
    codes = Codes.from_rows(3, [row("Ow", "delivered"), row("OW", "lost")])

    assert codes.version == 3
    assert [codes.resolve(("fine", code)).milestone for code in ("OW", "Ow", "ow")] == [
        "lost",
        "delivered",
        "delivered",
    ]


def test_a_row_without_milestone_gives_its_reason_and_passes_on():
    codes = Codes.from_rows(
        1, [row("a", None, "weather"), row("b", "delayed", "other", table="coarse")]
    )

    assert codes.resolve(("fine", "a"), ("coarse", "b")) == Mapped("delayed", "weather", False)
    assert codes.resolve(("fine", "?"), ("coarse", "b")) == Mapped("delayed", "other", False)


def test_nothing_found_is_unmapped_and_never_guessed():
    codes = Codes.from_rows(1, [row("a", None, "weather")])

    assert codes.resolve(("fine", "delivered"), ("none", "a")) == Mapped("info_only", None, True)
    assert codes.resolve(("fine", "a")) == Mapped("info_only", "weather", True)


@pytest.mark.parametrize(
    "bad",
    [
        row("a", "teleported"),
        row("a", "lost", "gremlins"),
        row("", "lost"),
        row("a", "lost", table=""),
        replace(row("a", "lost"), provenance="rumour"),
    ],
)
def test_a_mapping_with_an_unsound_row_is_refused(bad):
    with pytest.raises(ValueError):
        Codes.from_rows(1, [bad])


def test_a_code_may_stand_once_in_a_table():
    with pytest.raises(ValueError, match="twice"):
        Codes.from_rows(1, [row("a", "lost"), row("a", "delivered")])


@pytest.mark.parametrize("format_", formats.FORMATS.values(), ids=lambda format_: format_.name)
def test_the_first_mapping_version_holds_exactly_the_tables_of_the_format(format_):
    codes = format_.load_codes()

    assert codes.version == 1
    assert set(codes.exact) == set(format_.tables)
    assert all(codes.exact.values())


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (" 1z 999-aa1 ", "1Z999AA1"),
        ("00042", "00042"),
        ("\uff21\uff22\u00a0\uff11\uff12\u200b\u20133", "AB123"),
        ("straße", "STRASSE"),
    ],
)
def test_numbers_are_compared_without_case_spaces_and_dashes(given, plain):
    assert normalise_number(given) == plain
    assert normalise_number(plain) == plain


def test_a_fingerprint_ignores_how_the_same_scan_is_written():
    one = fingerprint("ups", "UPS", "1z-9", "I:OT", AT, " Boise,  ID")

    assert one == fingerprint("ups", "ups ", "1Z 9", "i:ot", AT, "boise, id")
    assert len(one) == 64


def test_a_fingerprint_changes_with_everything_that_makes_a_scan():
    scan = ("ups", "ups", "1Z9", "I:OT", AT, "Boise")
    others = [
        (*scan[:at], other, *scan[at + 1 :])
        for at, other in enumerate(["x", None, "1Z8", "I:DP", AT.replace(second=1), "Reno"])
    ]

    assert len({fingerprint(*parts) for parts in (scan, *others)}) == 7
    assert fingerprint("ab", "c", "1", "", AT, "") != fingerprint("a", "bc", "1", "", AT, "")


def test_an_event_id_belongs_to_its_partner():
    assert own_id("acme", "1") != own_id("other", "1")
    assert own_id("a", "b1") != own_id("ab", "1")
