"""`manage.py journal_kinds`: the page docs/journal.md, made from what the rooms declare."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.journal.kinds import all_kinds
from apps.journal.subscribers import all_subscribers

HEAD = """# The journal

Append-only: something that happened in the tower. Subscribers, webhooks and exports build on these kinds, so a
payload only grows; a change of meaning is a new version. Every entry also has a public id (`ent_…`), the time,
the subject's public id, the correlation id, the actor, and its scope (company, warehouse, customer).
Payloads hold ids, codes and digests, no personal data. This page is made by `manage.py journal_kinds`.
"""


class Command(BaseCommand):
    """Prints the page; a test holds the committed file against it."""

    help = "Print docs/journal.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page())


def page() -> str:
    """The Markdown of docs/journal.md."""
    lines = [HEAD]
    for kind in all_kinds():
        if kind.name.startswith("test."):
            continue
        heard = [
            subscriber.name for subscriber in all_subscribers() if kind.name in subscriber.kinds
        ]
        lines += [f"## `{kind.name}` (version {kind.version})", "", kind.says, ""]
        if kind.payload:
            lines += ["| field | holds |", "|---|---|"]
            lines += [f"| `{name}` | {says} |" for name, says in kind.payload.items()]
            lines.append("")
        lines += [f"Heard by: {', '.join(heard) or 'nobody in the tower yet'}.", ""]
    return "\n".join(lines)
