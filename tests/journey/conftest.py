"""One tower for the whole journey, and a browser that drives it as its users do."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.journey.tree import Tree

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

expect.set_options(timeout=20_000)  # for a hang, not a measurement


@pytest.fixture(autouse=True)
def _quiet_settings() -> None:
    """The journey runs against real processes; there are no settings of ours to bend."""


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    tree = Tree(Path(os.environ["CONTROLTOWER_VAR"]) / "journey")
    shutil.rmtree(tree.var, ignore_errors=True)
    try:
        tree.start()
        yield tree
    finally:
        tree.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    assert found, "the browser tests need Chromium on the PATH"
    with sync_playwright() as playwright:
        browser = _launch(playwright, found)
        yield browser
        browser.close()


def _launch(playwright: Playwright, path: str) -> Browser:
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


class Desk:
    """Opens windows, each signed in as one person, and remembers what their consoles complained of."""

    def __init__(self, browser: Browser, tower: Tree) -> None:
        self.browser, self.tower = browser, tower
        self.complaints: list[str] = []

    def window(self, email: str | None, path: str = "/", **context: object) -> Page:
        """A window of its own session. Without an e-mail nobody signs in."""
        page = self.browser.new_context(**context).new_page()  # type: ignore[arg-type]
        page.on("pageerror", lambda error: self.complaints.append(f"{email} {path}: {error}"))
        page.set_default_timeout(20_000)
        if email:
            page.goto(f"{self.tower.url}/accounts/login/")
            page.fill("input[name=login]", email)
            page.fill("input[name=password]", "tower-demo")
            page.click("button[type=submit]")
            page.wait_for_url(lambda url: "/login" not in url)
        page.goto(path if path.startswith("http") else self.tower.url + path)
        return page


@pytest.fixture(scope="module")
def desk(chromium: Browser, tower: Tree) -> Desk:
    return Desk(chromium, tower)
