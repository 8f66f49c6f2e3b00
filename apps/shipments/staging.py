"""Orders from their shipments: stage, promise and owner, for many at once.

Runs inside the caller's transaction, on orders that `loading.load` has locked.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.accounts.models import Team, User
from apps.journal.services import NewEntry
from apps.shipments import sets
from apps.shipments.loading import Loaded, scope_of
from apps.shipments.models import Order
from apps.shipments.rules import Leg, OrderFacts, order_stage
from apps.shipments.rules.owner import TEAMS, Owned, order_owner
from apps.shipments.rules.release import RULE as RELEASE_RULE
from apps.shipments.rules.release import passed, release_checks
from apps.shipments.rules.stage import CLOSED

_LEGS: Final = """
SELECT order_id, 'shp_' || replace(public_id::text, '-', ''), reference, execution_status, has_proof, deadline_at,
       ship_to_city <> '' OR ship_to_country <> ''
FROM shipments_shipment WHERE order_id = ANY(%s) AND kind IN ('outgoing', 'dropship') ORDER BY id
"""


@dataclass(slots=True)
class _Around:
    """What the orders at hand stand on beside their own rows."""

    legs: dict[int, list[Leg]] = field(default_factory=lambda: defaultdict(list))
    deadlines: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    teams: dict[str, int] = field(default_factory=dict)  # database ids by slug
    active: dict[int, str] = field(default_factory=dict)  # public ids of people who are active


def derive(
    loaded: Loaded, touched: Collection[int], now: datetime, told: Mapping[int, list[str]]
) -> list[NewEntry]:
    """Derive these orders anew, store what differs; returns what to journal. told: as in recompute."""
    if not touched:
        return []
    wanted = [loaded.orders[pk] for pk in sorted(touched) if pk in loaded.orders]
    around = _read(wanted)
    rows: list[sets.Row] = []
    entries: list[NewEntry] = []
    for row in wanted:
        derived = _order(row, around, now)
        changed = [name for name, value in derived.items() if row[name] != value]
        news = [name for name in changed if name in ("stage", "promise_at")]
        if row["version"] and not {"owner_id", "owner_team_id"}.isdisjoint(changed):
            news.append("owner")
        news += told.get(row["id"], [])
        if "released_at" in changed:
            news.append("released")
        if not changed and not news:
            continue
        version = row["version"] + bool(news)
        rows.append({"id": row["id"], "version": version, "changed_at": now, **derived})
        if news:
            entries += _order_entries(row, derived, news, version)
        if "released" in news:
            entries.append(_released_entry(row, derived, version))
        if "owner" in news:
            entries.append(_owner_entry(row, derived, version, around))
    sets.update(Order, rows)
    return entries


def team_ids() -> dict[str, int]:
    """The teams that may own orders, by slug; one that is missing is made, so that no order is nobody's."""
    known = dict(Team.objects.filter(slug__in=TEAMS).values_list("slug", "id"))
    for slug in sorted(set(TEAMS) - set(known)):
        known[slug] = Team.objects.get_or_create(slug=slug, defaults={"name": TEAMS[slug]})[0].id
    return known


def _read(wanted: Sequence[dict[str, Any]]) -> _Around:
    around = _Around(teams=team_ids())
    for order_id, ref, reference, execution, proven, deadline, ship_to in sets.fetch(
        _LEGS, [row["id"] for row in wanted]
    ):
        if deadline is not None:
            around.deadlines[order_id].append(deadline)
        around.legs[order_id].append(Leg(ref, reference, execution, proven, ship_to))
    people = {row[name] for row in wanted for name in ("owner_id", "salesperson_id") if row[name]}
    if people:
        found = User.objects.filter(id__in=people, is_active=True)
        around.active = dict(found.values_list("id", "public_id"))
    return around


def _order(row: dict[str, Any], around: _Around, now: datetime) -> dict[str, Any]:
    facts = OrderFacts(
        row["odoo_state"], row["locked"], around.legs[row["id"]], row["steps"],
        row["invoices"], row["held"], row["gone"], row["blocks"],
    )  # fmt: skip
    stage = order_stage(facts)
    promised = _order_promise(row, around.deadlines[row["id"]])
    is_open = stage.value not in CLOSED
    owned = _owned(row, stage.value, is_open, around)
    checks = release_checks(facts)
    released = row["released_at"] is None and is_open and passed(checks)
    kept = owned.basis == row["owner_basis"] == "taken"  # says since when, and who gave it
    return {
        "stage": stage.value, "stage_why": stage.as_json(), "open": is_open,
        # Once released, what was checked then stays: later trouble is a matter of its stage and of cases.
        "release_checks": checks if row["released_at"] is None else row["release_checks"],
        "released_at": now if released else row["released_at"],
        "promise_at": promised[0], "promise_basis": promised[1],
        "owner_id": owned.person, "owner_team_id": around.teams[owned.team],
        "owner_basis": owned.basis, "owner_why": row["owner_why"] if kept else owned.why(),
    }  # fmt: skip


def _owned(row: dict[str, Any], stage: str, is_open: bool, around: _Around) -> Owned:
    """Who is no longer active owns nothing; nobody in person owns what is closed."""
    taken = row["owner_id"] if row["owner_basis"] == "taken" else None
    return order_owner(
        stage,
        taken_by=taken if is_open and taken in around.active else None,
        salesperson=row["salesperson_id"] if row["salesperson_id"] in around.active else None,
    )


def _order_promise(
    row: dict[str, Any], deadlines: Collection[datetime]
) -> tuple[datetime | None, str]:
    """The order's own commitment, else the latest deadline of its outgoing shipments."""
    if row["commitment_at"] is not None:
        return row["commitment_at"], "commitment"
    return (max(deadlines), "deadline") if deadlines else (None, "none")


def _order_entries(
    row: dict[str, Any], derived: dict[str, Any], news: list[str], version: int
) -> Iterable[NewEntry]:
    scope = scope_of(row)
    payload = {"version": version, "stage": derived["stage"], "was": row["stage"], "changed": news}
    yield NewEntry("order.changed", row["ref"], payload, **scope)
    if row["stage"] in ("", "quoted") and derived["stage"] not in ("quoted", "cancelled"):
        yield NewEntry(
            "order.confirmed", row["ref"], {"version": version, "stage": derived["stage"]}, **scope
        )


def _released_entry(row: dict[str, Any], derived: dict[str, Any], version: int) -> NewEntry:
    payload = {
        "version": version, "rule": RELEASE_RULE, "released_at": derived["released_at"],
        "checks": [{"name": one["name"], "passed": one["passed"]} for one in derived["release_checks"]],
    }  # fmt: skip
    return NewEntry("order.released", row["ref"], payload, **scope_of(row))


def _owner_entry(
    row: dict[str, Any], derived: dict[str, Any], version: int, around: _Around
) -> NewEntry:
    slugs = {pk: slug for slug, pk in around.teams.items()}
    payload = {
        "version": version, "team": slugs.get(derived["owner_team_id"]),
        "owner": around.active.get(derived["owner_id"]), "basis": derived["owner_basis"],
        "was": {"team": slugs.get(row["owner_team_id"]), "owner": around.active.get(row["owner_id"])},
    }  # fmt: skip
    return NewEntry("order.owner_changed", row["ref"], payload, **scope_of(row))
