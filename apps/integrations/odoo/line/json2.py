"""JSON-2 over httpx: 19 and later, with an API key; the only way from 20 on (FACTS 1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from apps.integrations.odoo.line.connections import JSON_2, Credentials
from apps.integrations.odoo.line.errors import LoginRefused, OdooAway, OdooRefused, OutcomeUnknown
from apps.integrations.odoo.line.naming import Unnamed, named
from apps.integrations.odoo.line.wire import failure, look, make_client, translated


class Json2:
    """Signed in with the constructor. Raises OdooError and nothing else; keeps its connection between calls."""

    name = JSON_2

    def __init__(self, want: Credentials, version: str = "") -> None:
        self.version = version or look(want.url, want.timeout_s).version
        headers = {
            "Authorization": f"bearer {want.secret}",
            "Content-Type": "application/json; charset=utf-8",
            "X-Odoo-Database": want.db,
        }
        self._http = make_client(want.url, want.timeout_s, headers)
        try:
            self._check_login(want)
        except Exception:
            self._http.close()
            raise

    def execute(
        self, model: str, method: str, args: Sequence[Any], kwargs: dict[str, Any], *, writes: bool
    ) -> Any:
        """One call in one transaction of Odoo's; arguments go by name."""
        try:
            body = json.dumps(named(method, args, kwargs)).encode()
        except Unnamed as error:
            raise OdooRefused("TypeError", f"{model}.{error}") from error
        response = translated(
            lambda: self._http.post(f"/json/2/{model}/{method}", content=body), writes=writes
        )
        if response.status_code != 200:
            raise failure(response, writes=writes)
        try:
            return response.json()
        except ValueError as error:  # from a proxy or another server
            lost = OutcomeUnknown if writes else OdooAway
            raise lost("The server's answer is not Odoo's.") from error

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def _check_login(self, want: Credentials) -> None:
        """A key belongs to one user: it must be the one we were told, or the mirror is another's picture."""
        try:
            uid = self.execute("res.users", "context_get", [], {}, writes=False).get("uid")
            told = self.execute("res.users", "read", [[uid]], {"fields": ["login"]}, writes=False)
        except OdooRefused as error:
            if not error.name.startswith("HTTP "):
                raise
            # No route without the database, nor on 18: the answer is a page or the way to the sign-in.
            raise LoginRefused(
                "NotFound", f"Odoo has no JSON-2, or no database {want.db!r} ({want.set_by})."
            ) from error
        login = told[0]["login"] if told else ""
        if login != want.user:
            raise LoginRefused("OtherUser", f"The API key belongs to {login!r}, not {want.user!r}.")
