"""OdooRPC 0.10.1 cannot tell the difference."""

import odoorpc
import pytest

from tests.contract import make


def test_a_login_reads_the_version_and_the_context(odoo, server):
    assert odoo.version == server.version
    assert odoo.env.context["lang"] == "en_US"
    assert odoo.env.user.login == server.user


def test_a_recordset_browses_searches_and_writes(odoo, admin):
    Partner = odoo.env["res.partner"]
    partner = make.customer(admin, city="Ghent")

    record = Partner.browse(partner)
    assert record.city == "Ghent"
    assert Partner.search([("id", "=", partner)]) == [partner]


def test_an_order_is_walked_through_its_relations(odoo, admin, tower):
    order = odoo.env["sale.order"].browse(make.confirmed(admin, tower))

    assert order.state == "sale"
    assert order.order_line.product_uom_qty == 2.0
    assert [p.picking_type_code for p in order.picking_ids] == ["outgoing"]


def test_an_error_carries_its_whole_member(odoo, admin, tower):
    order = make.confirmed(admin, tower)

    with pytest.raises(odoorpc.error.RPCError) as told:
        odoo.env["sale.order"].action_confirm([order])
    assert told.value.info["data"]["name"] == "odoo.exceptions.UserError"


def test_browsing_a_missing_record_is_a_value_error(odoo):
    with pytest.raises(ValueError, match=r"There is no .* record with IDs"):
        odoo.env["sale.order"].browse(99999999)


def test_a_wrong_password_is_refused(odoo, server):
    with pytest.raises(odoorpc.error.RPCError):
        odoo.login(server.database, server.user, "wrong")
