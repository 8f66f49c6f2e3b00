"""The services behind /jsonrpc and the web session routes."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from . import access, dispatch
from .behaviour import NO_RESULT
from .env import Env
from .errors import AccessDenied, MissingError, OdooError, TypeProblem
from .registry import Registry

DATABASE = "odoo"
WEB_SESSION = "web_session"
"""In the context of calls that come with a cookie: a few methods answer only those."""
Hook = Callable[[Env], None] | None


class SessionExpired(OdooError):
    name = "odoo.http.SessionExpiredException"

    def __init__(self) -> None:
        super().__init__("Session expired")


class Services:
    """What the routes call. Every method raises OdooError."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.sessions: dict[str, int] = {}

    def jsonrpc(self, params: dict[str, Any], hook: Hook = None) -> Any:
        missing = [n for n in ("service", "method", "args") if n not in params]
        if missing:
            own = "JSONRPC" if self.registry.dialect.is_19 else "RPC"
            names = " and ".join(f"'{n}'" for n in missing)
            plural = "s" if len(missing) > 1 else ""
            raise TypeProblem(
                f"{own}.jsonrpc() missing {len(missing)} required positional "
                f"argument{plural}: {names}"
            )
        service, method, args = params["service"], params["method"], list(params["args"])
        if service == "common":
            return self._common(method, args)
        if service == "db":
            return self._db(method, args)
        if service == "object":
            return self._object(method, args, hook)
        raise OdooError(str(service), "builtins.KeyError")

    def _common(self, method: str, args: list[Any]) -> Any:
        if method == "version":
            return self.registry.dialect.version_info()
        if method == "about":
            return "See http://openerp.com"
        if method in ("login", "authenticate"):
            self._database(args[0])
            return access.login(self.registry, args[1], args[2]) or False
        raise OdooError(f"Method not found: {method}")

    def _db(self, method: str, args: list[Any]) -> Any:
        if method == "db_exist":
            return args[0] == DATABASE
        if method == "server_version":
            return self.registry.dialect.version
        if method == "list":
            raise AccessDenied
        raise OdooError(f"Method not found: {method}")

    def _database(self, name: str) -> None:
        if name != DATABASE:
            raise OdooError(
                'connection to server at "127.0.0.1", port 5432 failed: FATAL:  '
                f'database "{name}" does not exist\n',
                "psycopg2.OperationalError",
            )

    def _object(self, method: str, args: list[Any], hook: Hook) -> Any:
        if method not in ("execute", "execute_kw"):
            raise OdooError(f"Method not found: {method}", "builtins.NameError")
        database, uid, secret, model, name, *rest = args
        self._database(database)
        self._authenticate(uid, secret)
        if method == "execute":
            return dispatch.execute(self.registry, uid, model, name, rest, {}, hook)
        positional = list(rest[0]) if rest else []
        named = dict(rest[1] or {}) if len(rest) > 1 else {}
        return dispatch.execute(self.registry, uid, model, name, positional, named, hook)

    def _authenticate(self, uid: Any, secret: Any) -> None:
        if not isinstance(uid, int) or uid not in self.registry.store.root["res.users"].rows:
            raise MissingError("res.users", uid, uid)
        if not access.accepts(self.registry, uid, secret):
            raise AccessDenied

    # --- web session ---------------------------------------------------------------------------
    def authenticate(self, params: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Session info and a new session id. An API key is not accepted here."""
        self._database(str(params.get("db")))
        login, password = str(params.get("login")), params.get("password")
        for uid, row in self.registry.store.root["res.users"].rows.items():
            fits = row.get("login") == login and isinstance(password, str)
            if fits and row.get("password_hash") == access.digest(str(password)):
                session = secrets.token_urlsafe(32)
                self.sessions[session] = uid
                return self.session_info(uid), session
        raise AccessDenied

    def session_info(self, uid: int) -> dict[str, Any]:
        env = Env(self.registry, uid, {})
        row, partner = env.row("res.users", uid), env.row("res.partner", env.partner)
        companies = {
            str(c): {"id": c, "name": env.row("res.company", c)["name"], "sequence": 10}
            for c in row.get("company_ids", [])
        }
        return {
            "uid": uid,
            "is_system": uid == 2,
            "is_admin": uid == 2,
            "is_internal_user": True,
            "user_context": {"lang": "en_US", "tz": partner.get("tz"), "uid": uid},
            "db": DATABASE,
            "server_version": self.registry.dialect.version,
            "server_version_info": self.registry.dialect.version_info()["server_version_info"],
            "name": partner["name"],
            "username": row["login"],
            "partner_id": env.partner,
            "partner_display_name": env.display_name("res.partner", env.partner),
            "max_file_upload_size": 134217728,
            "currencies": {"1": {"symbol": "$", "position": "before", "digits": [69, 2]}},
            "user_companies": {
                "current_company": row["company_id"],
                "allowed_companies": companies,
                "disallowed_ancestor_companies": {},
            },
        }

    def call_kw(self, session: str | None, params: dict[str, Any], hook: Hook = None) -> Any:
        uid = self.sessions.get(session or "")
        if uid is None:
            raise SessionExpired
        kwargs = dict(params.get("kwargs", {}))
        kwargs["context"] = {**(kwargs.get("context") or {}), WEB_SESSION: True}
        return dispatch.execute(
            self.registry,
            uid,
            params["model"],
            params["method"],
            list(params.get("args", [])),
            kwargs,
            hook,
        )


def is_none(result: Any) -> bool:
    """True if the response goes without a `result` member."""
    return result is None or result is NO_RESULT
