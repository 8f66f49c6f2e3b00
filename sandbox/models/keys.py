"""API keys and the two wizards that make one; only with a web session, as recorded on 18.0 and 19.0."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .. import access, orm
from ..behaviour import Behaviour
from ..errors import UserError
from ..rpc import WEB_SESSION
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env


class Keys(Behaviour):
    model = access.KEYS
    model_methods = frozenset({"search_read"})

    def rpc_search_read(
        self,
        env: Env,
        domain: Any = None,
        fields: Any = None,
        offset: int = 0,
        limit: Any = None,
        order: Any = None,
    ) -> list[Row]:
        """Everybody sees their own keys only."""
        own = [["user_id", "=", env.uid], *(domain or [])]
        return orm.read(
            env, self.model, orm.find(env, self.model, own, offset, limit, order), fields
        )


class Description(Behaviour):
    model = "res.users.apikeys.description"

    def rpc_web_save(
        self, env: Env, ids: list[int], vals: Row, specification: Row, next_id: Any = None
    ) -> list[Row]:
        """The wizard with its end: midnight after so many days, none for "0"."""
        days = int(vals.get("duration") or 0)
        until = (
            f"{datetime.fromisoformat(env.today) + timedelta(days=days):%Y-%m-%d} 00:00:00"
            if days > 0
            else vals.get("expiration_date", False)
        )
        row = {**vals, "expiration_date": until}
        if ids:
            env.put(self.model, ids[0], **row)
        new = ids[0] if ids else env.insert(self.model, row)
        return [{"id": new, **{n: row.get(n, False) for n in specification if n != "id"}}]

    def rpc_make_key(self, env: Env, ids: list[int]) -> Row:
        """Asks for the password first."""
        if not env.context.get(WEB_SESSION):
            raise UserError("This method can only be accessed over HTTP")
        check = env.insert("res.users.identitycheck", {"request": str(ids[0])})
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.identitycheck",
            "res_id": check,
            "name": "Access Control" if env.dialect.is_19 else "Security Control",
            "target": "new",
            "views": [[False, "form"]],
            **({"context": {"dialog_size": "medium"}} if env.dialect.is_19 else {}),
        }


class IdentityCheck(Behaviour):
    model = "res.users.identitycheck"

    def rpc_run_check(self, env: Env, ids: list[int]) -> Row:
        """The key, shown once. 18.0 takes the written password, 19.0 the one of the context."""
        row = env.row(self.model, ids[0])
        given = env.context.get("password") if env.dialect.is_19 else row.get("password")
        user = env.row("res.users", env.uid)
        if not given or access.digest(str(given)) != user.get("password_hash"):
            raise UserError(
                "Incorrect Password, try again or click on Forgot Password to reset your password."
            )
        wanted = env.row("res.users.apikeys.description", int(row["request"]))
        key = access.make_key()
        env.insert(
            access.KEYS,
            {
                "name": wanted["name"],
                "scope": False,
                "user_id": env.uid,
                "expiration_date": wanted.get("expiration_date") or False,
                "key_hash": access.digest(key),
            },
        )
        env.touch_silently(self.model, ids[0], password=False)
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.show",
            "name": "API Key Ready",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_key": key},
        }
