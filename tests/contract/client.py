"""The server under test and a raw client: what goes over the wire, over either transport, nothing in between."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from apps.integrations.odoo.line.naming import named

ROOT = Path(__file__).resolve().parents[2]
API_KEY = "0123456789abcdef0123456789abcdef01234567"


# one client for all: making one loads the certificates, which takes longer than a call
_CLIENT = httpx.Client(timeout=60)


class OdooError(Exception):
    """An `error` member. name is data.name, message data.message; over JSON-2 code is the HTTP status."""

    def __init__(self, error: dict[str, Any]) -> None:
        self.error = error
        self.code = error["code"]
        self.name = error["data"]["name"]
        self.message = error["data"]["message"]
        super().__init__(f"{self.name}: {self.message}")


@dataclass
class Server:
    """Where the server is and who may log in. control is None for a real server."""

    url: str
    database: str
    version: str
    user: str
    password: str
    admin_password: str
    is_sandbox: bool
    transport: str = "json-rpc"
    api_key: str = ""  # of user

    @property
    def is_json2(self) -> bool:
        return self.transport == "json-2"

    @property
    def secret(self) -> str:
        """What the service user signs in with over this transport."""
        return self.key_of(self.user, self.password) if self.is_json2 else self.password

    @property
    def is_19(self) -> bool:
        return self.version.startswith("19")

    def post(self, path: str, body: Any, **kwargs: Any) -> httpx.Response:
        return _CLIENT.post(f"{self.url}{path}", json=body, **kwargs)

    def json2(self, key: str, model: str, method: str, body: Any) -> Any:
        """The bare result of a JSON-2 call. Raises OdooError."""
        headers = {"Authorization": f"bearer {key}", "X-Odoo-Database": self.database}
        answer = _CLIENT.post(f"{self.url}/json/2/{model}/{method}", json=body, headers=headers)
        if answer.status_code != 200:
            raise OdooError({"code": answer.status_code, "data": answer.json()})
        return answer.json()

    def key_of(self, login: str, password: str, *, fresh: bool = False) -> str:
        """An API key of this user; a new one is made as a person makes it, in a web session (FACTS 3)."""
        if login == self.user and self.api_key and not fresh:
            return self.api_key
        with httpx.Client(base_url=self.url, timeout=60) as browser:

            def ask(path: str, **params: Any) -> Any:
                told = browser.post(path, json={"jsonrpc": "2.0", "id": 1, "params": params}).json()
                if "error" in told:
                    raise OdooError(told["error"])
                return told.get("result")

            def call(model: str, method: str, *args: Any, **kwargs: Any) -> Any:
                path = f"/web/dataset/call_kw/{model}/{method}"
                return ask(path, model=model, method=method, args=list(args), kwargs=kwargs)

            ask("/web/session/authenticate", db=self.database, login=login, password=password)
            wizard = "res.users.apikeys.description"
            wanted = {"name": "contract suite", "duration": "1"}
            made = call(wizard, "web_save", [], wanted, specification={"name": {}})[0]["id"]
            check = call(wizard, "make_key", [made])
            if not self.is_19:
                call(check["res_model"], "write", [check["res_id"]], {"password": password})
            context = {"password": password} if self.is_19 else {}
            shown = call(check["res_model"], "run_check", [check["res_id"]], context=context)
            made_key = str(shown["context"]["default_key"])
        if login == self.user and not fresh:
            self.api_key = made_key
        return made_key

    def rpc(self, service: str, method: str, *args: Any) -> Any:
        """The `result` member; None if there is none. Raises OdooError."""
        answer = self.post(
            "/jsonrpc",
            {
                "jsonrpc": "2.0",
                "method": "call",
                "id": 7,
                "params": {"service": service, "method": method, "args": list(args)},
            },
        ).json()
        if "error" in answer:
            raise OdooError(answer["error"])
        return answer.get("result")


class User:
    """One logged in user: user("sale.order", "read", [1], ["name"])."""

    def __init__(self, server: Server, login: str, secret: str) -> None:
        self.server, self.login, self.secret = server, login, secret
        self.uid = server.rpc("common", "login", server.database, login, secret)
        assert self.uid, f"cannot log in as {login}"
        self.key = server.key_of(login, secret) if server.is_json2 else ""

    def __call__(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """One call; over JSON-2 by name, and one made record is its id as over JSON-RPC."""
        if self.server.is_json2:
            body = named(method, args, kwargs)
            told = self.server.json2(self.key, model, method, body)
            return told[0] if method == "create" and isinstance(args[0], dict) else told
        return self.server.rpc(
            "object",
            "execute_kw",
            self.server.database,
            self.uid,
            self.secret,
            model,
            method,
            list(args),
            kwargs,
        )

    def one(self, model: str, record_id: int, *fields: str) -> dict[str, Any]:
        return self(model, "read", [record_id], list(fields))[0]

    def value(self, model: str, record_id: int, field: str) -> Any:
        return self.one(model, record_id, field)[field]


class Sandbox:
    """A sandbox process of its own with a store that can outlive it."""

    def __init__(
        self,
        data: Path,
        version: str = "18.0",
        seed: str = "empty",
        transport: str = "json-rpc",
        apps: tuple[str, ...] = (),
    ) -> None:
        self.apps = apps
        self.data, self.version, self.seed, self.transport = data, version, seed, transport
        self.port = 0  # the system's choice at the first start, the same ever after
        self.process: subprocess.Popen[str] | None = None

    @property
    def server(self) -> Server:
        return Server(
            f"http://127.0.0.1:{self.port}",
            "odoo",
            self.version,
            "tower",
            "tower",
            "admin",
            True,
            self.transport,
            API_KEY,
        )

    def start(self) -> Server:
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "--port",
            str(self.port),
            "--data",
            str(self.data),
            "--dialect",
            self.version,
            "--seed",
            self.seed,
            "--apps",
            ",".join(self.apps),
        ]
        environment = {**os.environ, "SANDBOX_API_KEY": API_KEY}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        # "Sandbox (18.0) on http://127.0.0.1:PORT", once it listens
        with self.process.stdout as told:
            where = next((line for line in told if line.startswith("Sandbox (")), "")
        assert where, "the sandbox did not start"
        self.port = int(where.rpartition(":")[2])
        return self.server

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)


class Sandboxes:
    """Sandboxes that serve one module after the other, each handed out as it was when it was seeded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[tuple[str, tuple[str, ...]], Sandbox] = {}

    def fresh(
        self, version: str, *, transport: str = "json-rpc", apps: tuple[str, ...] = ()
    ) -> Server:
        """A server of this dialect with nothing on it but its seed, no fault planned, its clock right."""
        key = version, apps
        sandbox = self.running.get(key)
        if sandbox is None:
            name = "-".join(("store", version, *apps))
            sandbox = self.running[key] = Sandbox(
                self.folder / f"{name}.sqlite", version, apps=apps
            )
            sandbox.start()
            self._switch(sandbox, "snapshot", {})
        else:
            self._switch(sandbox, "faults", [])
            self._switch(sandbox, "clock", {"offset_s": 0})
            self._switch(sandbox, "webhooks", {"drop": False})
            self._switch(sandbox, "api_key", {"expired": False})
            self._switch(sandbox, "restore", {"snapshot": 1})
            self._switch(sandbox, "calls/forget", {})
        return replace(sandbox.server, transport=transport)

    def end(self) -> None:
        """Stop them all."""
        for sandbox in self.running.values():
            sandbox.kill()

    def _switch(self, sandbox: Sandbox, name: str, told: Any) -> None:
        answer = sandbox.server.post(f"/sandbox/{name}", told)
        assert answer.status_code == 200, answer.text
