"""Append what is new, fold, roll up, journal: a batch of messages in a handful of statements.

The caller holds the transaction (the claim of the messages commits with their effect). Order of locks:
packages by id, shipments by id, orders by id; a deadlock is left to the caller to retry.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from apps.journal.services import NewEntry, append_many
from apps.shipments import folding, naming, reporting, rollup, sets, takeback
from apps.shipments.carriers import ids_by_slug
from apps.shipments.errors import Raced
from apps.shipments.held import Held, Live, claim, live_events
from apps.shipments.incoming import Incoming, Outcome
from apps.shipments.models import Event, Mention
from apps.shipments.ownership import matrix
from apps.shipments.rules import normalise
from apps.shipments.rules.ownership import Matrix
from apps.shipments.rules.trust import Trust
from apps.shipments.sifting import New, Sifted, sift

__all__ = ["Incoming", "Outcome", "apply"]


def apply(batch: Sequence[Incoming]) -> list[Outcome]:
    """Apply messages, in the caller's transaction; one outcome for each, in order.

    The same set of events gives the same packages in whatever order, split and repetition. Known
    identities are duplicates, or conflicts when the source says something else under the same one
    (the first stays); the same identity under a newer mapping supersedes. A promise or a proof that
    comes with a later telling of a known scan completes it. A message that is read again takes back what it
    brought under an older mapping and gives no more (takeback).
    """
    now = timezone.now()
    lines = matrix()
    parcels, told = reporting.split(batch)
    gone = takeback.gone(batch)
    numbers, texts = _numbers(parcels, gone)
    if not numbers:
        outcomes = [Outcome(message.message_id) for message in batch]
        append_many(reporting.take(told, batch, outcomes, lines, now))
        return outcomes
    carriers = ids_by_slug(
        {name for m in parcels for name in (m.carrier, *(fact.carrier for fact in m.events))}
    )
    held = claim(numbers)
    known = live_events(row for rows in held.values() for row in rows)
    sifted = sift(parcels, carriers, now, lines)
    takeback.note(gone, sifted)
    trust = Trust.of(lines)
    settled = _settle(numbers, texts, held, known, sifted, trust)
    entries = _store(settled, sifted, trust, now)
    entries += _note_mentions(parcels, sifted, settled, lines)
    causes = {link[0]: one.cause for one in settled if one.row for link in one.row.links}
    entries += reporting.take(told, batch, sifted.outcomes, lines, now)
    append_many([*entries, *rollup.recompute(set(causes), now, causes=causes)])
    return sifted.outcomes


def _note_mentions(
    batch: Sequence[Incoming], sifted: Sifted, settled: Sequence[folding.Settled], lines: Matrix
) -> list[NewEntry]:
    """Keep which orders, shipments or purchases new events name: their parcel is linked when those are there."""
    naming_ones = {
        fact.identity: (fact, message)
        for message in batch
        for fact in message.events
        if fact.references or fact.subject
    }
    if not naming_ones:
        return []
    new = [(one, *naming_ones[i]) for one in sifted.new if (i := one.live.identity) in naming_ones]
    rows = naming.package_rows(
        (
            one.row["package_id"], fact, message.source, lines.kind(message.source, message.format),
            one.row["fence"], message.received_at,
        )
        for one, fact, message in new
    )  # fmt: skip
    inserted = sets.insert(Mention, rows, keep="package_id,report_id,looked_for,key")
    named = {row[1] for row in inserted}
    return [
        NewEntry("package.named", one.ref, {}, correlation_id=one.cause)
        for one in settled
        if one.id in named
    ]


def _numbers(
    batch: Sequence[Incoming], gone: Sequence[takeback.Gone]
) -> tuple[list[str], dict[str, str]]:
    texts: dict[str, str] = {one.number: one.text for one in gone}
    for message in batch:
        for fact in message.events:
            texts.setdefault(normalise(fact.tracking_number), fact.tracking_number)
    return sorted(texts), texts


def _settle(
    numbers: list[str], texts: dict[str, str], held: dict[str, list[Held]],
    known: dict[int, list[Live]], sifted: Sifted, trust: Trust,
) -> list[folding.Settled]:  # fmt: skip
    arrived: dict[str, list[Live]] = defaultdict(list)
    replaced = sifted.replaced
    homes = {
        e.identity: e.package_id for events in known.values() for e in events if e.id in replaced
    }
    for one in sifted.new:
        if not one.dead:
            if one.live.identity in homes:
                one.live = one.live._replace(package_id=homes[one.live.identity])
            arrived[one.number].append(one.live)
    settled = []
    for number in numbers:
        rows = held.get(number, [])
        stored = [e for row in rows for e in known[row.id] if e.id not in replaced]
        events = [*map(sifted.as_amended, stored), *arrived[number]]
        places = folding.arranged(number, rows, events, trust)
        settled += folding.settle(number, texts[number], places, trust)
    return settled


def _store(
    settled: list[folding.Settled], sifted: Sifted, trust: Trust, now: datetime
) -> list[NewEntry]:
    folding.store_new(settled, now)
    homes = {event.ref: one for one in settled for event in one.place.events if not event.id}
    by_number = {one.number: one for one in settled}
    _name_causes(settled, sifted)
    new, replaced = sifted.new, sorted(sifted.replaced)
    sets.update(Event, [{"id": row_id, "superseded_at": now} for row_id in replaced])
    sets.update(Event, [sifted.amended[row_id] for row_id in sorted(sifted.amended)])
    for one in new:
        home = homes.get(one.live.ref) or by_number[one.number]
        one.row["package_id"] = home.id
        if one.live.identity in home.voided:  # the correction came first, or with it
            one.row["voided_at"] = now
        if one.live.identity in home.yielded and not one.dead:
            one.row["claims"] = [*one.row["claims"], trust.yielded(one.live)]
    inserted = sets.insert(Event, [one.row for one in new], keep="identity,mapping_version")
    ids = {(identity, version): row_id for row_id, identity, version in inserted}
    event_ids, entries = {}, []
    for one in new:
        row_id = ids.get((one.live.identity, one.live.mapping_version))
        if row_id is None:
            raise Raced(f"{one.live.source} told the same event twice at once, under two numbers")
        one.outcome.new += 1
        one.outcome.event_refs.append(one.live.ref)
        event_ids[one.live.ref] = row_id
        if one.row["unmapped"] and not one.dead:
            entries.append(_unmapped(one, homes[one.live.ref].ref))
    folding.move_events(settled, now)
    folding.mark_yielding(settled, trust)
    return entries + folding.store_state(settled, event_ids, now)


def _name_causes(settled: list[folding.Settled], sifted: Sifted) -> None:
    """What follows from a batch carries the correlation id of the message that brought it about.

    Of several: the one that brought the deciding event, else the one with the newest scan.
    """
    causes = {one.live.ref: one.row["correlation_id"] for one in sifted.new} | sifted.causes
    for one in settled:
        named = [causes[event.ref] for event in one.place.events if event.ref in causes]
        last = named[-1] if named else sifted.taken_from.get(one.number)
        one.cause = causes.get(one.state.deciding) or last


def _unmapped(one: New, package: str) -> NewEntry:
    row = one.row
    return NewEntry(
        "event.unmapped",
        one.live.ref,
        {
            "source": row["source"], "format": row["format"], "code": row["source_code"],
            "message": row["message_ref"], "package": package,
        },
        correlation_id=row["correlation_id"],
    )  # fmt: skip
