"""Calls that carry their key: fields, note and evidence in one transaction of Odoo's (FACTS 8, a), and looking for it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, Final

from django.utils.html import escape

from apps.integrations.models import Command
from apps.integrations.odoo.command.compare import differences
from apps.integrations.odoo.command.guard_code import MADE
from apps.integrations.odoo.line.client import Client
from apps.integrations.odoo.line.errors import OdooRefused
from apps.shipments.models import DocumentBody

_MADE: Final = re.compile(re.escape(MADE) + r"([a-z_.]+),(\d+)")
_MARKS: Final = re.compile(r"(controltower[a-z-]*):(\S)", re.IGNORECASE)


def mark(command: Command) -> str:
    """What stands in the note and is looked for after an unknown outcome."""
    return f"controltower:{command.key}"


def note_html(command: Command) -> str:
    """The note as Odoo's log shows it; what people wrote is text in it. The correlation id finds the rest (R237).

    Nor can they write a mark: it would pass for the key, or the outcome, of another command on this record.
    """
    said = _MARKS.sub(r"\1 \2", command.note)
    lines = [*said.splitlines(), f"{mark(command)} {command.correlation_id}"]
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line)


def evidence(command: Command) -> list[dict[str, str]]:
    """The files that go with it: name, base64 content, media type, and the SHA-1 that Odoo will compute (R14)."""
    bodies = (
        DocumentBody.objects.select_related("document")
        .filter(document__public_id__in=command.documents)
        .order_by("document_id")
    )
    return [
        {
            "name": body.document.name,
            "datas": base64.b64encode(bytes(body.content)).decode(),
            "mimetype": body.document.media_type,
            "checksum": hashlib.sha1(bytes(body.content), usedforsecurity=False).hexdigest(),
        }
        for body in bodies
    ]


def write(odoo: Client, command: Command) -> None:
    """One write of the fields with note, key and evidence. Raises OdooError."""
    odoo.write(command.model, [command.record_odoo_id], payload(odoo, command))


def payload(odoo: Client, command: Command) -> dict[str, Any]:
    """The values of the one write: field values, and `message_ids` with note, key and attached evidence.

    `message_post` would be a second transaction; a message created through the record's own field is not.
    """
    message: dict[str, Any] = {
        "model": command.model,
        "res_id": command.record_odoo_id,
        "body": note_html(command),
        "message_type": "comment",
        "subtype_id": odoo.reference("mail.mt_note"),
    }
    attached = [
        [
            0,
            0,
            {
                **{name: one[name] for name in ("name", "datas", "mimetype")},
                "res_model": command.model,
                "res_id": command.record_odoo_id,
            },
        ]
        for one in evidence(command)
    ]
    if attached:
        message["attachment_ids"] = attached
    return {**command.values, "message_ids": [[0, 0, message]]}


def create(odoo: Client, command: Command) -> list[list[Any]]:
    """One create that carries the key in a text field of the new record; answers what it made."""
    model, values = command.values["model"], dict(command.values["values"])
    if not odoo.has(model):
        raise OdooRefused(
            "UserError", f"This Odoo has no {model}, or the service user may not use it."
        )
    project = command.data.get("project")
    if project:
        values["project_id"] = _project(odoo, project)
    about = f"<p>About {escape(command.model)} {escape(command.record_name)}</p>"
    values[command.values["key_field"]] = about + note_html(command)
    return [[model, odoo.create(model, values)]]


def _project(odoo: Client, name: str) -> int:
    """The project of this very name: to Odoo's `=ilike` a % or _ in it is any text. Raises OdooError."""
    rows = odoo.search_read("project.project", [("name", "=ilike", name)], ["name"])
    found = [row["id"] for row in rows if str(row["name"]).casefold() == name.casefold()]
    if len(found) != 1:
        many = "several projects" if found else "no project"
        raise OdooRefused("UserError", f"Odoo has {many} called {name}.")
    return int(found[0])


def find(odoo: Client, command: Command) -> list[list[Any]] | None:
    """What the command made, if Odoo holds its key: then all of it was committed. None where the key is not there."""
    if command.form == "create":
        model = command.values["model"]
        ids = odoo.search(model, [(command.values["key_field"], "ilike", mark(command))])
        return [[model, one] for one in ids] or None
    notes = odoo.search_read(
        "mail.message",
        [
            ("model", "=", command.model),
            ("res_id", "=", command.record_odoo_id),
            ("body", "ilike", mark(command)),
        ],
        ["body"],
    )
    if not notes:
        return None
    return [[model, int(odoo_id)] for model, odoo_id in _MADE.findall(notes[0]["body"] or "")]


def current_values(odoo: Client, command: Command) -> dict[str, Any] | None:
    """What the record has now in the fields the command is about; None when Odoo has no such record."""
    names = {*command.expected, *command.wanted, "write_date"}
    if command.form != "create" and "key_field" not in command.values:
        names |= set(command.values)
    found = odoo.read(command.model, [command.record_odoo_id], sorted(names))
    return found[0] if found else None


def others_changed(odoo: Client, wanted: list[list[Any]]) -> list[dict[str, Any]]:
    """Where other records than the command's own are not as [[model, id, {field: value}]] says."""
    changed = []
    for model, odoo_id, values in wanted:
        found = odoo.read(model, [odoo_id], sorted(values))
        if not found:
            changed.append({"field": f"{model},{odoo_id}", "expected": "there", "found": "gone"})
            continue
        changed += [
            {**one, "field": f"{model},{odoo_id}.{one['field']}"}
            for one in differences(values, found[0])
        ]
    return changed


def read_back(odoo: Client, command: Command, after: dict[str, Any]) -> list[dict[str, Any]]:
    """Where Odoo does not show what was done: fields, other records, the checksums of what was attached (R14, R216)."""
    own = {} if "key_field" in command.values else command.values
    differs = differences({**own, **command.wanted}, after)
    differs += others_changed(odoo, command.data.get("check") or [])
    sent = evidence(command)
    if sent:
        there = odoo.search_read(
            "ir.attachment",
            [("res_model", "=", command.model), ("res_id", "=", command.record_odoo_id)],
            ["checksum"],
        )
        sums = {row["checksum"] for row in there}
        differs += [
            {"field": f"checksum of {one['name']}", "expected": one["checksum"], "found": "absent"}
            for one in sent
            if one["checksum"] not in sums
        ]
    return differs
