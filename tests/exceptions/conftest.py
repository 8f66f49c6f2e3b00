"""These tests play Odoo's part themselves, so only the two rooms' own subscribers are drained."""

import pytest

from apps.journal.subscribers import all_subscribers, drain


@pytest.fixture
def settle(db):
    """Hand every entry to the approvals and the queue until nothing moves."""
    ours = [s for s in all_subscribers() if s.name.startswith(("approvals.", "exceptions."))]

    def run() -> None:
        while any(drain(subscriber) for subscriber in ours):
            continue

    return run
