"""What can go wrong between us and Odoo, told apart by what may be done about it."""

from typing import Any, Final


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


class ModelAbsent(OdooRefused):
    """This Odoo has no such model: its app is not installed. `name` is UserError, as over JSON-RPC."""


class MethodAbsent(OdooRefused):
    """The model has no such method in this version. `name` is AttributeError, as over JSON-RPC."""


class Unstorable(OdooError):
    """Odoo gave a record that the mirror cannot hold: an amount past its columns, a text that is no date."""


FOREIGN: Final = "GuardForeign"
"""The name under which a server action that is not ours is told: gone, or another text."""

_ROLLED_BACK: Final = ("SerializationFailure", "DeadlockDetected", "LockNotAvailable")
"""What Odoo itself retries five times before it tells (FACTS 2)."""

DENIED: Final = ("AccessDenied", "Unauthorized")
"""The names under which JSON-RPC and JSON-2 refuse a secret."""


def classified(info: Any) -> OdooError:
    """Our error for the `error` member of a JSON-RPC answer. Only `data.name` tells the class (FACTS 2)."""
    data = info.get("data") if isinstance(info, dict) else None
    return named(data)


def named(told: Any) -> OdooError:
    """Our error for Odoo's `{name, message}`, which is `error.data` over JSON-RPC and the body over JSON-2.

    JSON-2 has its own names for what is not there (FACTS 1); they become those of JSON-RPC.
    """
    told = told if isinstance(told, dict) else {}
    name = str(told.get("name") or "")
    says = str(told.get("message") or "Odoo answered with an error it did not explain.").strip()
    says, short = says[:2000], name.rpartition(".")[2]
    if short in _ROLLED_BACK or "could not serialize access" in says:
        return OdooBusy("Odoo was busy with other changes to the same record.")
    if short in DENIED:
        return LoginRefused(short, "Odoo does not accept the service user's login.")
    if name == "psycopg2.OperationalError":
        return LoginRefused(short, "Odoo cannot open the database.")
    if _is_about(says, "Object ", "doesn't exist") or _is_about(says, "the model ", "not exist"):
        return ModelAbsent("UserError", says)
    if short in ("AttributeError", "NotFound") and _is_about(says, "The method ", ""):
        return MethodAbsent("AttributeError", says)
    if short == "AttributeError" and " object has no attribute " in says:
        return MethodAbsent(short, says)  # how 16 and 17 would say it: not tested
    return OdooRefused(short or "Error", says)


def _is_about(says: str, start: str, end: str) -> bool:
    return says.startswith(start) and end in says
