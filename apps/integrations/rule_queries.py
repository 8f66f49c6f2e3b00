"""Reads for the pages of rules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from apps.accounts.models import Team, User
from apps.integrations.models import Partner
from apps.integrations.queries import partners_of
from apps.shipments import queries
from apps.shipments.models import SYSTEMS, FieldOwner, Source
from apps.shipments.rules.ownership import KIND_OF_FORMAT

_OBJECTS: Final = ("order", "shipment", "package", "invoice", "supply")
_TITLES: Final = dict(SYSTEMS)


@dataclass(frozen=True, slots=True)
class OwnedField:
    """One line of the matrix, in words."""

    row: FieldOwner
    owners: list[str]
    team: str


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one kind of thing."""

    about: str
    lines: list[OwnedField]


@dataclass(frozen=True, slots=True)
class PartnerKind:
    """A partner with the kind of system it is judged as; `said` is None while its format decides."""

    partner: Partner
    kind: str
    title: str
    said: Source | None


def matrix() -> list[Group]:
    """The lines that hold now, by what they are about, in the order in which people think of it."""
    teams = dict(Team.objects.values_list("slug", "name"))
    rows = sorted(
        queries.ownership(),
        key=lambda row: (
            _OBJECTS.index(row.object) if row.object in _OBJECTS else len(_OBJECTS),
            row.object,
            row.title.lower(),
        ),
    )
    return [
        Group(
            about,
            [
                OwnedField(
                    row,
                    [_TITLES.get(key, key) for key in row.owners],
                    teams.get(row.steward, row.steward),
                )
                for row in lines
            ],
        )
        for about, lines in groupby(rows, key=lambda row: row.object)
    ]


def team_name(slug: str) -> str:
    """A steward's team as people call it."""
    return Team.objects.filter(slug=slug).values_list("name", flat=True).first() or slug


def partner_kinds(user: User) -> list[PartnerKind]:
    """Every partner the person may see, and what kind of system the matrix takes it for."""
    said = {row.slug: row for row in queries.sources()}
    found = []
    for partner in partners_of(user):
        source = said.get(partner.slug)
        kind = source.kind if source else KIND_OF_FORMAT.get(partner.format, "")
        found.append(PartnerKind(partner, kind, _TITLES.get(kind, "of no known kind"), source))
    return found
