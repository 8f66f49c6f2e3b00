"""What the service user may no longer see is not what Odoo no longer has: nothing is taken for deleted."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.integrations.odoo.follow import following
from apps.integrations.odoo.follow.reconcile import reconcile
from apps.mirror.models import Feed, Picking, SaleOrder
from apps.shipments.models import Order, Shipment
from tests.contract import make
from tests.contract.client import Sandbox, User
from tests.integrations.odoo.conftest import SANDBOX_ONLY

pytestmark = SANDBOX_ONLY


@pytest.fixture(params=["18.0", "19.0"])
def server(request, tmp_path):
    """A sandbox of its own: its service user gains a company and loses it."""
    transport = {"transport": "json-2"} if request.param == "19.0" else {}
    sandbox = Sandbox(tmp_path / "store.sqlite", request.param, **transport)
    yield sandbox.start()
    sandbox.kill()


@pytest.fixture
def admin(server):
    return User(server, "admin", server.admin_password)


@pytest.fixture
def clerk(server):
    return User(server, server.user, server.password)


@pytest.fixture
def companies(admin, clerk):
    """Set the companies that the service user may see; starts with all of them."""
    every = admin.value("res.users", admin.uid, "company_ids")

    def let(ids: list[int]) -> None:
        admin("res.users", "write", [clerk.uid], {"company_ids": [[6, 0, ids]]})

    let(every)
    return let


@pytest.fixture
def foreign(admin, companies):
    """An open transfer of the second company, and its order."""
    every = admin.value("res.users", admin.uid, "company_ids")
    second = next(c for c in every if c != 1)
    context = {"allowed_company_ids": [second]}
    order = admin(
        "sale.order",
        "create",
        {
            "partner_id": make.customer(admin),
            "order_line": [[0, 0, {"product_id": make.product(admin), "product_uom_qty": 2}]],
        },
        context=context,
    )
    admin("sale.order", "action_confirm", [order], context=context)
    [picking] = admin("stock.picking", "search", [["sale_id", "=", order]], context=context)
    return order, picking


def test_a_company_that_is_hidden_from_us_is_not_deleted_by_the_feed(mirror, foreign, companies):
    order, picking = foreign
    mirror()
    assert Picking.objects.get(odoo_id=picking).gone_at is None
    companies([1])

    for _ in range(3):
        Feed.objects.update(refreshed_at=None, refreshed_to_id=0)
        mirror()

    assert Picking.objects.get(odoo_id=picking).gone_at is None
    assert SaleOrder.objects.get(odoo_id=order).gone_at is None
    assert Shipment.objects.get(picking_odoo_id=picking).gone is False


def test_reconciling_tells_hidden_from_deleted_record_by_record(
    mirror, admin, clerk, foreign, companies
):
    order, _ = foreign
    deleted = make.order(clerk, make.customer(admin), (make.product(admin), 1))
    mirror()
    Feed.objects.update(
        quiet_s=10_000, cursor_at="2090-01-01T00:00:00Z", edge=[], refreshed_at=timezone.now()
    )
    companies([1])
    admin("sale.order", "unlink", [deleted])

    [told] = reconcile("default", full=False, mend=True, models=["sale.order"]).models

    assert told.extra == 2
    assert told.mended == 1
    assert "hides 1 of them" in told.says
    assert SaleOrder.objects.get(odoo_id=deleted).gone_at is not None
    assert SaleOrder.objects.get(odoo_id=order).gone_at is None
    assert Order.objects.get(odoo_id=order).gone is False

    reconcile("default", full=False, mend=True, models=["sale.order"], all_gone=True)
    assert SaleOrder.objects.get(odoo_id=order).gone_at is not None


def test_a_colleague_whom_a_rule_hides_blanks_no_other_name(mirror, admin, clerk, companies):
    """Odoo refuses to read ten users by id when it hides one of them."""
    every = admin.value("res.users", admin.uid, "company_ids")
    second = next(c for c in every if c != 1)
    values = {"name": "Far Away", "login": "far", "company_id": second}
    hidden = admin("res.users", "create", {**values, "company_ids": [[6, 0, [second]]]})
    companies([1])
    ours = make.order(clerk, make.customer(admin), (make.product(admin), 1), user_id=clerk.uid)
    theirs = make.order(clerk, make.customer(admin), (make.product(admin), 1))
    admin("sale.order", "write", [theirs], {"user_id": hidden})

    mirror()

    assert SaleOrder.objects.get(odoo_id=theirs).salesperson == ""
    assert SaleOrder.objects.get(odoo_id=ours).salesperson != ""
    assert SaleOrder.objects.get(odoo_id=ours).salesperson_login == clerk.login


def test_a_login_that_is_refused_between_two_questions_empties_nothing(mirror, admin, clerk, fault):
    mirror()
    order_id = make.order(clerk, make.customer(admin), (make.product(admin), 1))
    fault("access_denied", times=1, model="res.currency", method="search_read")

    mirror()
    assert not SaleOrder.objects.filter(odoo_id=order_id, currency="").exists()
    mirror()

    assert SaleOrder.objects.get(odoo_id=order_id).currency != ""


def test_one_pass_takes_no_great_part_of_the_open_documents_for_deleted(
    mirror, admin, clerk, companies, monkeypatch
):
    monkeypatch.setattr(following, "_MANY", 0)
    picking = make.picking_of(clerk, make.confirmed(admin, clerk))
    mirror()
    clerk("stock.picking", "action_cancel", [picking])
    admin("stock.picking", "unlink", [picking])
    Feed.objects.update(refreshed_at=None, refreshed_to_id=0)

    mirror()

    assert Picking.objects.get(odoo_id=picking).gone_at is None
