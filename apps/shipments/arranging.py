"""Which package each live event of one number belongs to, and which row is to hold it: pure."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from apps.shipments.held import EPOCH, Held, Live
from apps.shipments.rules import Claim, Group, group, segment

STARTED: Final = timedelta(days=2)  # goods may be scanned before the order is written down


class Place(NamedTuple):
    """One package as it should be: its family, generation and events, and the row that is to hold it."""

    home: Group
    generation: int
    events: list[Live]
    row: Held | None


def arrange(number: str, rows: Sequence[Held], events: Sequence[Live]) -> list[Place]:
    """Which package each live event of one number belongs to; rows follow the events they hold most of.

    A row without events (Odoo named the number first) takes the newest generation that has none.
    """
    claims = [
        Claim(
            row.carrier_id,
            frozenset(link[2] for link in row.links if link[2]),
            frozenset({row.warehouse_id} if row.warehouse_id else ()),
        )
        for row in rows
        if not row.fence and row.links
    ]
    wanted = [
        (home, index, part)
        for home, found in group(events, claims).items()
        for index, part in enumerate(segment(found), start=1)
    ]
    owner = {event.identity: event.package_id for event in events}
    meant = _meant(wanted, rows)
    taken = {row.id for row in meant.values()}
    # A linked row whose own events are still to come stays free: no other's may take it.
    free = {
        row.id: row for row in rows if row.id not in taken and not (row.links and row.carrier_id)
    }
    places = []
    for home, index, part in sorted(wanted, key=lambda w: (-len(w[2]), -w[1], w[2][0].identity)):
        row = meant.get((home, index)) or _row_for(home, index, part, owner, free)
        if row is not None:
            free.pop(row.id, None)
            taken.add(row.id)
        places.append(Place(home, index, part, row))
    return places + _empty(places, [row for row in rows if row.id not in taken])


def _meant(
    wanted: Sequence[tuple[Group, int, list[Live]]], rows: Sequence[Held]
) -> dict[tuple[Group, int], Held]:
    """For the rows that shipments are linked to: the generation each shipment means.

    The first one that had not ended when the shipment's story began, the newest if that is unknown.
    It follows from the events and the link alone, so that late events find it unchanged.
    """
    meant: dict[tuple[Group, int], Held] = {}
    named = {home.carrier_id: home for home, *_ in wanted if not home.fence}
    for row in sorted(
        (r for r in rows if r.links and not r.fence), key=lambda r: (r.since or EPOCH, r.id)
    ):
        home = named.get(row.carrier_id)
        if row.carrier_id is None and len(named) == 1:
            home = next(iter(named.values()))
        if home is None:
            continue
        parts = [
            (index, part)
            for at_home, index, part in wanted
            if at_home == home and (home, index) not in meant
        ]
        for index, part in parts[-1:] if row.since is None else parts:
            if row.since is None or part[-1].occurred_at >= row.since - STARTED:
                meant[home, index] = row
                break
    return meant


def _row_for(
    home: Group, generation: int, part: list[Live], owner: dict[str, int], free: dict[int, Held]
) -> Held | None:
    votes: dict[int, int] = defaultdict(int)
    for event in part:
        if owner[event.identity] in free:
            votes[owner[event.identity]] += 1
    if votes:
        return free[min(votes, key=lambda row_id: (-votes[row_id], row_id))]
    owned = set(owner.values())
    vacant = [
        row
        for row in free.values()
        if row.id not in owned
        and row.fence == home.fence
        and (
            row.carrier_id == home.carrier_id
            or (row.links and None in (row.carrier_id, home.carrier_id))
        )
    ]
    exact = [row for row in vacant if row.carrier_id == home.carrier_id]
    return max(
        exact or vacant,
        key=lambda row: (bool(row.links), row.generation == generation, -row.id),
        default=None,
    )


def _empty(places: list[Place], rows: list[Held]) -> list[Place]:
    """Rows that hold no event: they keep their family, as the generations after those with events."""
    count: dict[tuple[int | None, str], int] = defaultdict(int)
    for place in places:
        count[place.home.carrier_id, place.home.fence] += 1
    found = []
    for row in sorted(rows, key=lambda row: (row.generation, row.id)):
        count[row.carrier_id, row.fence] += 1
        home = Group(row.carrier_id, row.fence)
        found.append(Place(home, count[row.carrier_id, row.fence], [], row))
    return found
