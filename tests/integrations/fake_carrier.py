"""A carrier's API as a WSGI application: UPS's and FedEx's shapes, a feed with a cursor, sign-in, limits, failures."""

import base64
import json
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import httpx

USER, KEY = "client", "s3cret"


class FakeCarrier:
    """Answers for its numbers; `status` makes it fail, `blocked` makes it wait, `calls` keeps what was asked."""

    def __init__(self, *numbers: str, scan: str = "20260310 090000 I:AR") -> None:
        self.scans: dict[str, list[str]] = {number: [scan] for number in numbers}
        self.calls: list[str] = []
        self.tokens = 0
        self.status = 200
        self.retry_after = ""
        self.body: bytes | None = None
        self.blocked: threading.Event | None = None
        self.feed: list[dict[str, Any]] = []

    def client(self) -> httpx.Client:
        """A client that talks to this carrier and to nobody else."""
        return httpx.Client(transport=httpx.WSGITransport(app=self))

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path, auth = environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION", "")
        if path.endswith("/token"):
            return self._token(auth, start_response)
        self.calls.append(path)
        if self.blocked is not None:
            self.blocked.wait(30)
        headers = [("Content-Type", "application/json")]
        if self.status != 200:
            if self.retry_after:
                headers.append(("Retry-After", self.retry_after))
            start_response(f"{self.status} Trouble", headers)
            return [b"{}"]
        if auth == "Bearer stale":
            start_response("401 Unauthorized", headers)
            return [b"{}"]
        answer = self.body if self.body is not None else self._answer(path, environ)
        start_response("404 Not Found" if answer is None else "200 OK", headers)
        return [answer or b"{}"]

    def _token(self, auth: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
        wanted = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        headers = [("Content-Type", "application/json")]
        if auth != f"Basic {wanted}":
            start_response("401 Unauthorized", headers)
            return [b"{}"]
        self.tokens += 1
        start_response("200 OK", headers)
        return [json.dumps({"access_token": f"token-{self.tokens}", "expires_in": "3600"}).encode()]

    def _answer(self, path: str, environ: dict[str, Any]) -> bytes | None:
        if path.startswith("/feed/"):
            after = int(path.rpartition("/")[2] or 0)
            rows = self.feed[after:]
            document = {"message_id": f"feed-{after}", "events": rows}
            return json.dumps(document | {"meta": {"next": len(self.feed)}}).encode()
        if path.endswith("/trackingnumbers"):
            wanted = json.loads(environ["wsgi.input"].read())["trackingInfo"]
            numbers = [one["trackingNumberInfo"]["trackingNumber"] for one in wanted]
            self.calls[-1] += " " + ",".join(numbers)
            document = {
                "transactionId": f"different-each-time-{len(self.calls)}",
                "output": {"completeTrackResults": [self._fedex(number) for number in numbers]},
            }
            return json.dumps(document).encode()
        number = path.rpartition("/")[2]
        return (
            json.dumps(ups(number, self.scans[number])).encode() if number in self.scans else None
        )

    def _fedex(self, number: str) -> dict[str, Any]:
        scans = [
            {
                "date": f"{one[:4]}-{one[4:6]}-{one[6:8]}T{one[9:11]}:{one[11:13]}:00+00:00",
                "eventType": one[-2:],
            }
            for one in self.scans.get(number, [])
        ]
        about = {"trackingNumberInfo": {"trackingNumber": number}, "scanEvents": scans}
        if any(one.endswith("DL") for one in self.scans.get(number, [])):
            about["deliveryDetails"] = {"receivedByName": "A. Receiver"}
            about["availableImages"] = [{"type": "SIGNATURE_PROOF_OF_DELIVERY"}]
        return {"trackingNumber": number, "trackResults": [about]}


def scan(at: datetime, kind: str = "I:AR") -> str:
    """A scan of UPS's as the fake carrier keeps it."""
    return f"{at:%Y%m%d %H%M%S} {kind}"


def ups(number: str, scans: Iterable[str]) -> dict[str, Any]:
    """UPS Track's answer about one number."""
    activity = []
    for one in scans:
        day, time, kind = one.split(" ")
        letter, code = kind.split(":")
        activity.append(
            {
                "gmtDate": day,
                "gmtTime": f"{time[:2]}:{time[2:4]}:{time[4:]}",
                "date": day,
                "time": time,
                "gmtOffset": "+00:00",
                "status": {"type": letter, "code": code, "description": "A scan"},
                "location": {"address": {"city": "Gent", "countryCode": "BE"}},
            }
        )
    package = {"trackingNumber": number, "activity": activity}
    return {"trackResponse": {"shipment": [{"inquiryNumber": number, "package": [package]}]}}
