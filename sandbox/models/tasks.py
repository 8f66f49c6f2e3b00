"""Projects, their stages and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..behaviour import Behaviour
from ..store import Row
from .mail import Thread, log

if TYPE_CHECKING:
    from ..env import Env

DONE = ("1_done", "1_canceled")


class Project(Thread):
    model = "project.project"

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "active": True,
            "user_id": env.uid,
            "company_id": False,
            "privacy_visibility": "portal",
            "sequence": 10,
            "label_tasks": "Tasks",
        }

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        for i in ids:
            for task in env.where("project.task", "project_id", i):
                env.delete("project.task", task)

    def compute_task_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(env.where("project.task", "project_id", row_id))

    def compute_type_ids(self, env: Env, row_id: int, row: Row) -> list[int]:
        return [i for i, _ in stages_of(env, row_id)]


class Stage(Behaviour):
    model = "project.task.type"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"active": True, "sequence": 1, "fold": False}


class Task(Thread):
    model = "project.task"

    def defaults(self, env: Env, values: Row) -> Row:
        stages = stages_of(env, values.get("project_id") or 0)
        company = False
        if values.get("project_id"):
            company = env.row("project.project", values["project_id"]).get("company_id", False)
        return {
            "active": True,
            "state": "01_in_progress",
            "priority": "0",
            "sequence": 10,
            "company_id": company,
            "stage_id": stages[0][0] if stages else False,
            "user_ids": [[6, 0, [env.uid]]],
            "date_last_stage_update": env.now,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        log(env, self.model, row_id, "<p>Task Created</p>")

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            row = env.row(self.model, i)
            if "stage_id" in values:
                fold = row.get("stage_id") and env.row("project.task.type", row["stage_id"])
                end = env.now if fold and fold.get("fold") else False
                env.put(self.model, i, date_last_stage_update=env.now, date_end=end)
                log(env, self.model, i, "")

    def compute_is_closed(self, env: Env, row_id: int, row: Row) -> bool:
        return row.get("state") in DONE


def stages_of(env: Env, project: int) -> list[tuple[int, Row]]:
    """The stages of a project in their order."""
    found = [
        (i, r) for i, r in env.rows("project.task.type") if project in r.get("project_ids", [])
    ]
    return sorted(found, key=lambda pair: (int(pair[1].get("sequence", 1)), pair[0]))
