"""Requests drawn from the API's own description, fitting and not: never a 5xx, never an answer it does not name.

`make walk` draws more of each operation than the handful of an ordinary run.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from apps.integrations.formats.schemes import SCHEMES
from tests.fuzzing.world import PROGRAMS, World
from tests.integrations.formats.recorded import SECRETS
from tests.walk import examples

EXAMPLES = examples(8)
DOCUMENT = SchemaGenerator().get_schema(request=None, public=True)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]
DOOR = "/api/v1/messages/{partner}"
_BASE = "http://testserver"

drawn = limits(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def world(db, settings) -> World:
    """Built once for all examples of an operation; what an example changes is undone after it."""
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]
    return World()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_whatever_is_asked_is_answered_as_described(operation: Any, world: World) -> None:
    named = set(DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"])
    case = operation.as_strategy(GenerationMode.POSITIVE) | _negative(operation)

    @drawn
    @given(case, st.sampled_from(PROGRAMS), st.booleans())
    def asks(case: Case, program: str, of_real_things: bool) -> None:
        if of_real_things:
            known = world.real(operation.path)
            case.path_parameters.update(
                {name: known[name] for name in case.path_parameters if name in known}
            )
        # The client raises what a view raised: then there would have been a 500.
        status = _answered(case, world.headers(program))
        assert status < 500
        assert str(status) in named | _of_another_address(case), (program, status)

    asks()


def _negative(operation: Any) -> st.SearchStrategy[Case]:
    """Requests that break the description, where it says anything that can be broken."""
    has_parts = operation.body or operation.query or operation.path_parameters or operation.headers
    return operation.as_strategy(GenerationMode.NEGATIVE if has_parts else GenerationMode.POSITIVE)


def _of_another_address(case: Case) -> set[str]:
    """A drawn path parameter with a slash or nothing in it leads elsewhere: to no page, or to another method."""
    texts = [str(value) for value in case.path_parameters.values()]
    odd = any(not text or not text.replace("_", "").replace("-", "").isalnum() for text in texts)
    return {"301", "400", "404", "405"} if odd else set()


def _answered(case: Case, headers: dict[str, str]) -> int:
    """Sent as schemathesis writes it, answered by the tower in this process; nothing of it stays."""
    sent = requests.Request(**_plain(case.as_transport_kwargs(base_url=_BASE))).prepare()
    raw = sent.body or b""
    raw = raw.encode(errors="surrogatepass") if isinstance(raw, str) else raw
    if case.operation.path == DOOR:
        signed = SCHEMES["standard_webhooks"].sign(raw, SECRETS["tpl_generic"], timezone.now(), "m")
        headers = headers | signed
    given_headers = {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in sent.headers.items()
    }
    given_headers.pop("Content-Length", None)
    media = given_headers.pop("Content-Type", "application/octet-stream")
    with transaction.atomic():
        answer = Client().generic(
            str(sent.method), str(sent.path_url), raw, media, headers=given_headers | headers
        )
        transaction.set_rollback(True)
    return answer.status_code


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """What requests.Request knows of the arguments of requests.request."""
    known = {"method", "url", "headers", "files", "data", "params", "cookies", "json"}
    return {name: value for name, value in arguments.items() if name in known}
