"""One2many and many2many commands: [0, 0, values] to [6, 0, ids]."""

from __future__ import annotations

from typing import Any

from . import orm
from .env import Env
from .errors import MissingError, OdooError, TypeProblem, ValidationError
from .schema import Field


def apply(env: Env, model: str, row_id: int, field: Field, value: Any) -> None:
    """Carry out [0,0,vals] … [6,0,ids] of one x2many field of one record."""
    if value in (False, None):
        value = [[5]]
    commands = [c if isinstance(c, (list, tuple)) else [4, c] for c in value]
    if field.type == "one2many":
        for command in commands:
            _one2many(env, model, row_id, field, list(command))
    else:
        _many2many(env, model, row_id, field, [list(c) for c in commands])


def _one2many(env: Env, model: str, row_id: int, field: Field, command: list[Any]) -> None:
    code = command[0]
    if code == 0:
        given = {field.inverse: row_id, **command[2]}
        if field.inverse == "res_id" and field.relation == "mail.message":
            if not command[2].get("model"):
                # 18.0 looks the new message up by document and has none: seen as KeyError
                raise OdooError(str(row_id), "builtins.KeyError")
        elif field.inverse == "res_id":
            given["res_model"] = model
        orm.create_one(env, field.relation, given)
    elif code == 1:
        orm.write_rows(env, field.relation, [command[1]], command[2])
    elif code in (2, 3):
        orm.unlink_rows(env, field.relation, [command[1]])
    elif code == 4:
        env.put(field.relation, command[1], **{field.inverse: row_id})
    elif code in (5, 6):
        keep = set(command[2]) if code == 6 else set()
        for child in env.where(field.relation, field.inverse, row_id):
            if child not in keep:
                orm.unlink_rows(env, field.relation, [child])


def _many2many(env: Env, model: str, row_id: int, field: Field, commands: list[Any]) -> None:
    now = list(env.value(model, row_id, field.name))
    for command in commands:
        code = command[0]
        if code == 0:
            now.append(orm.create_one(env, field.relation, dict(command[2])))
        elif code == 1:
            orm.write_rows(env, field.relation, [command[1]], command[2])
        elif code in (2, 3):
            now = [i for i in now if i != command[1]]
        elif code == 4:
            _exists(env, field, command[1])
            now = now if command[1] in now else [*now, command[1]]
        elif code == 5:
            now = []
        elif code == 6:
            now = list(command[2])
        else:
            raise TypeProblem(f"Unexpected command {command!r}")
    env.put(model, row_id, **{field.name: now})


def _exists(env: Env, field: Field, row_id: int) -> None:
    if field.relation in env.base and env.get(field.relation, row_id) is None:
        if env.dialect.is_19 and field.relation == "ir.attachment":
            raise MissingError(field.relation, row_id, env.uid)
        if env.dialect.is_19:
            raise ValidationError(
                "The operation cannot be completed: Another model is using the record you are "
                "trying to delete.\n\nThe troublemaker is: Unknown\nThanks to the following "
                f"constraint: {field.name}_fkey\nHow about archiving the record instead?"
            )
        raise ValidationError(
            "The operation cannot be completed: another model requires the record being deleted. "
            "If possible, archive it instead.\n\nModel: Unknown (unknown)\nConstraint: "
            f"{field.name}_fkey\n"
        )
