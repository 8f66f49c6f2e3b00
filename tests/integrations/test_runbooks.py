"""Every case that an outage opens has a runbook, and the page of degraded modes names tests that exist (R252, R255)."""

import re
from pathlib import Path

import pytest
from django.utils import timezone

from apps.exceptions.kinds import KINDS
from apps.exceptions.services import open_case
from apps.integrations import runbooks

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_case_has_its_runbook_with_the_steps_by_hand(kind):
    """R254, R255: what it means, what works meanwhile, what to do, and how without us."""
    page = runbooks.path_of(kind)
    assert page.exists(), f"write docs/runbooks/{kind}.md"

    found = runbooks.runbook(kind)
    assert found is not None
    assert found.title == KINDS[kind].title
    parts = [block.lines[0] for block in found.blocks if block.tag == "h2"]
    assert {"Meanwhile", "Step by step", "By hand, for what is critical", "When it is over"} <= set(
        parts
    )
    assert any(block.tag == "ol" and len(block.lines) >= 2 for block in found.blocks)


def test_the_pages_markdown_is_read_as_it_is_written():
    blocks = runbooks.blocks_of(
        "\nFirst *word*\ngoes on <b>.\n## Head\n1. one\n   more\n2. **two** `x`\n\n- a\n- b\n"
    )
    assert [(block.tag, [str(line) for line in block.lines]) for block in blocks] == [
        ("p", ["First <em>word</em> goes on &lt;b&gt;."]),
        ("h2", ["Head"]),
        ("ol", ["one more", "<strong>two</strong> <code>x</code>"]),
        ("ul", ["a", "b"]),
    ]


@pytest.mark.django_db
def test_a_case_links_its_runbook_and_an_outage_its_incident(client, ines):
    case = open_case("integration_down", "partner:ups", title="UPS is away", now=timezone.now())
    client.force_login(ines)

    page = client.get(f"/queue/{case.public_id}/").content.decode()

    for address in (
        "/integrations/runbooks/integration_down/",
        f"/integrations/incidents/{case.public_id}/",
    ):
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert client.get("/integrations/runbooks/nothing/").status_code == 404


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
