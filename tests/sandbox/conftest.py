"""A sandbox process of its own per test module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.contract.client import Sandbox, User


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path_factory.mktemp("sandbox") / "store.sqlite", seed="demo")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def admin(sandbox: Sandbox) -> User:
    return User(sandbox.server, "admin", "admin")


@pytest.fixture
def tower(sandbox: Sandbox) -> User:
    return User(sandbox.server, "tower", "tower")


@pytest.fixture
def plan(sandbox: Sandbox) -> Iterator[Callable[..., None]]:
    """Plan failures: plan("slow", model=…, method=…, times=…, delay_s=…)."""

    def post(kind: str, *, times: int = 1, delay_s: float = 0.0, **match: str) -> None:
        answer = sandbox.server.post(
            "/sandbox/faults", [{"match": match, "fault": kind, "times": times, "delay_s": delay_s}]
        )
        assert answer.json() == {"planned": 1}

    yield post
    sandbox.server.post("/sandbox/faults", [])
