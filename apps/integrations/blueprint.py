"""Every event type on one page: who says it, of what, what is checked, who approves, which case, how long (PRODUCT.md R62).

What no table says elsewhere stands in blueprint.csv; owners, subjects, policies and cases are read where they decide.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from apps.accounts.models import Team
from apps.approvals.models import Policy
from apps.exceptions.kinds import KINDS, CaseKind
from apps.shipments.milestones import MILESTONES
from apps.shipments.models import SYSTEMS, FieldOwner
from apps.shipments.queries import ownership
from apps.shipments.rules.reports import REPORTS, SUBJECTS, UNLISTED, ReportKind

_TITLES: Final = dict(SYSTEMS)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A row of blueprint.csv; cases are keys of kinds of cases, approval a policy's slug or empty."""

    event: str
    checks: str
    approval: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type in words. sources: the most trusted first; row: its line of the ownership matrix."""

    name: str
    title: str
    sources: list[str]
    row: str
    about: list[str]
    checks: str
    follows: str
    policy: str
    cases: list[tuple[CaseKind, str]]


@dataclass(frozen=True, slots=True)
class EventGroup:
    """The event types that one line of the ownership matrix is about."""

    title: str
    types: list[EventType]


@cache
def drawn() -> Mapping[str, Drawn]:
    """blueprint.csv by event."""
    with Path(__file__).with_name("blueprint.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["event"]: Drawn(
                row["event"], row["checks"], row["approval"], tuple(row["cases"].split())
            )
            for row in csv.DictReader(file)
        }


def blueprint() -> list[EventGroup]:
    """Every event type as it is handled now: parcels' milestones first, then business events. Three statements."""
    lines = list(ownership())
    policies = dict(Policy.objects.filter(active=True).values_list("slug", "name"))
    teams = dict(Team.objects.values_list("slug", "name"))
    groups: dict[str, list[EventType]] = {}
    for line, one in (*_milestones(lines), *_reports(lines)):
        title = line.title if line else "Beside all lines"
        groups.setdefault(title, []).append(_in_words(line, one, policies, teams))
    return [EventGroup(title, types) for title, types in groups.items()]


def _milestones(lines: list[FieldOwner]) -> Iterator[tuple[FieldOwner | None, ReportKind]]:
    """Milestones in the words of a business event; those that business events say anew come with them."""
    of = {name: line for line in lines if line.object == "package" for name in line.milestones}
    for name, step in MILESTONES.items():
        follows = f"“{step.customer_words}” for the customer." if step.customer_words else ""
        title = name.replace("_", " ").capitalize()
        yield of.get(name), ReportKind(name, title, "", ("package",), follows)


def _reports(lines: list[FieldOwner]) -> Iterator[tuple[FieldOwner | None, ReportKind]]:
    of = {line.field: line for line in lines if line.object == "report"}
    for kind in REPORTS.values():
        if kind.name != UNLISTED:
            yield of.get(kind.line), kind
    yield None, REPORTS[UNLISTED]


def _in_words(
    line: FieldOwner | None, kind: ReportKind, policies: dict[str, str], teams: dict[str, str]
) -> EventType:
    row = drawn()[kind.name]
    return EventType(
        kind.name,
        kind.title,
        [_TITLES.get(key, key) for key in line.owners] if line else [],
        line.public_id if line else "",
        [SUBJECTS[one] for one in kind.subjects],
        row.checks,
        kind.follows,
        policies.get(row.approval, ""),
        [(KINDS[key], teams.get(KINDS[key].team, KINDS[key].team)) for key in row.cases],
    )
