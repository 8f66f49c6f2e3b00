"""`manage.py event_kinds`: the page docs/events.md, made from the list of business events and the matrix."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand

from apps.shipments.rules.reports import REPORTS, SUBJECTS

_HEAD: Final = """# Business events

What a source may say beside where a parcel is: of an order, a shipment, a purchase, a product, a dock. A parcel's own
milestones are in `apps/shipments/milestones.csv`. This page is made by `manage.py event_kinds`.

**How one is said.** By a format that maps to it, or by the canonical format: `type` is the kind below, `subject` names
the record as Odoo calls it (an order's or a transfer's name, a purchase's reference) or by its public id. A kind that
nobody listed is kept as `unlisted`; nothing is dropped.

**What becomes of it.** One row (`rep_…`) per identity and mapping version: a repeat has no second effect, the same identity
with other content is a conflict and the first stays, a newer mapping supersedes. It stands in the story of what it is about,
with source and time, and is in the journal as `reported.<kind>`, which subscriptions can name. All of them, also those of
products, docks and unknown records, stand on `/reported/` and under `/api/v1/business-events/`; what those of one shipment or
order say together (handing over with its times, freight against what was approved, release, returns with their cycle
time) on its page and under `/api/v1/shipments/<id>/reported/`, `/api/v1/orders/<id>/reported/`.

**What it names and nobody knows** waits. It is linked when Odoo brings a record of that name, within the companies its source
was granted; two of one name are never guessed from. After `UNKNOWN_REFERENCE_MIN` minutes a case asks a person.
A tracking number that comes with an order's or a shipment's name is linked the same way, until Odoo names the number itself.

**Who may say it** are the kinds of systems below, as installed; the ownership matrix (object `report`) is where that is
changed. From anybody else it is a claim: kept and shown, and nothing follows.

**What follows** is decided over all live reports of the matter, in order of when they happened, so the order of arrival plays
no part; a case closes by itself when a later report settles it.
"""


class Command(BaseCommand):
    """Prints the page."""

    help = "Print docs/events.md"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the page."""
        self.stdout.write(page(), ending="")


def page() -> str:
    """The page as Markdown."""
    with (Path(__file__).parents[2] / "ownership.csv").open(encoding="utf-8", newline="") as file:
        lines = {row["field"]: row for row in csv.DictReader(file) if row["object"] == "report"}
    parts = [_HEAD]
    for field, line in lines.items():
        who = ", ".join(line["owners"].split())
        parts += [f"## {line['title']}", f"Said by: {who}. Line `report.{field}`.", _table(field)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _table(field: str) -> str:
    rows = ["| kind | says | about | what follows | |", "|---|---|---|---|---|"]
    for one in REPORTS.values():
        if one.line == field:
            about = ", ".join(SUBJECTS[name].lower() for name in one.subjects)
            rows.append(f"| `{one.name}` | {one.title} | {about} | {one.follows} | {one.row} |")
    return "\n".join(rows)
