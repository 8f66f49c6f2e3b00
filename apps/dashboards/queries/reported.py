"""Business events on one page: what was said of products, docks, orders, purchases, and by whom."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict

from apps.accounts.models import User
from apps.dashboards.queries import timeline
from apps.shipments.models import Report
from apps.shipments.queries.reported import business_events
from apps.shipments.rules.reports import REPORTS, SUBJECTS

LIMIT = 200
KINDS = {name: one.title for name, one in REPORTS.items()}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address says: a kind, what it is about, a word of its reference or its source."""

    kind: str = ""
    about: str = ""
    q: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        """Unknown words are ignored: addresses are pasted and edited by hand."""
        kind, about = query.get("kind", ""), query.get("about", "")
        q = query.get("q", "").replace("\x00", "").strip()[:80]
        return cls(kind if kind in KINDS else "", about if about in SUBJECTS else "", q)

    def query(self) -> str:
        """The address's part behind `?`."""
        words = {"kind": self.kind, "about": self.about, "q": self.q}
        return urlencode({name: word for name, word in words.items() if word})


@dataclass(frozen=True, slots=True)
class Row:
    """A business event with the line of the story that it is, and what it is about in words."""

    report: Report
    line: timeline.Line
    subject: str


def listed(user: User, filters: Filters) -> list[Row]:
    """The newest first, at most LIMIT; replaced ones too, for the page says so."""
    rows = business_events(user, {"all": "1", "kind": filters.kind, "subject": filters.about})
    if filters.q:
        rows = rows.filter(Q(subject_ref__icontains=filters.q) | Q(source__istartswith=filters.q))
    found = list(rows.order_by("-occurred_at", "-id")[:LIMIT])
    return [
        Row(one, line, SUBJECTS.get(one.subject_kind, one.subject_kind))
        for one, line in zip(found, timeline.of_reports(found), strict=True)
    ]
