"""What the service user and a plain user may do."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError


def refused(call, *args, **kwargs):
    with pytest.raises(OdooError) as told:
        call(*args, **kwargs)
    assert told.value.name == "odoo.exceptions.AccessError"
    return told.value.message


@pytest.mark.parametrize(
    "model",
    [
        "ir.model",
        "ir.model.fields",
        "ir.model.data",
        "base.automation",
        "ir.actions.server",
        "ir.config_parameter",
    ],
)
def test_the_service_user_reads_no_configuration(tower, model, server):
    message = refused(tower, model, "search_count", [])

    assert f"({model}) records." in message
    needs = ("Access Rights", "Role / Administrator") if server.is_19 else ("Administration/",)
    allowed = "This operation is allowed for the following groups:\n\t- "
    assert any(f"{allowed}{group}" in message for group in needs), message


@pytest.mark.parametrize(
    "model",
    [
        "sale.order",
        "sale.order.line",
        "stock.picking",
        "stock.move",
        "stock.move.line",
        "stock.quant",
        "account.move",
        "account.move.line",
        "res.partner",
        "res.company",
        "res.currency",
        "product.product",
        "delivery.carrier",
        "stock.warehouse",
        "stock.location",
        "stock.picking.type",
        "mail.message",
        "mail.activity",
        "ir.attachment",
    ],
)
def test_the_service_user_reads_every_model_of_the_mirror(tower, model):
    assert isinstance(tower(model, "search", [], limit=1), list)


def test_an_external_id_is_found_without_the_right_to_its_table(tower):
    found = tower("ir.model.data", "check_object_reference", "mail", "mt_note")

    assert found[0] == "mail.message.subtype"
    assert tower.value("mail.message.subtype", found[1], "name") == "Note"


def test_the_service_user_creates_no_products_and_no_partners(tower):
    assert "You are not allowed to create 'Product" in refused(
        tower, "product.product", "create", {"name": "x"}
    )
    assert "You are not allowed to create 'Contact' (res.partner)" in refused(
        tower, "res.partner", "create", {"name": "x"}
    )


def test_a_plain_user_sees_no_orders_and_no_transfers(clerk):
    for model in ("sale.order", "stock.picking", "account.move"):
        assert f"({model}) records." in refused(clerk, model, "search_read", [], ["name"])


def test_a_plain_user_writes_no_transfer(clerk, admin, tower):
    picking = make.picking_of(tower, make.confirmed(admin, tower))

    message = refused(clerk, "stock.picking", "write", [picking], {"priority": "1"})
    assert "'Transfer' (stock.picking) records." in message


def test_a_plain_user_posts_no_message(clerk, admin, tower):
    order = make.confirmed(admin, tower)

    assert refused(clerk, "sale.order", "message_post", [order], body="x").startswith(
        "The requested operation cannot be completed due to security restrictions."
    )


def test_rights_can_be_asked_for(tower, server):
    if server.is_19:
        assert tower("sale.order", "has_access", [], "write") is True
        assert tower("res.partner", "has_access", [], "create") is False
    else:
        assert tower("sale.order", "check_access_rights", "write", raise_exception=False) is True
        assert tower("res.partner", "check_access_rights", "create", raise_exception=False) is False


@pytest.mark.parametrize("model", ["stock.move", "account.move", "product.product"])
def test_reading_every_field_fails_on_18_where_one_leads_to_a_closed_model(
    tower, admin, server, model
):
    """The trap of a read without a field list: one field too many fails the whole call."""
    order = make.shipped(admin, tower)
    make.drafted(tower, order)
    record = tower(model, "search", [], limit=1, order="id desc")

    if server.is_19:
        assert tower(model, "read", record)
    else:
        assert "(stock.valuation.layer) records." in refused(tower, model, "read", record)
    assert tower(model, "read", record, ["display_name"])
