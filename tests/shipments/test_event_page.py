"""docs/events.md is what the code says."""

from pathlib import Path

from apps.shipments.management.commands.event_kinds import page


def test_the_page_of_business_events_is_what_the_code_lists():
    assert Path("docs/events.md").read_text(encoding="utf-8") == page(), (
        "run: manage.py event_kinds > docs/events.md"
    )
