"""Messages, activities and attachments."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import TYPE_CHECKING, Any

from .. import orm, rights
from ..behaviour import Behaviour
from ..errors import AccessError, ValidationError
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env

NOTE = "mail.mt_note"
THREADS = ("sale.order", "stock.picking", "account.move", "res.partner", "product.template")


def reference(env: Env, xmlid: str) -> int:
    """The id behind an external id; 0 if there is none."""
    module, _, name = xmlid.partition(".")
    for _, row in env.rows("ir.model.data"):
        if row["module"] == module and row["name"] == name:
            return int(row["res_id"])
    return 0


def note_id(env: Env) -> int:
    return reference(env, NOTE)


def log(env: Env, model: str, row_id: int, body: str, *, subtype: int | None = None) -> int:
    """A notification Odoo itself writes into the chatter of a record."""
    return env.insert(
        "mail.message",
        {
            "model": model,
            "res_id": row_id,
            "record_name": env.display_name(model, row_id),
            "body": body,
            "date": env.now,
            "author_id": env.partner,
            "email_from": _sender(env),
            "message_type": "notification",
            "subtype_id": subtype or note_id(env),
            "is_internal": subtype is None,
            "attachment_ids": [],
        },
    )


def _sender(env: Env) -> Any:
    partner = env.row("res.partner", env.partner)
    return f'"{partner.get("name")}" <{partner["email"]}>' if partner.get("email") else False


class Message(Behaviour):
    model = "mail.message"
    title_field = "record_name"

    def defaults(self, env: Env, values: Row) -> Row:
        if not env.sudo and not env.row("res.partner", env.partner).get("email"):
            raise AccessError(
                "Unable to send message, please configure the sender's email address."
            )
        model, row_id = values.get("model"), values.get("res_id")
        known = model in env.base and row_id
        return {
            "date": env.now,
            "author_id": env.partner,
            "email_from": _sender(env),
            "message_type": "comment",
            "record_name": env.display_name(str(model), int(row_id or 0)) if known else False,
            "is_internal": False,
        }

    def compute_preview(self, env: Env, row_id: int, row: Row) -> Any:
        return row.get("body") or False


class Thread(Behaviour):
    """Base of models with a chatter and activities."""

    def rpc_message_post(
        self,
        env: Env,
        ids: list[int],
        *,
        body: str = "",
        message_type: str = "notification",
        subtype_xmlid: str | None = None,
        subtype_id: int | None = None,
        attachment_ids: Any = None,
        body_is_html: bool = False,
        subject: Any = False,
        partner_ids: Any = None,
        email_from: Any = None,
        author_id: Any = None,
        parent_id: Any = False,
    ) -> Any:
        """The id of the message on 18.0, a list with it on 19.0."""
        shown = body if body_is_html else html.escape(body, quote=False)
        if not shown.lstrip().startswith("<"):
            shown = f"<p>{shown}</p>"
        attached = [a if isinstance(a, int) else a[1] for a in attachment_ids or []]
        new = env.insert(
            "mail.message",
            {
                **Message().defaults(env, {"model": self.model, "res_id": ids[0]}),
                "model": self.model,
                "res_id": ids[0],
                "body": shown if body else "",
                "subject": subject,
                "message_type": message_type,
                "subtype_id": subtype_id or reference(env, subtype_xmlid or NOTE),
                "attachment_ids": attached,
                "partner_ids": list(partner_ids or []),
            },
        )
        for attachment in attached:
            row = env.row("ir.attachment", attachment)
            if not row.get("res_id"):
                env.put("ir.attachment", attachment, res_model=self.model, res_id=ids[0])
        return [new] if env.dialect.is_19 else new

    def rpc_activity_schedule(
        self,
        env: Env,
        ids: list[int],
        act_type_xmlid: str = "",
        date_deadline: Any = None,
        summary: str = "",
        note: str = "",
        **values: Any,
    ) -> Any:
        """The text "mail.activity(id,)" on 18.0, a list of ids on 19.0."""
        kind = reference(env, act_type_xmlid or "mail.mail_activity_data_todo")
        made = []
        for i in ids:
            given = {
                "res_model": self.model,
                "res_model_id": _model_id(env, self.model),
                "res_id": i,
                "activity_type_id": kind,
                "summary": summary or False,
                "note": note or False,
                "date_deadline": date_deadline or env.today,
                "automated": True,
                **values,
            }
            made.append(orm.create_one(env, "mail.activity", given))
        return made if env.dialect.is_19 else f"mail.activity({', '.join(map(str, made))},)"

    def compute_message_attachment_count(self, env: Env, row_id: int, row: Row) -> int:
        found = env.where("ir.attachment", "res_id", row_id)
        return sum(1 for a in found if env.row("ir.attachment", a).get("res_model") == self.model)

    def compute_has_message(self, env: Env, row_id: int, row: Row) -> bool:
        found = env.where("mail.message", "res_id", row_id)
        return any(env.row("mail.message", m).get("model") == self.model for m in found)

    def compute_activity_state(self, env: Env, row_id: int, row: Row) -> Any:
        states = {
            Activity().compute_state(env, a, env.row("mail.activity", a))
            for a in env.where("mail.activity", "res_id", row_id)
            if env.row("mail.activity", a).get("res_model") == self.model
        }
        return next((s for s in ("overdue", "today", "planned") if s in states), False)


def _model_id(env: Env, model: str) -> int:
    return next((i for i, row in env.rows("ir.model") if row["model"] == model), 0)


class Activity(Behaviour):
    model = "mail.activity"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        kind = row.get("activity_type_id")
        return str(
            row.get("summary")
            or (env.display_name("mail.activity.type", kind) if kind else "Activity")
        )

    def defaults(self, env: Env, values: Row) -> Row:
        model_id = values.get("res_model_id")
        given: Row = {
            "active": True,
            "user_id": env.uid,
            "date_deadline": env.today,
            "activity_type_id": reference(env, "mail.mail_activity_data_todo"),
        }
        if model_id:
            given["res_model"] = env.row("ir.model", model_id)["model"]
            if values.get("res_id"):
                given["res_name"] = env.display_name(given["res_model"], values["res_id"])
        return given

    def created(self, env: Env, row_id: int, given: Row) -> None:
        if env.dialect.is_19 and not given.get("res_id"):
            raise ValidationError(
                "The operation cannot be completed: Activities have to be "
                "linked to records with a not null res_id."
            )

    def compute_state(self, env: Env, row_id: int, row: Row) -> str:
        due = str(row.get("date_deadline") or env.today)
        if not row.get("active", True):
            return "done"
        return "overdue" if due < env.today else "today" if due == env.today else "planned"

    def rpc_action_feedback(
        self, env: Env, ids: list[int], feedback: Any = False, attachment_ids: Any = None
    ) -> Any:
        """Answers the id of the message. 18.0 deletes the activity, 19.0 archives it."""
        message = 0
        for i in ids:
            row = env.row(self.model, i)
            kind = env.display_name("mail.activity.type", row["activity_type_id"])
            body = f"<div><p><span>{kind} done</span></p><p>{feedback or ''}</p></div>"
            message = log(
                env,
                row["res_model"],
                row["res_id"],
                body,
                subtype=reference(env, "mail.mt_activities") or None,
            )
            if env.dialect.is_19:
                env.put(self.model, i, active=False, date_done=env.today)
            else:
                env.delete(self.model, i)
        return message

    def rpc_action_done(self, env: Env, ids: list[int]) -> Any:
        return self.rpc_action_feedback(env, ids)


class Attachment(Behaviour):
    model = "ir.attachment"

    def defaults(self, env: Env, values: Row) -> Row:
        document = values.get("res_model")
        if document in env.base and values.get("res_id"):
            rights.check(env, str(document), "write")
            env.row(str(document), int(values["res_id"]))
        return {
            "type": "binary",
            "public": False,
            "mimetype": "application/octet-stream",
            "url": False,
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        self._measure(env, row_id)

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            if {"datas", "raw"} & set(values):
                self._measure(env, i)

    def _measure(self, env: Env, row_id: int) -> None:
        row = env.row(self.model, row_id)
        content = base64.b64decode(row["datas"]) if row.get("datas") else b""
        checksum = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        env.touch_silently(
            self.model, row_id, file_size=len(content), checksum=checksum if content else False
        )


class Subtype(Behaviour):
    model = "mail.message.subtype"


class ActivityType(Behaviour):
    model = "mail.activity.type"
