"""What can go wrong between us and Odoo, told apart by what may be done about it."""

from typing import Any


class OdooError(Exception):
    """Any of the below. `says` is fit for a screen: Odoo's own words, without its traceback."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class OdooAway(OdooError):
    """Odoo did not take the call: nothing happened there. Try again later."""


class OutcomeUnknown(OdooError):
    """The call may or may not have taken effect (timeout, dropped connection). Look before trying again."""


class OdooBusy(OdooError):
    """Odoo gave up on concurrent updates and rolled back (psycopg2 SerializationFailure). Try again."""


class OdooRefused(OdooError):
    """Odoo answered with an error. `name` is its class without the path, e.g. AccessError, UserError."""

    def __init__(self, name: str, says: str) -> None:
        super().__init__(says)
        self.name = name


class LoginRefused(OdooRefused):
    """Odoo does not accept the service user's login, password or key, or has no such database."""


class Unstorable(OdooError):
    """Odoo gave a record that the mirror cannot hold: an amount past its columns, a text that is no date."""


def classified(info: Any) -> OdooError:
    """Our error for the `error` member of an answer. Only `data.name` tells the class (FACTS 2)."""
    data = info.get("data") if isinstance(info, dict) else None
    data = data if isinstance(data, dict) else {}
    name = str(data.get("name") or "")
    says = str(data.get("message") or "Odoo answered with an error it did not explain.").strip()[
        :2000
    ]
    short = name.rpartition(".")[2]
    if short == "SerializationFailure" or "could not serialize access" in says:
        return OdooBusy("Odoo was busy with other changes to the same record.")
    if name == "odoo.exceptions.AccessDenied":
        return LoginRefused(
            short, "Odoo does not accept the service user's login (ODOO_USER, ODOO_API_KEY)."
        )
    if name == "psycopg2.OperationalError":
        return LoginRefused(short, "Odoo cannot open the database (ODOO_DB).")
    return OdooRefused(short or "Error", says)
