"""Apps that a company may have or not: CRM, Employees, Maintenance; there with `--apps crm,hr,maintenance`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import Behaviour
from ..store import Row
from .mail import Thread

if TYPE_CHECKING:
    from ..env import Env

_PUBLIC = ("name", "active", "user_id", "parent_id", "work_email", "company_id")


class Lead(Thread):
    model = "crm.lead"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"active": True, "type": "opportunity", "stage_id": 1, "user_id": env.uid}

    def before_write(self, env: Env, ids: list[int], values: Row) -> Row:
        """A lead that is won or lost is closed, one that comes back is not."""
        if "active" not in values and "stage_id" not in values:
            return values
        stage = values.get("stage_id")
        won = isinstance(stage, int) and bool(stage and env.row("crm.stage", stage).get("is_won"))
        lost = values.get("active") is False
        return {**values, "date_closed": env.now if won or lost else False}


class Employee(Behaviour):
    model = "hr.employee"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"active": True, "company_id": env.company}

    def created(self, env: Env, row_id: int, given: Row) -> None:
        """hr.employee.public is a view of the same rows: the ids are the same."""
        row = env.row(self.model, row_id)
        made = env.insert("hr.employee.public", {name: row.get(name, False) for name in _PUBLIC})
        assert made == row_id, "an employee and what everybody may see of it are one record"

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            row = env.row(self.model, i)
            env.put("hr.employee.public", i, **{name: row.get(name, False) for name in _PUBLIC})


class Equipment(Thread):
    model = "maintenance.equipment"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"active": True}


class Repair(Thread):
    model = "maintenance.request"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"archive": False, "stage_id": 1, "maintenance_type": "corrective"}

    def compute_done(self, env: Env, row_id: int, row: Row) -> Any:
        stage = row.get("stage_id")
        return isinstance(stage, int) and bool(
            stage and env.row("maintenance.stage", stage).get("done")
        )
