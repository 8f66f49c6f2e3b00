"""In front of Django's handler the door answers as behind it, and messages of one moment share a commit."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import DataError, connection
from django.utils import timezone
from uuid6 import uuid7

from apps.integrations import store
from apps.integrations.door import in_front_of
from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.gathering import Gathering
from apps.integrations.models import Message, MessageBody, Partner
from tests.integrations.factories import batch, make_partner
from tests.integrations.formats.recorded import SECRETS

PATIENCE_S = 30
PARTY = 6


@pytest.fixture
def door() -> Callable[..., tuple[str, dict[str, str], bytes]]:
    """Asks the WSGI application as granian does: (status line, headers, body)."""
    application = in_front_of(get_wsgi_application())

    def ask(path: str, raw: bytes = b"", method: str = "POST", **headers: str):
        told: list[tuple[str, dict[str, str]]] = []
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(raw)),
            "wsgi.input": io.BytesIO(raw), "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }  # fmt: skip
        parts = application(environ, lambda status, found: told.append((status, dict(found))))
        return *told[0], b"".join(parts)

    return ask


def signed(raw: bytes) -> dict[str, str]:
    return SCHEMES["standard_webhooks"].sign(raw, SECRETS["tpl_generic"], timezone.now(), "m1")


@pytest.mark.django_db(transaction=True)  # the door lets go of its connection
def test_a_message_is_taken_with_an_answer_and_its_correlation_id(door):
    partner = make_partner()
    raw = json.dumps(batch("m1", "AB1")).encode()
    given = signed(raw) | {"X-Correlation-ID": "order-4711-abc"}
    status, headers, body = door(f"/api/v1/messages/{partner.slug}", raw, **given)

    assert status == "202 Accepted"
    assert headers["X-Correlation-ID"] == json.loads(body)["correlation_id"] == "order-4711-abc"
    assert headers["Content-Length"] == str(len(body))
    message = Message.objects.get(public_id=json.loads(body)["message_id"])
    assert bytes(MessageBody.objects.get(message_id=message.pk).raw) == raw


@pytest.mark.django_db
def test_what_is_refused_is_told_as_a_problem(door):
    status, headers, body = door("/api/v1/messages/nobody/", b"{}")
    assert status == "404 Not Found"
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["reason"] == "unknown_partner"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", "200 OK"),
        ("GET", "/api/v1/messages/nobody", "405 Method Not Allowed"),
        ("POST", "/api/v1/messages/nobody/x", "404 Not Found"),
    ],
)
def test_everything_else_is_the_towers(door, method, path, status):
    assert door(path, method=method)[0] == status


@pytest.mark.django_db(transaction=True)  # the door lets go of its connection
def test_what_nobody_foresaw_is_a_500_and_no_broken_connection(door, monkeypatch, caplog):
    def broken(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    partner = make_partner()
    raw = json.dumps(batch("m1", "AB1")).encode()
    monkeypatch.setattr("apps.integrations.store.insert", broken)
    assert door(f"/api/v1/messages/{partner.slug}", raw, **signed(raw))[0].startswith("500")
    monkeypatch.undo()
    assert door(f"/api/v1/messages/{partner.slug}", raw, **signed(raw))[0] == "202 Accepted"


def message(partner: Partner, key: str, **changed: object) -> store.NewMessage:
    raw = f'{{"key": "{key}"}}'.encode()
    made = store.NewMessage(
        public_id=uuid7(), partner_id=partner.pk, key=key, digest=sha256(raw).hexdigest(),
        received_at=timezone.now(), correlation_id="cor_test", media_type="application/json",
        headers="{}", raw=raw,
    )  # fmt: skip
    return replace(made, **changed)


class Party:
    """Requests that come while another one's message is being stored."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gathering, self.commits = Gathering(), []
        self._arrived, self._go_on = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(PARTY + 1)
        insert, insert_all = store.insert, store.insert_all

        def held_up(one: store.NewMessage) -> int | None:
            if not self._arrived.is_set():
                self._arrived.set()
                assert self._go_on.wait(PATIENCE_S)
            return insert(one)

        def counted(many: list[store.NewMessage]) -> list[int | None]:
            self.commits.append(len(many))
            return insert_all(many)

        monkeypatch.setattr(store, "insert", held_up)
        monkeypatch.setattr(store, "insert_all", counted)

    def meet(self, first: store.NewMessage, others: list[store.NewMessage]) -> list[Future]:
        told = [self._pool.submit(self._insert, first)]
        assert self._arrived.wait(PATIENCE_S)
        told += [self._pool.submit(self._insert, one) for one in others]
        while len(self.gathering._waiting) < len(others):
            threading.Event().wait(0.01)
        self._go_on.set()
        return told

    def _insert(self, one: store.NewMessage) -> int | None:
        try:
            return self.gathering.insert(one)
        finally:
            connection.close()

    def end(self) -> None:
        self._go_on.set()
        self._pool.shutdown()


@pytest.fixture
def party(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Party]:
    made = Party(monkeypatch)
    yield made
    made.end()


def test_messages_of_one_moment_share_a_commit_and_each_hears_its_own_id(party):
    partner = make_partner()
    others = [message(partner, f"m{number}") for number in range(PARTY)]
    told = party.meet(message(partner, "first"), others)

    ids = [one.result(PATIENCE_S) for one in told]
    assert party.commits == [PARTY]
    keys = dict(Message.objects.values_list("pk", "key"))
    assert [keys[one] for one in ids] == ["first", *(f"m{number}" for number in range(PARTY))]
    bodies = dict(MessageBody.objects.values_list("message_id", "raw"))
    assert all(bytes(bodies[one]) == other.raw for one, other in zip(ids[1:], others, strict=True))


def test_the_same_message_twice_in_one_moment_is_stored_once(party):
    partner = make_partner()
    told = party.meet(message(partner, "m1"), [message(partner, "m2"), message(partner, "m2")])
    first, *twice = [one.result(PATIENCE_S) for one in told]
    assert first
    assert sorted(twice, key=bool)[0] is None
    assert Message.objects.count() == 2


def test_one_that_cannot_be_stored_spoils_nobody_elses(party):
    partner = make_partner()
    others = [message(partner, f"m{number}") for number in range(PARTY)]
    others[2] = replace(others[2], media_type="x" * 81)  # longer than its column
    told = party.meet(message(partner, "first"), others)

    guilty = told.pop(3)
    with pytest.raises(DataError):
        guilty.result(PATIENCE_S)
    assert all(one.result(PATIENCE_S) for one in told)
    assert Message.objects.count() == PARTY
    assert party.gathering.insert(message(partner, "later"))  # somebody leads again
