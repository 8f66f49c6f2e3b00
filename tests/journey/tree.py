"""The whole tower as its users meet it: one supervised process tree on ports of its own, nothing called in-process."""

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.journey import real
from tests.journey.odoo import OdooUser

ROOT = Path(__file__).resolve().parents[2]
UPS_SECRET = "ups-demo-credential"
EASYPOST_SECRET = "easypost-demo-secret"
TPL_SECRET = "whsec_Y29udHJvbC10b3dlci1kZW1vLXNlY3JldC0zMmJ5dGU="
SECRETS = {"UPS": UPS_SECRET, "EasyPost": EASYPOST_SECRET, "Acme 3PL": TPL_SECRET}
STARTS_WITHIN_S = 400  # for a hang, not a measurement


def free_ports(count: int) -> list[int]:
    """So many different TCP ports nobody listens on."""
    with ExitStack() as held:  # all at once: a port given back may be given out again
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def until(what: Callable[[], Any], says: str, within_s: float = 30) -> Any:
    """Ask until the answer is true; the limit is for a hang, not a measurement."""
    give_up = time.monotonic() + within_s
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {within_s:.0f} s in vain: {says}")
        time.sleep(0.2)


class Tree:
    """A running tower with its sandbox or a named Odoo, and the ways its users and partners reach it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port, self.socket_port, self.sandbox_port = free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}"
        self.real = real.named()
        self.wire = real.Wire(self.real.host, self.real.port) if self.real else None
        self.environment = {
            **{
                k: v
                for k, v in os.environ.items()
                if k not in ("DATABASE_URL", "REDIS_URL", "ODOO_URL")
            },
            "CONTROLTOWER_VAR": str(var),
            "PORT": str(self.port),
            "SOCKET_PORT": str(self.socket_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "STAGE": "demo",
            "TRAFFIC": "off",
            # Long enough to lift a block by hand within it, on a machine that does ten other things.
            "UNDO_WINDOW_S": "10",
            "PUBLIC_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "controltower.settings",
        }
        if self.real and self.wire:
            self.environment |= {
                "ODOO_URL": f"http://127.0.0.1:{self.wire.port}",
                "ODOO_DB": self.real.database,
                "ODOO_USER": self.real.user,
                "ODOO_API_KEY": self.real.password,
                "ODOO_SETTLE_S": real.SETTLE_S,
            }
        self.supervisor: subprocess.Popen[bytes] | None = None
        self.said = ""  # the last answer of /readyz

    def start(self, within_s: float = STARTS_WITHIN_S) -> None:
        """Start everything and wait until the tower answers."""
        self.var.mkdir(parents=True, exist_ok=True)
        output = (self.var / "supervisor.out").open("wb")
        self.supervisor = subprocess.Popen(
            [sys.executable, "-m", "controltower.supervise"],
            cwd=ROOT,
            env=self.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            until(self._stands, "the tower stands", within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; /readyz said {self.said}") from None
        if self.real:
            real.furnish(self.odoo())
            real.set_up(self, self.real.admin_password, SECRETS)

    def _stands(self) -> bool:
        if self.supervisor is not None and self.supervisor.poll() is not None:
            raise AssertionError(
                "the supervisor ended:\n" + (self.var / "supervisor.out").read_text()[-3000:]
            )
        try:
            answer = httpx.get(f"{self.url}/readyz", timeout=5)
            self.said = answer.text
            seeded = self.real is not None or (self.var / "demo.json").exists()
            return seeded and answer.is_success
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """Ctrl-C, as a person would."""
        if self.supervisor and self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGINT)
            try:
                self.supervisor.wait(30)
            except subprocess.TimeoutExpired:
                self.supervisor.kill()

    def pid(self, name: str) -> int:
        """The process id of one child."""
        return int((self.var / "run" / f"{name}.pid").read_text())

    def kill(self, name: str) -> int:
        """SIGKILL one child; the supervisor starts it again. Returns the pid that was killed."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def cut_odoo(self) -> None:
        """Odoo answers nobody from now on. The sandbox is stopped as a process; a real server's wire is cut."""
        if self.wire:
            self.wire.cut()
        else:
            os.kill(self.pid("sandbox"), signal.SIGSTOP)

    def restore_odoo(self) -> None:
        """The cable is back."""
        if self.wire:
            self.wire.restore()
        else:
            os.kill(self.pid("sandbox"), signal.SIGCONT)

    def manage(self, *arguments: str, **more: str) -> str:
        """`manage.py …` with more in its environment; its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{arguments[0]}: {done.stdout[-1000:]}{done.stderr[-2000:]}"
        return done.stdout

    def odoo(self) -> "OdooUser":
        """An Odoo user (admin) over Odoo's own wire protocol."""
        if self.real:
            return OdooUser(
                self.real.host,
                self.real.port,
                self.real.database,
                self.real.admin_password,
                real.PRODUCT,
            )
        return OdooUser("127.0.0.1", self.sandbox_port, "odoo", "admin")

    def post(self, partner: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        """A signed message of one of the demo partners."""
        raw = json.dumps(body).encode()
        return httpx.post(
            f"{self.url}/api/v1/messages/{partner}",
            content=raw,
            timeout=10,
            headers={
                "Content-Type": "application/json",
                **signature(partner, raw, body),
                **headers,
            },
        )


def signature(partner: str, raw: bytes, body: dict[str, Any]) -> dict[str, str]:
    """The headers each demo partner signs with (FORMATS.md, "Webhook signatures at a glance")."""
    if partner == "ups":
        return {"credential": UPS_SECRET, "User-Agent": "UPSPubSubTrackingService"}
    if partner == "easypost":
        code = hmac.new(EASYPOST_SECRET.encode(), raw, hashlib.sha256).hexdigest()
        return {"X-Hmac-Signature": f"hmac-sha256-hex={code}"}
    stamp, ident = str(int(time.time())), body["message_id"]
    secret = base64.b64decode(TPL_SECRET.removeprefix("whsec_"))
    code = hmac.new(secret, f"{ident}.{stamp}.".encode() + raw, hashlib.sha256).digest()
    return {
        "webhook-id": ident,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(code).decode(),
    }


def stamp(at: datetime) -> tuple[str, str]:
    """UPS's date and time texts of an instant."""
    return at.strftime("%Y%m%d"), at.strftime("%H%M%S")


def ups(
    number: str, kind: str, code: str, words: str, at: datetime, status: str = "", **more: str
) -> dict[str, Any]:
    """One Track Alert."""
    day, clock = stamp(at.astimezone(UTC))
    return {
        "trackingNumber": number,
        "localActivityDate": day,
        "localActivityTime": clock,
        "gmtActivityDate": day,
        "gmtActivityTime": clock,
        "activityLocation": {
            "city": "Gent",
            "stateProvince": "",
            "postalCode": "",
            "country": "BE",
        },
        "activityStatus": {
            "type": kind,
            "code": code,
            "description": words,
            "descriptionCode": status,
        },
        "scheduledDeliveryDate": "",
        "actualDeliveryDate": "",
        "actualDeliveryTime": "",
        "deliveryStartTime": "",
        "deliveryEndTime": "",
        "deliveryTimeDescription": "",
        "deliveryPhoto": "",
        **more,
    }


def easypost(
    number: str, ident: str, *details: tuple[str, str, datetime], carrier: str = "USPS"
) -> dict[str, Any]:
    """A tracker.updated snapshot: every scan so far, oldest first, as (status, detail, at)."""
    scans = [
        {
            "object": "TrackingDetail",
            "message": detail,
            "description": detail,
            "status": status,
            "status_detail": detail,
            "datetime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "source": carrier,
            "carrier_code": None,
            "tracking_location": {
                "object": "TrackingLocation",
                "city": "AUSTIN",
                "state": "TX",
                "country": "US",
                "zip": None,
            },
        }
        for status, detail, at in details
    ]
    return {
        "id": ident,
        "object": "Event",
        "mode": "test",
        "description": "tracker.updated",
        "created_at": scans[-1]["datetime"],
        "updated_at": scans[-1]["datetime"],
        "result": {
            "id": f"trk_{number.lower()}",
            "object": "Tracker",
            "mode": "test",
            "tracking_code": number,
            "status": details[-1][0],
            "status_detail": details[-1][1],
            "created_at": scans[0]["datetime"],
            "updated_at": scans[-1]["datetime"],
            "signed_by": None,
            "weight": None,
            "est_delivery_date": None,
            "shipment_id": None,
            "carrier": carrier,
            "tracking_details": scans,
            "fees": [],
            "carrier_detail": None,
        },
    }


def tpl(
    ident: str, number: str, order: str, *events: tuple[str, str, datetime, dict[str, Any]]
) -> dict[str, Any]:
    """A 3PL batch: (event id, code, at, more members)."""
    return {
        "message_id": ident,
        "sent_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "account": "demo",
        "events": [
            {
                "event_id": event,
                "event_code": code,
                "event_time": at.isoformat(timespec="seconds"),
                "shipment": {
                    "client_ref": order,
                    "tpl_ref": f"3PL-{order}",
                    "carrier": "acme",
                    "tracking_number": number,
                },
                "location": {"name": "Hub Lyon", "country": "FR", "timezone": "Europe/Paris"},
                "reason": None,
                "note": None,
                "pod": None,
                "eta": None,
                **more,
            }
            for event, code, at, more in events
        ],
    }
