"""What an administrator makes in Odoo: rules, guarded actions, the scheduled action; made, kept, mended."""

from __future__ import annotations

from apps.integrations.models import OdooGuard
from apps.integrations.odoo.bootstrap import RECONCILE, make_everything
from apps.integrations.odoo.command import guard_code


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
