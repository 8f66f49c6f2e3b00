"""The errors Odoo answers, by the name that stands in `error.data.name`."""

from __future__ import annotations


class OdooError(Exception):
    """An error member of an answer. name is `data.name`; the message is the text for the user."""

    name = "builtins.Exception"

    def __init__(self, message: str, name: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if name:
            self.name = name


class UserError(OdooError):
    """A refusal with words for the user; code of server actions catches all of its kinds with it."""

    name = "odoo.exceptions.UserError"


class AccessDenied(UserError):
    name = "odoo.exceptions.AccessDenied"

    def __init__(self) -> None:
        super().__init__("Access Denied")


class AccessError(UserError):
    name = "odoo.exceptions.AccessError"


class MissingError(UserError):
    name = "odoo.exceptions.MissingError"

    def __init__(self, model: str, record_id: int, uid: int) -> None:
        super().__init__(
            "Record does not exist or has been deleted.\n"
            f"(Record: {model}({record_id},), User: {uid})"
        )


class ValidationError(UserError):
    name = "odoo.exceptions.ValidationError"


class ValueProblem(OdooError):
    name = "builtins.ValueError"


class TypeProblem(OdooError):
    name = "builtins.TypeError"


class SerializationFailure(OdooError):
    name = "psycopg2.errors.SerializationFailure"

    def __init__(self) -> None:
        super().__init__("could not serialize access due to concurrent update\n")
