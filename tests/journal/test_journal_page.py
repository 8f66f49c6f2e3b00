"""docs/journal.md is what the rooms declare."""

from pathlib import Path

from apps.journal.management.commands.journal_kinds import page


def test_the_journal_page_lists_every_kind_as_declared():
    committed = Path(__file__).resolve().parents[2] / "docs" / "journal.md"
    assert committed.read_text().strip() == page().strip(), (
        "run: manage.py journal_kinds > docs/journal.md"
    )
