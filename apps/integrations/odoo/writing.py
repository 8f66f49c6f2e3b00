"""One write that carries its key: the fields, the note and the evidence in one transaction of Odoo's (FACTS 8)."""

from __future__ import annotations

import base64
from typing import Any

from django.utils.html import escape

from apps.integrations.models import Command
from apps.integrations.odoo.client import Client
from apps.shipments.models import DocumentBody


def mark(command: Command) -> str:
    """What stands in the note and is looked for after an unknown outcome."""
    return f"controltower:{command.key}"


def payload(odoo: Client, command: Command) -> dict[str, Any]:
    """The values of the one write: field values, and `message_ids` with note, key and attached evidence.

    `message_post` would be a second transaction; a message created through the record's own field is not.
    """
    message: dict[str, Any] = {
        "model": command.model,
        "res_id": command.record_odoo_id,
        "body": "".join(
            f"<p>{escape(line)}</p>" for line in [*command.note.splitlines(), mark(command)] if line
        ),
        "message_type": "comment",
        "subtype_id": odoo.reference("mail.mt_note"),
    }
    bodies = (
        DocumentBody.objects.select_related("document")
        .filter(document__public_id__in=command.documents)
        .order_by("document_id")
    )
    attached = [
        [
            0,
            0,
            {
                "name": body.document.name,
                "datas": base64.b64encode(bytes(body.content)).decode(),
                "mimetype": body.document.media_type,
                "res_model": command.model,
                "res_id": command.record_odoo_id,
            },
        ]
        for body in bodies
    ]
    if attached:
        message["attachment_ids"] = attached
    return {**command.values, "message_ids": [[0, 0, message]]}


def is_there(odoo: Client, command: Command) -> bool:
    """Whether Odoo holds the key on the record: then the whole write was committed."""
    return bool(
        odoo.count(
            "mail.message",
            [
                ("model", "=", command.model),
                ("res_id", "=", command.record_odoo_id),
                ("body", "ilike", mark(command)),
            ],
        )
    )


def current_values(odoo: Client, command: Command) -> dict[str, Any] | None:
    """What the record has now in the fields the command is about; None when Odoo has no such record."""
    found = odoo.read(
        command.model,
        [command.record_odoo_id],
        sorted({*command.expected, *command.values, "write_date"}),
    )
    return found[0] if found else None
