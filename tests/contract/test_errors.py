"""Errors are told apart by `data.name`."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError

MISSING = 99999999


def error_of(call, *args, **kwargs):
    with pytest.raises(OdooError) as told:
        call(*args, **kwargs)
    return told.value


@pytest.mark.parametrize(
    "call",
    [
        ("sale.order", "write", [MISSING], {"client_order_ref": "x"}),
        ("stock.picking", "button_validate", [MISSING]),
        ("res.partner", "unlink", [MISSING]),
    ],
)
def test_changing_a_missing_record_is_a_missing_error(admin, call):
    error = error_of(admin, *call)

    assert error.name == "odoo.exceptions.MissingError"
    assert f"(Record: {call[0]}({MISSING},), User: {admin.uid})" in error.message


def test_reading_missing_records_leaves_them_out(tower, admin):
    partner = make.customer(admin)

    assert [r["id"] for r in tower("res.partner", "read", [MISSING, partner], ["name"])] == [
        partner
    ]
    assert tower("res.partner", "read", [MISSING], ["name"]) == []


def test_a_write_with_one_missing_id_changes_nothing(admin):
    partner = make.customer(admin)

    assert error_of(admin, "res.partner", "write", [partner, MISSING], {"city": "Rome"}).name == (
        "odoo.exceptions.MissingError"
    )
    assert admin.value("res.partner", partner, "city") is False


def test_a_link_to_a_missing_record_is_a_missing_error(tower):
    error = error_of(tower, "sale.order", "create", {"partner_id": MISSING})

    assert error.name == "odoo.exceptions.MissingError"
    assert f"res.partner({MISSING},)" in error.message


def test_an_unknown_model_is_a_user_error(tower, server):
    error = error_of(tower, "no.such.model", "search_read", [])

    if server.is_json2:
        assert (error.code, error.name) == (404, "werkzeug.exceptions.NotFound")
        return
    assert error.name == "odoo.exceptions.UserError"
    assert error.message == "Object no.such.model doesn't exist"


@pytest.mark.parametrize(
    "call",
    [
        ("sale.order", "read", [1], ["nosuchfield"]),
        ("sale.order", "search_read", [], ["nosuchfield"]),
        ("sale.order", "create", {"nosuchfield": 1, "partner_id": 1}),
        ("sale.order", "search", [["nosuchfield", "=", 1]]),
    ],
)
def test_an_unknown_field_is_a_value_error(tower, call):
    error = error_of(tower, *call)

    assert error.name == "builtins.ValueError"
    assert "nosuchfield" in error.message


def test_an_unknown_field_is_named_with_its_model(tower, server):
    told = error_of(tower, "sale.order", "read", [1], ["nosuchfield"]).message
    searched = error_of(tower, "sale.order", "search", [["nosuchfield", "=", 1]]).message
    word = "condition" if server.is_19 else "leaf"

    assert told == (
        "Invalid field 'nosuchfield' on 'sale.order'"
        if server.is_19
        else "Invalid field 'nosuchfield' on model 'sale.order'"
    )
    assert searched == f"Invalid field sale.order.nosuchfield in {word} ('nosuchfield', '=', 1)"


def test_a_bad_operator_is_a_value_error(tower, server):
    error = error_of(tower, "sale.order", "search", [["name", "~~", "x"]])

    assert error.name == "builtins.ValueError"
    assert error.message == (
        "Invalid operator in condition ('name', '~~', 'x')"
        if server.is_19
        else "Invalid leaf ('name', '~~', 'x')"
    )


def test_a_malformed_domain_is_told(tower, server):
    error = error_of(tower, "sale.order", "search", [["name"]])

    assert error.name == ("builtins.ValueError" if server.is_19 else "builtins.IndexError")


def test_an_unknown_method_is_an_attribute_error(tower, server):
    name = "werkzeug.exceptions.NotFound" if server.is_json2 else "builtins.AttributeError"

    assert error_of(tower, "sale.order", "no_such_method", [1]).name == name


def test_a_private_method_is_refused(tower, server):
    error = error_of(tower, "sale.order", "_create_invoices", [1])
    named = "'sale.order._create_invoices'" if server.is_19 else "_create_invoices"

    assert error.name == "odoo.exceptions.AccessError"
    assert error.message == f"Private methods (such as {named}) cannot be called remotely."


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"picking_policy": "nope"}, "Wrong value for sale.order.picking_policy: 'nope'"),
        ({"date_order": "2026-13-45"}, "time data '2026-13-45' does not match format '%Y-%m-%d'"),
    ],
)
def test_a_bad_value_is_a_value_error(tower, admin, values, message):
    error = error_of(tower, "sale.order", "create", {"partner_id": make.customer(admin), **values})

    assert (error.name, error.message) == ("builtins.ValueError", message)


def test_a_missing_required_field_is_a_validation_error(tower):
    error = error_of(tower, "sale.order", "create", {})

    assert error.name == "odoo.exceptions.ValidationError"
    assert "(partner_id)" in error.message
    assert "(sale.order)" in error.message


@pytest.mark.parametrize("kwargs", [{"nokwarg": 1}])
def test_an_unknown_argument_is_a_type_error(tower, server, kwargs):
    error = error_of(tower, "sale.order", "read", [1], **kwargs)
    says = "got an unexpected keyword argument 'nokwarg'"

    if server.is_json2:  # seen before the method is called
        assert (error.code, error.name) == (422, "werkzeug.exceptions.UnprocessableEntity")
        assert error.message == says
    else:
        assert error.name == "builtins.TypeError"
        assert error.message == f"BaseModel.read() {says}"


def test_too_many_arguments_are_a_type_error(tower, server):
    if server.is_json2:
        pytest.skip("JSON-2 has no positional arguments")
    error = error_of(tower, "sale.order", "read", [1], ["name"], 1, 2, 3, 4)

    assert error.name == "builtins.TypeError"
    assert (
        error.message == "BaseModel.read() takes from 1 to 3 positional arguments but 6 were given"
    )


def test_a_language_that_is_not_installed_is_a_user_error(tower, admin):
    partner = make.customer(admin)
    error = error_of(tower, "res.partner", "read", [partner], ["name"], context={"lang": "xx_XX"})

    assert error.name == "odoo.exceptions.UserError"
    assert error.message == "Invalid language code: xx_XX"


def test_a_failing_call_leaves_nothing_behind(tower, admin):
    partner = make.customer(admin)
    reference = make.key()
    good = {"partner_id": partner, "client_order_ref": reference}

    error_of(tower, "sale.order", "create", [good, {**good, "picking_policy": "nope"}])

    assert tower("sale.order", "search_count", [["client_order_ref", "=", reference]]) == 0
