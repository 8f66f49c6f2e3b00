"""Projects and tasks: stages, states, messages, activities."""

import pytest

from tests.contract import make
from tests.contract.client import OdooError


@pytest.fixture
def project(admin):
    return admin("project.project", "create", {"name": f"Project {make.key()}"})


@pytest.fixture
def stages(admin, project):
    return [
        admin(
            "project.task.type",
            "create",
            {"name": name, "project_ids": [[4, project]], "sequence": order, "fold": fold},
        )
        for name, order, fold in (("New", 1, False), ("Closed", 20, True))
    ]


@pytest.fixture
def task(admin, project, stages):
    return admin(
        "project.task",
        "create",
        {"name": "Call the carrier", "project_id": project, "description": "hello"},
    )


def test_a_task_begins_in_the_first_stage(admin, task, project, stages):
    row = admin.one(
        "project.task", task, "name", "state", "stage_id", "project_id", "user_ids", "description"
    )

    assert (row["name"], row["state"]) == ("Call the carrier", "01_in_progress")
    assert (row["stage_id"][0], row["project_id"][0]) == (stages[0], project)
    assert row["user_ids"] == [admin.uid]
    assert row["description"] == "<p>hello</p>"


def test_a_stage_is_not_a_state(admin, task, stages):
    admin("project.task", "write", [task], {"stage_id": stages[1]})
    row = admin.one("project.task", task, "state", "is_closed", "date_end")
    assert (row["state"], row["is_closed"]) == ("01_in_progress", False)
    assert row["date_end"]

    admin("project.task", "write", [task], {"state": "1_done"})
    assert admin.value("project.task", task, "is_closed") is True
    with pytest.raises(OdooError) as told:
        admin("project.task", "write", [task], {"state": "done"})
    assert told.value.name == "builtins.ValueError"
    assert told.value.message == "Wrong value for project.task.state: 'done'"


def test_messages_and_activities_leave_the_task_alone(admin, task):
    before = admin.value("project.task", task, "write_date")
    admin("project.task", "message_post", [task], body="on it")
    admin(
        "project.task",
        "activity_schedule",
        [task],
        act_type_xmlid="mail.mail_activity_data_todo",
        summary="ring again",
    )

    row = admin.one("project.task", task, "write_date", "activity_ids", "activity_state")
    assert row["write_date"] == before
    assert (len(row["activity_ids"]), row["activity_state"]) == (1, "today")
    assert make.notes_with(admin, "project.task", task, "on it") == 1


def test_a_task_needs_a_title(admin, project):
    with pytest.raises(OdooError) as told:
        admin("project.task", "create", {"project_id": project})
    assert told.value.name == "odoo.exceptions.ValidationError"
    assert "(name)" in told.value.message


def test_a_deleted_project_takes_its_tasks_along(admin, project, task):
    assert admin("project.project", "unlink", [project]) is True
    assert admin("project.task", "search", [["id", "=", task]]) == []


def test_the_service_user_makes_no_projects(tower):
    with pytest.raises(OdooError) as told:
        tower("project.project", "create", {"name": "no"})
    assert told.value.name == "odoo.exceptions.AccessError"
    assert "project.project" in told.value.message
