"""The HTTP server: Odoo's routes and the control routes of the sandbox."""

from __future__ import annotations

import json
import logging
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import control, incoming, json2
from .errors import OdooError
from .faults import BadGateway, DropConnection, Faults, strike_after, strike_before
from .registry import Registry
from .rpc import DATABASE, Services, SessionExpired, is_none

logger = logging.getLogger("sandbox.server")
MAX_BODY = 134217728
JSON_ROUTES = ("/jsonrpc", "/web/webclient/version_info", "/web/session/", "/web/dataset/call_kw")


class Server(ThreadingHTTPServer):
    """One sandbox on one port."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], registry: Registry) -> None:
        super().__init__(address, Handler)
        self.registry = registry
        self.services = Services(registry)
        self.faults = Faults()
        base = f"http://{address[0]}:{self.server_address[1]}"
        registry.store.set_meta("base_url", base)

    def server_bind(self) -> None:
        # the plain bind looks up the host's name, which can take seconds
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name = str(self.server_address[0])
        self.server_port = int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Werkzeug"
    sys_version = "Python"
    server: Server
    wbufsize = 65536
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        logger.debug(format, *args)

    # --- methods -------------------------------------------------------------------------------
    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/web/health":
            self._send(200, '{"status": "pass"}', "application/json")
        elif path in ("/web/version", "/json/version") and self.server.registry.dialect.is_19:
            info = self.server.registry.dialect.version_info()
            told = {"version_info": info["server_version_info"], "version": info["server_version"]}
            self._send(200, json.dumps(told), "application/json; charset=utf-8")
        elif path.startswith("/sandbox/"):
            self._answer(control.get(self.server, path, self._query()))
        elif path.startswith(incoming.PREFIX):
            self._hook(path, b"")
        elif path.startswith(JSON_ROUTES):
            self._wrong_type()
        elif self._is_json2(path):
            self._json(*json2.lost(path))
        else:
            self._missing()

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        length = int(self.headers.get("Content-Length") or 0)
        kind = self.headers.get("Content-Type", "").split(";")[0].strip()
        body = self.rfile.read(length) if length <= MAX_BODY else self._drain(length)
        if path.startswith("/sandbox/"):
            self._answer(control.post(self.server, path, body))
        elif path.startswith(incoming.PREFIX):
            self._hook(path, body)
        elif self._is_json2(path) and (kind == "application/json" or not length):
            self._json2(path, body)
        elif not path.startswith(JSON_ROUTES) and not self._is_json2(path):
            self._missing()
        elif kind not in ("application/json", "application/json-rpc"):
            self._wrong_type()
        else:
            self._rpc(path, body, length)

    def _is_json2(self, path: str) -> bool:
        return path.startswith(f"{json2.PREFIX}/") and self.server.registry.dialect.is_19

    # --- JSON-2 --------------------------------------------------------------------------------
    def _json2(self, path: str, body: bytes) -> None:
        authorization = self.headers.get("Authorization", "")
        if self.headers.get("X-Odoo-Database", DATABASE) != DATABASE:
            self._missing()  # without the database there is no such route
            return
        try:
            status, told = json2.answer(self.server, path, authorization, body)
        except BadGateway:
            self._bad_gateway()
        except DropConnection:
            self._drop()
        else:
            self._json(status, told)

    def _json(self, status: int, told: Any) -> None:
        extra = ("WWW-Authenticate", "Bearer ") if status == 401 else None
        self._send(status, json.dumps(told), "application/json; charset=utf-8", extra=extra)

    def _bad_gateway(self) -> None:
        self._send(502, "<html><h1>502 Bad Gateway</h1></html>", "text/html")

    def _query(self) -> dict[str, str]:
        return {k: v[-1] for k, v in parse_qs(urlsplit(self.path).query).items()}

    def _hook(self, path: str, body: bytes) -> None:
        uuid = path.removeprefix(incoming.PREFIX)
        status, word = incoming.answer(self.server.registry, uuid, body, self._query())
        told = json.dumps({"status": word})
        self._send(status, told, "application/json; charset=utf-8")

    def _drain(self, length: int) -> bytes:
        while length > 0:
            length -= len(self.rfile.read(min(length, 1 << 20)) or b"x" * length)
        return b"{}"

    # --- JSON-RPC ------------------------------------------------------------------------------
    def _rpc(self, path: str, body: bytes, length: int) -> None:
        try:
            envelope = json.loads(body)
        except ValueError:
            self._send(400, "Invalid JSON data", "text/html; charset=utf-8")
            return
        if not isinstance(envelope, dict):
            self._send(400, "Invalid JSON-RPC data", "text/html; charset=utf-8")
            return
        call_id = envelope.get("id")
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call_id}
        cookie: str | None = None
        try:
            if length > MAX_BODY:
                raise OdooError(
                    "413 Request Entity Too Large: The data value transmitted exceeds the "
                    "capacity limit.",
                    "werkzeug.exceptions.RequestEntityTooLarge",
                )
            result, cookie = self._route(path, envelope.get("params") or {})
            if not is_none(result):
                answer["result"] = result
        except BadGateway:
            self._bad_gateway()
            return
        except DropConnection:
            self._drop()
            return
        except SessionExpired as error:
            answer = {
                "jsonrpc": "2.0",
                "id": None,
                "error": self._error(error, 100, "Odoo Session Expired"),
            }
        except OdooError as error:
            answer["error"] = self._error(error, self.server.registry.dialect.error_code)
        except Exception as error:
            # what a broken call does to Odoo too: the Python error is the answer
            logger.exception("call failed")
            told = OdooError(str(error), f"builtins.{type(error).__name__}")
            answer["error"] = self._error(told, self.server.registry.dialect.error_code)
        self._send(200, json.dumps(answer), "application/json; charset=utf-8", cookie)

    def _error(
        self, error: OdooError, code: int, message: str = "Odoo Server Error"
    ) -> dict[str, Any]:
        last = f"{error.name.removeprefix('builtins.')}: {error.message}"
        return {
            "code": code,
            "message": message,
            "data": {
                "name": error.name,
                "debug": f"Traceback (most recent call last):\n  ...\n{last}\n",
                "message": error.message,
                "arguments": [error.message],
                "context": {},
            },
        }

    def _route(self, path: str, params: dict[str, Any]) -> tuple[Any, str | None]:
        services = self.server.services
        if path == "/jsonrpc":
            return self._faulty(params, _target(params), lambda: services.jsonrpc(params)), None
        if path == "/web/webclient/version_info":
            return self.server.registry.dialect.version_info(), "anonymous"
        if path == "/web/session/authenticate":
            return services.authenticate(params)
        session = self._session()
        if path == "/web/session/get_session_info":
            uid = services.sessions.get(session or "")
            if uid is None:
                raise SessionExpired
            return services.session_info(uid), session
        if path in ("/web/session/destroy", "/web/session/logout"):
            services.sessions.pop(session or "", None)
            return None, None
        target = (str(params.get("model")), str(params.get("method")))
        return self._faulty(params, target, lambda: services.call_kw(session, params)), session

    def _faulty(self, params: dict[str, Any], target: tuple[str, str], call: Any) -> Any:
        """Carry out a call with the failure planned for it, and record it."""
        model, method = target
        args = params.get("args", [])
        uid = args[1] if params.get("service") == "object" and len(args) > 1 else None
        fault = self.server.faults.take(model, method)
        outcome = "ok"
        try:
            strike_before(fault)
            result = call()
            strike_after(fault)
            return result
        except (BadGateway, DropConnection):
            outcome = fault.kind if fault else "dropped"
            raise
        except OdooError as error:
            outcome = error.name
            raise
        finally:
            self.server.faults.record(model, method, uid, args[5:], outcome)

    def _session(self) -> str | None:
        for part in self.headers.get("Cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == "session_id":
                return value
        return None

    # --- answers -------------------------------------------------------------------------------
    def _answer(self, told: tuple[int, Any]) -> None:
        self._send(told[0], json.dumps(told[1]), "application/json")

    def _wrong_type(self) -> None:
        if self.server.registry.dialect.is_19:
            self._send(
                415,
                "<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n",
                "text/html; charset=utf-8",
                extra=("Accept", "application/json, application/json-rpc"),
            )
            return
        path = urlsplit(self.path).path
        self._send(
            400,
            "<!doctype html>\n<html lang=en>\n<title>400 Bad Request</title>\n"
            "<h1>Bad Request</h1>\n<p>Request inferred type is compatible with [&#39;http&#39;] "
            f"but &#39;{path}&#39; is type=&#39;json&#39;.</p>\n",
            "text/html; charset=utf-8",
        )

    def _missing(self) -> None:
        self._send(
            404,
            "<!DOCTYPE html>\n<html><head><title>Odoo</title></head>"
            "<body><h1>404: Page Not Found</h1></body></html>",
            "text/html;charset=utf-8",
        )

    def _send(
        self,
        status: int,
        text: str,
        kind: str,
        cookie: str | None = None,
        extra: tuple[str, str] | None = None,
    ) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Type", kind)
        if cookie:
            self.send_header("Set-Cookie", f"session_id={cookie}; Max-Age=604800; HttpOnly; Path=/")
        if extra:
            self.send_header(*extra)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _drop(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            logger.debug("peer is gone already: %s", error)


def _target(params: dict[str, Any]) -> tuple[str, str]:
    args = params.get("args") or []
    if params.get("service") == "object" and len(args) > 4:
        return str(args[3]), str(args[4])
    return str(params.get("service")), str(params.get("method"))
