"""The browser and the line that the tests of open pages share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.dashboards.browser import Line, chromium_of_this_machine


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module."""
    with chromium_of_this_machine() as browser:
        yield browser


@pytest.fixture
def line() -> Line:
    """The server's end of the pages' sockets, spoken by the test."""
    return Line()
