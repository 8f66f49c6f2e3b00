"""Odoo's ways of saying things become ours (FACTS 4)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.mirror.specs import BY_MODEL, SPECS, amount, day, moment, ref, text


def test_odoo_says_false_for_what_is_empty():
    assert (text(False), ref(False), moment(False), day(False)) == ("", None, None, None)


def test_a_many2one_comes_bare_or_as_a_pair():
    assert ref(7) == ref([7, "Azure Interior"]) == 7
    assert ref(True) is None


def test_times_are_utc_with_or_without_microseconds():
    assert moment("2026-03-02 10:00:00") == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert moment("2026-03-02 10:00:00.123456").microsecond == 123456


def test_amounts_keep_their_cents():
    assert amount(0.1) + amount(0.2) == Decimal("0.3000")
    assert amount(False) == 0
    assert amount(41750) == Decimal("41750.0000")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.model)
def test_watched_fields_are_mirrored_and_pointers_have_a_mirror(spec):
    columns = {column.name for column in spec.columns}
    assert set(spec.watched) <= columns
    assert set(spec.points.values()) <= set(BY_MODEL)


def test_only_fields_that_the_server_has_are_asked_for():
    line = BY_MODEL["sale.order.line"]
    common = {"order_id", "product_id", "name", "write_date"}

    assert "product_uom" in line.wanted(common | {"product_uom"})
    assert "product_uom_id" in line.wanted(common | {"product_uom_id"})
    assert "product_uom_id" not in line.wanted(common)
