"""Partners' systems: they send until they are answered, each group of messages in its order, whatever dies meanwhile."""

from __future__ import annotations

import gzip
import queue
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import httpx

from apps.integrations import formats
from apps.integrations.formats.schemes import QUERY, SCHEMES
from tests.integrations.formats.recorded import SECRETS
from tests.soak.mail import Mail, slug_of

GIVE_UP_S: Final = 180  # for a hang, not a measurement
PAUSE_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer that ended the sending of one message; tries is how often it was sent."""

    mail: Mail
    status: int
    message_id: str
    says: str
    tries: int


@dataclass
class Couriers:
    """Several senders at once. over_s: the groups leave evenly over so many seconds, or later."""

    url: str
    many: int = 6
    over_s: float = 0
    answers: list[Answered] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)

    def start(self, groups: list[list[Mail]]) -> list[threading.Thread]:
        """Send on threads of their own; `finish` waits for them."""
        self._left: queue.SimpleQueue[tuple[float, list[Mail]]] = queue.SimpleQueue()
        began = time.monotonic()
        for at, group in enumerate(groups):
            self._left.put((began + self.over_s * at / len(groups), group))
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self.many)]
        for thread in self._threads:
            thread.start()
        return self._threads

    def busy(self) -> bool:
        """Whether something is still to be sent."""
        return any(thread.is_alive() for thread in self._threads)

    def finish(self) -> list[Answered]:
        """Every answer; raises what ended a sender early."""
        for thread in self._threads:
            thread.join()
        if self.failed:
            raise self.failed[0]
        return self.answers

    def _work(self) -> None:
        try:
            with httpx.Client(base_url=self.url, timeout=20) as client:
                while not self.failed:
                    due, group = self._left.get_nowait()
                    time.sleep(max(due - time.monotonic(), 0))
                    for mail in group:
                        self.answers.append(deliver(client, mail))
        except queue.Empty:
            return
        except BaseException as error:
            self.failed.append(error)
            raise


def deliver(client: httpx.Client, mail: Mail) -> Answered:
    """Send one message until it is answered by anything but 429 or 5xx; raises AssertionError after GIVE_UP_S."""
    give_up, tries, last = time.monotonic() + GIVE_UP_S, 0, ""
    while time.monotonic() < give_up:
        tries += 1
        try:
            answer = client.send(_signed(client, mail))
        except httpx.HTTPError as error:
            last = repr(error)
        else:
            if answer.status_code < 500 and answer.status_code != 429:
                return _read(mail, answer, tries)
            last = f"{answer.status_code} {answer.text[:200]}"
        time.sleep(PAUSE_S)
    raise AssertionError(f"{mail.format} was not answered in {tries} tries: {last}")


def _read(mail: Mail, answer: httpx.Response, tries: int) -> Answered:
    told = answer.json()
    says = str(told.get("reason") or told["status"])
    return Answered(mail, answer.status_code, str(told.get("message_id", "")), says, tries)


def _signed(client: httpx.Client, mail: Mail) -> httpx.Request:
    format_ = formats.get(mail.format)
    scheme = SCHEMES[format_.scheme]
    secret = scheme.generate() if mail.expects == "forged" else SECRETS[mail.format]
    headers = scheme.sign(mail.raw, secret, datetime.now(UTC), f"msg_{uuid4().hex}")
    query = headers.pop(QUERY, "")
    media = format_.media_types[0]
    if mail.format == "epcis_2_0" and mail.raw.lstrip().startswith(b"<"):
        media = "application/xml"
    headers |= {"Content-Type": media}
    if mail.gzip:
        headers["Content-Encoding"] = "gzip"
    return client.build_request(
        "POST",
        f"/api/v1/messages/{slug_of(mail.format)}" + (f"?{query}" if query else ""),
        content=gzip.compress(mail.raw) if mail.gzip else mail.raw,
        headers=headers,
    )
