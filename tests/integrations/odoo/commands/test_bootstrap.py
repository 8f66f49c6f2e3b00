"""What an administrator makes in Odoo: rules, guarded actions, the scheduled action; made, kept, mended."""

from __future__ import annotations

import pytest

from apps.integrations.models import OdooGuard
from apps.integrations.odoo.bootstrap import RECONCILE, make_everything
from apps.integrations.odoo.command import guard_code
from tests.contract import make
from tests.contract.client import OdooError, User


def fates(odoo):
    return {one.name: one.fate for one in make_everything(odoo, "http://127.0.0.1:9/hook")}


def test_bootstrap_is_idempotent_and_mends_what_somebody_changed(by_admin, admin, db):
    fates(by_admin)
    assert set(fates(by_admin).values()) == {"kept"}

    guard = OdooGuard.objects.get(model="stock.picking")
    admin("ir.actions.server", "write", [guard.action_odoo_id], {"code": "action = False"})
    again = fates(by_admin)

    changed = {name for name, fate in again.items() if fate == "mended"}
    assert changed == {"Control Tower: commands for stock.picking"}
    assert admin.value("ir.actions.server", guard.action_odoo_id, "code").strip() == (
        guard_code.code().strip()
    )


def test_every_model_of_the_allow_list_gets_its_guard(by_admin, db):
    fates(by_admin)
    versions = dict(OdooGuard.objects.values_list("model", "version"))
    assert versions == dict.fromkeys(guard_code.OPERATIONS, guard_code.VERSION)


def test_the_scheduled_action_asks_for_a_reconciliation(by_admin, admin, db):
    fates(by_admin)
    crons = admin("ir.cron", "search_read", [["cron_name", "like", RECONCILE]], ["code", "active"])
    assert len(crons) == 1
    assert crons[0]["active"]
    assert "res.company" in crons[0]["code"]


def test_only_the_service_user_runs_a_guard(by_admin, admin, odoo, db):
    fates(by_admin)
    guard = OdooGuard.objects.get(model="stock.picking")
    clerk = make.colleague(odoo, admin, "stock.group_stock_manager")
    told = {"guard": guard_code.VERSION, "op": "ping"}
    context = {"active_model": "stock.picking", "controltower": told}

    def ping(user):
        return user("ir.actions.server", "run", [guard.action_odoo_id], context=context)

    service = User(odoo, odoo.user, odoo.password)
    assert ping(service) == {"controltower": {"guard": guard_code.VERSION}}
    with pytest.raises(OdooError) as refused:
        ping(clerk)
    assert refused.value.name == "odoo.exceptions.AccessError"


def test_what_is_not_the_towers_under_a_guards_id_is_run_once_and_never_again(
    by_admin, admin, give, carry, delivery, carl
):
    fates(by_admin)
    guard = OdooGuard.objects.get(model="stock.picking")
    admin("ir.actions.server", "write", [guard.action_odoo_id], {"code": "action = False"})
    command = carry(give(carl, "note", delivery().public_id, text="Seen."))

    assert (command.state, command.reason) == ("parked", "guard_missing")
    assert not OdooGuard.objects.filter(model="stock.picking").exists()
    assert "mended" in set(fates(by_admin).values())
    assert OdooGuard.objects.filter(model="stock.picking").exists()
