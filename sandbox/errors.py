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


class AccessDenied(OdooError):
    name = "odoo.exceptions.AccessDenied"

    def __init__(self) -> None:
        super().__init__("Access Denied")


class AccessError(OdooError):
    name = "odoo.exceptions.AccessError"


class MissingError(OdooError):
    name = "odoo.exceptions.MissingError"

    def __init__(self, model: str, record_id: int, uid: int) -> None:
        super().__init__(
            "Record does not exist or has been deleted.\n"
            f"(Record: {model}({record_id},), User: {uid})"
        )


class UserError(OdooError):
    name = "odoo.exceptions.UserError"


class ValidationError(OdooError):
    name = "odoo.exceptions.ValidationError"


class ValueProblem(OdooError):
    name = "builtins.ValueError"


class TypeProblem(OdooError):
    name = "builtins.TypeError"


class SerializationFailure(OdooError):
    name = "psycopg2.errors.SerializationFailure"

    def __init__(self) -> None:
        super().__init__("could not serialize access due to concurrent update\n")
