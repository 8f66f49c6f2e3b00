"""Receivers, and the setting that lets the tests' tower call them on this machine."""

from collections.abc import Callable, Iterator

import pytest

from tests.integrations.outgoing.receiver import Receiver


@pytest.fixture(autouse=True)
def _this_machine_may_be_called(settings) -> None:
    settings.OUTGOING_ALLOW_PRIVATE = ["127.0.0.1"]


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    made: list[Receiver] = []

    def make() -> Receiver:
        made.append(Receiver().start())
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def receiver(receivers) -> Receiver:
    return receivers()
