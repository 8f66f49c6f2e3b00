"""What allowed_company_ids shows and hides."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError


@pytest.fixture(scope="module")
def second(admin):
    """The admin's other company; the service user has the first only."""
    companies = admin.value("res.users", admin.uid, "company_ids")
    return next(c for c in companies if c != 1)


@pytest.fixture
def foreign(admin, second):
    """An order of the second company."""
    return admin(
        "sale.order",
        "create",
        {"partner_id": make.customer(admin)},
        context={"allowed_company_ids": [second]},
    )


def test_the_first_allowed_company_is_that_of_new_records(admin, second, foreign):
    row = admin(
        "sale.order",
        "read",
        [foreign],
        ["company_id", "warehouse_id"],
        context={"allowed_company_ids": [1, second]},
    )[0]

    assert row["company_id"][0] == second
    assert admin.value("stock.warehouse", row["warehouse_id"][0], "company_id")[0] == second


def test_searches_hide_and_reads_refuse_the_other_company(admin, foreign):
    only_first = {"allowed_company_ids": [1]}

    assert admin("sale.order", "search", [["id", "=", foreign]], context=only_first) == []
    for method, *args in (("read", ["name"]), ("write", {"client_order_ref": "x"})):
        with pytest.raises(OdooError) as told:
            admin("sale.order", method, [foreign], *args, context=only_first)
        assert told.value.name == "odoo.exceptions.AccessError"
        assert told.value.message.startswith("Uh-oh! Looks like you have stumbled upon")
        assert "This seems to be a multi-company issue" in told.value.message


def test_without_a_context_all_companies_of_the_user_are_seen(admin, foreign):
    assert admin("sale.order", "search", [["id", "=", foreign]]) == [foreign]


def test_a_company_the_user_lacks_is_refused(tower, second):
    for company in (second, 99999):
        with pytest.raises(OdooError) as told:
            tower("sale.order", "search_count", [], context={"allowed_company_ids": [company]})
        assert told.value.name == "odoo.exceptions.AccessError"
        assert told.value.message == "Access to unauthorized or invalid companies."


def test_a_user_of_one_company_sees_no_other(tower, foreign):
    assert tower("res.company", "search", []) == [1]
    assert tower("sale.order", "search", [["id", "=", foreign]]) == []
    with pytest.raises(OdooError) as told:
        tower("sale.order", "read", [foreign], ["name"])
    assert told.value.name == "odoo.exceptions.AccessError"
