"""The edge's tests: partners are read anew, and the recorded messages are at hand."""

from collections.abc import Iterator

import pytest

from apps.integrations import partners


@pytest.fixture(autouse=True)
def _no_remembered_partners() -> Iterator[None]:
    partners.forget()
    yield
    partners.forget()
