"""Reads for the screens of mappings, narrowed to the partners a person may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.integrations import formats
from apps.integrations.formats import strict_json
from apps.integrations.formats.base import Refused
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.mapped_json.layout import BadLayout, compiled
from apps.integrations.formats.mapped_json.proposing import FoundCode, codes_in
from apps.integrations.mappings.comparing import RowChange, layout_changes, row_changes
from apps.integrations.mappings.drafting import LAYOUT_FORMAT, standing
from apps.integrations.mappings.reading import read_codes
from apps.integrations.models import Mapping, MappingCode, MappingState, Partner
from apps.integrations.queries import partners_of

ROWS: Final = 200


def mappings_of(user: User) -> QuerySet[Mapping]:
    """Versions of whole formats, and of the partners a person may see."""
    own = Q(partner=None) | Q(partner__in=partners_of(user).order_by().values("pk"))
    return Mapping.objects.filter(own).select_related("partner", "author", "reviewer", "based_on")


def one(user: User, public_id: str) -> Mapping | None:
    """The version of a public id, as far as the person may see it."""
    return mappings_of(user).filter(public_id=public_id).first()


def to_review(user: User) -> int:
    """How many versions wait for this very person: handed in, theirs to see, none of it written by them."""
    if not user.may("mappings.review"):
        return 0
    waiting = mappings_of(user).filter(state=MappingState.REVIEW)
    return waiting.exclude(writers__contains=[user.public_id]).count()


@dataclass(frozen=True, slots=True)
class Line:
    """The versions of one format, for all of its partners or for one."""

    format: str
    title: str
    partner: Partner | None
    stands: Mapping
    versions: list[Mapping]

    @property
    def open(self) -> list[Mapping]:
        """Drafts, and what waits for a reviewer or for its time."""
        return [row for row in self.versions if row.state in ("draft", "review", "approved")]

    @property
    def waits(self) -> bool:
        """Whether one of them waits for a reviewer."""
        return any(row.state == MappingState.REVIEW for row in self.versions)


def lines(user: User, *, format_name: str = "", partner: str = "") -> list[Line]:
    """Every format's versions and every partner's own, by format; what waits for a reviewer, then open work first."""
    rows = mappings_of(user).filter(format__in=formats.FORMATS)
    if format_name:
        rows = rows.filter(format=format_name)
    if partner:
        rows = rows.filter(partner__slug=partner)
    found = []
    ordered = rows.order_by("format", "partner__name", "partner_id", "-version")
    for (name, _), versions in groupby(ordered, key=lambda row: (row.format, row.partner_id)):
        listed = list(versions)
        stands = standing_of(listed)
        found.append(Line(name, formats.get(name).title, listed[0].partner, stands, listed))
    return sorted(
        found,
        key=lambda line: (not line.waits, not line.open, line.title, line.partner is not None),
    )


def standing_of(listed: list[Mapping]) -> Mapping:
    """Of one scope's versions (newest first) the one in force; a scope of drafts only has its newest."""
    return next((row for row in listed if row.state == "active"), listed[0])


@dataclass(frozen=True, slots=True)
class Screen:
    """One version with what it changes, its rows (filtered, at most ROWS) and what of its sample is unmapped. base is
    None for a partner's first layout: beside the tower's own, which it never sent, everything would differ.
    """

    mapping: Mapping
    base: Mapping | None
    rows: list[MappingCode]
    total: int
    words: str
    changes: list[RowChange]
    layout: list[tuple[str, str, str]]
    history: list[Mapping]
    found: list[FoundCode]


def screen(user: User, mapping: Mapping, *, words: str = "", against: str = "") -> Screen:
    """Everything on a version's page; changes are against another version, else what is in force, else its base."""
    base = one(user, against) if against else None
    if base is None or base.format != mapping.format:
        stands = standing(mapping.format, mapping.partner)
        base = stands if stands.pk != mapping.pk else (mapping.based_on or stands)
        if mapping.format == LAYOUT_FORMAT and mapping.partner and not base.partner_id:
            base = None
    codes = read_codes(mapping)
    rows = mapping.codes.order_by("table", "code")
    if words:
        rows = rows.filter(
            Q(code__icontains=words) | Q(description__icontains=words) | Q(milestone__icontains=words)
            | Q(reason__icontains=words) | Q(table__icontains=words)
        )  # fmt: skip
    return Screen(
        mapping=mapping,
        base=base,
        rows=list(rows[:ROWS]),
        total=rows.count(),
        words=words,
        changes=row_changes(read_codes(base) if base else Codes(0, {}, {}), codes),
        layout=layout_changes(base.layout if base else None, mapping.layout),
        history=list(
            mappings_of(user)
            .filter(format=mapping.format, partner=mapping.partner)
            .order_by("-version")[:50]
        ),
        found=[
            code for code in codes_of_sample(mapping) if codes.find(code.table, code.code) is None
        ],
    )


@dataclass(frozen=True, slots=True)
class Reads:
    """How a partner is read: the version in force for it, and its newest own one that is not (a draft, in review)."""

    stands: Mapping
    waits: Mapping | None

    @property
    def unread(self) -> bool:
        """Whether nothing of it can be read: it writes its own shape, and no layout of its own is in force."""
        return self.stands.format == LAYOUT_FORMAT and self.stands.partner_id is None


def newest_for(user: User, partner: Partner) -> Reads | None:
    """How a partner's messages are read; None for a format that this version does not know."""
    if partner.format not in formats.FORMATS:
        return None
    own = mappings_of(user).filter(format=partner.format, partner=partner)
    waits = own.filter(state__in=("draft", "review", "approved")).order_by("-version").first()
    return Reads(standing(partner.format, partner), waits)


def codes_of_sample(mapping: Mapping) -> list[FoundCode]:
    """The codes in the partner's sample under the version's layout; none without both."""
    if mapping.format != LAYOUT_FORMAT or not mapping.layout or not mapping.sample:
        return []
    try:
        return codes_in(strict_json.loads_any(mapping.sample.encode()), compiled(mapping.layout))
    except (Refused, BadLayout):
        return []


def partners_speaking(user: User, format_name: str) -> list[Partner]:
    """The partners a person may see that speak a format."""
    return list(partners_of(user).filter(format=format_name))


def moment(text: str) -> datetime | None:
    """A time of a form (`datetime-local`, read as UTC), None for an empty or unreadable one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
