"""Every case that an outage opens has a runbook, and the page of degraded modes names tests that exist (R252, R255)."""

import re
from pathlib import Path

import pytest

from apps.exceptions.kinds import KINDS
from apps.exceptions.services import outages

ROOT = Path(__file__).resolve().parents[2]


def test_an_outages_case_has_its_runbook_page():
    page = ROOT / "docs" / "runbooks" / f"{outages.KIND}.md"

    assert page.read_text().startswith(f"# {KINDS[outages.KIND].title}")


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "runbooks").glob("*.md")), ids=lambda p: p.stem
)
def test_a_runbook_is_of_a_kind_that_exists(page):
    assert page.stem in KINDS


def test_every_kind_says_how_it_is_usually_done():
    assert [kind.key for kind in KINDS.values() if not kind.runbook] == []


def test_the_page_of_degraded_modes_names_tests_that_exist():
    text = (ROOT / "docs" / "degraded.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "proof" not in line]
    assert len(rows) >= 9
    for row in rows:
        named = re.findall(
            r"`((?:tests/[\w/]+/?)?[\w]*(?:\.py)?)(?:::(\w+))?`", row.rsplit("|", 2)[1]
        )
        assert named, row
        for file, test in named:
            path = ROOT / (file if file.startswith("tests/") else f"tests/integrations/{file}")
            assert path.exists(), file
            assert not test or f"def {test}(" in path.read_text()
