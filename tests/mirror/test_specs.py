"""Odoo's ways of saying things become ours (FACTS 4)."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.apps import apps

from apps.mirror.models import Mirrored
from apps.mirror.specs import BY_MODEL, SPECS, amount, day, moment, ref, text
from apps.mirror.specs.values import stocked, whole


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


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.model)
def test_a_spec_fills_every_column_of_its_table_and_no_other(spec):
    heads = {field.name for field in Mirrored._meta.fields} | {"id", "public_id"}
    scope = {"company", "warehouse", "customer"} if spec.scoped else set()
    table = {field.name for field in spec.table._meta.fields}

    assert {column.name for column in spec.columns} == table - heads - scope


def test_every_table_has_one_spec():
    tables = [
        model for model in apps.get_app_config("mirror").get_models() if issubclass(model, Mirrored)
    ]

    assert sorted(spec.table.__name__ for spec in SPECS) == sorted(t.__name__ for t in tables)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.model)
def test_what_a_record_points_to_is_loaded_before_it(spec):
    order = [other.model for other in SPECS]
    before = set(spec.points.values()) - {spec.model}
    if spec.model == "res.company":
        before -= {"res.partner"}  # a company is a contact and a contact has a company

    assert all(order.index(model) < order.index(spec.model) for model in before)


def test_a_term_on_a_field_that_the_server_lacks_leaves_the_domain():
    moves = BY_MODEL["stock.move"]
    made = ("production_id", "!=", False)
    used = ("raw_material_production_id", "!=", False)
    moved = ("picking_id", "!=", False)

    assert moves.searched({"picking_id", "production_id", "raw_material_production_id"}) == [
        "|", moved, "|", made, used,
    ]  # fmt: skip
    assert moves.searched({"picking_id", "production_id"}) == ["|", moved, made]
    assert moves.searched({"picking_id"}) == [moved]
    assert moves.searched(set()) == []


def test_terms_side_by_side_and_negated_ones_are_dropped_on_their_own():
    spec = replace(
        BY_MODEL["stock.move"],
        domain=("!", ("gone", "=", 1), ("state", "=", "done"), "&", ("a.b", "=", 1), ("c", "=", 2)),
    )

    assert spec.searched({"state", "c"}) == [("state", "=", "done"), ("c", "=", 2)]
    assert spec.searched({"gone", "a"}) == ["!", ("gone", "=", 1), ("a.b", "=", 1)]


def test_a_model_goes_by_the_name_the_server_has():
    packages = BY_MODEL["stock.quant.package"]

    assert packages.on({"stock.quant.package"}.__contains__) == "stock.quant.package"
    assert packages.on({"stock.package"}.__contains__) == "stock.package"
    assert packages.on(set().__contains__) is None


def test_values_that_odoo_does_not_store_are_named():
    volatile = {spec.model: spec.volatile for spec in SPECS if spec.volatile}

    assert volatile == {
        "stock.picking": ("availability",),
        "mrp.production": ("produced_qty", "components_state"),
    }


def test_a_product_was_stocked_by_its_type_before_it_had_a_flag():
    assert [stocked(value) for value in (True, "product", False, "consu", None)] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert (whole(False), whole(2)) == (0, 2)


def test_until_16_the_plan_of_a_production_was_not_its_start():
    older = {"date_planned_start", "date_start", "date_planned_finished", "date_finished"}
    wanted = BY_MODEL["mrp.production"].wanted(older)

    assert wanted == ["date_planned_finished", "date_planned_start"]
