"""New events from known ones, and what a repeated scan now says that it did not say before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.journal.ids import new_id
from apps.shipments import sets
from apps.shipments.carriers import slug_of
from apps.shipments.held import Live
from apps.shipments.incoming import Fact, Incoming, Outcome
from apps.shipments.rules import Told, merged, normalise
from apps.shipments.rules.ownership import Matrix, claimed

_COLUMN: Final = {"eta": "eta", "proof": "pod"}


@dataclass(slots=True)
class New:
    """An event on its way in: the row to insert and the same as the rules see it."""

    outcome: Outcome
    number: str
    row: dict[str, Any]
    live: Live
    dead: bool  # an older mapping than the one that is live

    def supersede(self, now: datetime) -> None:
        """A newer mapping of the same event came in the same batch."""
        self.dead, self.row["superseded_at"] = True, now

    def amend(self, told: Told, amended: Mapping[str, str], claims: list[dict[str, Any]]) -> None:
        """A repetition of the same scan in the same batch says more."""
        self.row.update(told._asdict(), amended=amended, claims=claims)
        self.live = self.live._replace(eta=told.eta, pod=_dict(told.pod)).masked(claims)


@dataclass(slots=True)
class _Known:
    """One mapping version of an identity, stored (id) or new in this batch (new)."""

    version: int
    content: str
    id: int
    dead: bool
    told: Told
    amended: dict[
        str, str
    ]  # "eta", "pod": the message that brought it, where another than the scan's own
    ref: str
    milestone: str
    claims: list[dict[str, Any]]
    new: New | None = None


@dataclass(slots=True)
class Sifted:
    """What a batch brings: outcomes in order, new events, ids of superseded ones, amended rows by id."""

    outcomes: list[Outcome] = field(default_factory=list)
    new: list[New] = field(default_factory=list)
    causes: dict[str, str] = field(default_factory=dict)  # correlation ids, by amended event
    replaced: set[int] = field(default_factory=set)
    # Correlation ids of what was read again, by number that lost an event.
    taken_from: dict[str, str] = field(default_factory=dict)
    amended: dict[int, dict[str, Any]] = field(default_factory=dict)

    def as_amended(self, event: Live) -> Live:
        """A stored event with what this batch adds to it."""
        row = self.amended.get(event.id)
        if row is None:
            return event
        return event._replace(eta=row["eta"], pod=row["pod"]).masked(row["claims"])


_KNOWN: Final = """
SELECT identity, mapping_version, content, id, superseded_at IS NOT NULL, eta, eta_told_at, pod, amended,
       'evt_' || replace(public_id::text, '-', ''), milestone, claims
FROM shipments_event WHERE identity = ANY(string_to_array(%s, ' '))
"""


def sift(
    batch: Sequence[Incoming], carriers: dict[str, int], now: datetime, matrix: Matrix
) -> Sifted:
    """Tell new events from known ones, in the caller's transaction, which holds the packages.

    A repeated scan is no new event, but a promise or a proof that it did not carry before is added
    to the live one (rules.telling): carriers that send snapshots put both on scans they told already.
    """
    known = _read({fact.identity for message in batch for fact in message.events})
    sifted = Sifted()
    for message in batch:
        outcome = Outcome(message.message_id)
        sifted.outcomes.append(outcome)
        kind = matrix.kind(message.source, message.format)
        fence = message.fence
        for fact in message.events:
            versions = known[fact.identity]
            if versions:
                outcome.repeated[fact.tracking_number] = versions[-1].ref
            if versions and all(row.content != fact.content for row in versions):
                outcome.conflicts += 1
                continue
            told = Told(fact.eta or "", fact.told_at if fact.eta else None, fact.pod)
            live = next((row for row in versions if not row.dead), None)
            if live is not None and live.version >= message.mapping_version:
                _amend(live, told, message, outcome, sifted, matrix)
            if any(row.version == message.mapping_version for row in versions):
                outcome.duplicates += 1
                continue
            dead = live is not None and live.version > message.mapping_version
            amended: dict[str, str] = {}
            if live is not None and not dead:
                outcome.superseded += 1
                told, amended = _take_over(live, told, sifted, now)
            superseded_at = now if dead else None
            claims = matrix.claims(kind, fact.milestone, told.eta, told.pod)
            added = _new(
                message, fact, outcome, carriers, fence, told, amended, superseded_at, claims
            )
            sifted.new.append(added)
            ref, version = added.live.ref, message.mapping_version
            versions.append(
                _Known(
                    version,
                    fact.content,
                    0,
                    dead,
                    told,
                    amended,
                    ref,
                    fact.milestone,
                    claims,
                    added,
                )
            )
    return sifted


def _read(identities: set[str]) -> dict[str, list[_Known]]:
    known: dict[str, list[_Known]] = defaultdict(list)
    for row in sets.fetch(_KNOWN, " ".join(identities)):
        (
            identity, version, content, row_id, dead, eta, eta_told_at, pod, amended, ref, milestone, claims
        ) = row  # fmt: skip
        told = Told(eta, eta_told_at, sets.load(pod))
        known[identity].append(
            _Known(
                version,
                content,
                row_id,
                dead,
                told,
                sets.load(amended),
                ref,
                milestone,
                sets.load(claims),
            )
        )
    return known


def _amend(
    live: _Known, told: Told, message: Incoming, outcome: Outcome, sifted: Sifted, matrix: Matrix
) -> None:
    both = merged(live.told, told)
    if both == live.told:
        return
    news = [name for name in ("eta", "pod") if getattr(both, name) != getattr(live.told, name)]
    outcome.amended += bool(news)
    live.amended = {**live.amended, **dict.fromkeys(news, message.message_ref)}
    live.told = both
    kind = matrix.kind(message.source, message.format)
    judged = matrix.claims(kind, live.milestone, both.eta, both.pod)
    # What was judged stays judged; only what this telling adds is judged now.
    live.claims = [
        *live.claims,
        *(
            one
            for one in judged
            if _COLUMN.get(one["field"]) in news and not claimed(live.claims, one["field"])
        ),
    ]
    if live.new is not None:
        live.new.amend(both, live.amended, live.claims)
    else:
        sifted.causes[live.ref] = message.correlation_id
        sifted.amended[live.id] = {
            "id": live.id, **both._asdict(), "amended": live.amended, "claims": live.claims,
        }  # fmt: skip


def _take_over(
    live: _Known, told: Told, sifted: Sifted, now: datetime
) -> tuple[Told, dict[str, str]]:
    """A newer mapping supersedes; what the source said of the scan meanwhile goes with it."""
    live.dead = True
    if live.new is not None:
        live.new.supersede(now)
    else:
        sifted.replaced.add(live.id)
    both = merged(told, live.told)
    return both, {
        name: ref
        for name, ref in live.amended.items()
        if getattr(both, name) != getattr(told, name)
    }


def _dict(pod: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if pod is None else dict(pod)


def _new(
    message: Incoming, fact: Fact, outcome: Outcome, carriers: dict[str, int], fence: str,
    told: Told, amended: dict[str, str], superseded_at: datetime | None, claims: list[dict[str, Any]],
) -> New:  # fmt: skip
    ref = new_id("evt")
    carrier_id = carriers.get(slug_of(fact.carrier)) or carriers.get(slug_of(message.carrier))
    reason = fact.exception_reason or ""
    hint, event_id, voids = fact.generation_hint or "", fact.source_event_id or "", fact.voids or ""
    row = {
        "public_id": ref[4:], "package_id": 0, "carrier_id": carrier_id, "tracking_number": fact.tracking_number,
        "fence": fence, "generation_hint": hint, "voids": voids, "identity": fact.identity,
        "content": fact.content, "mapping_version": message.mapping_version, "source": message.source,
        "format": message.format, "source_event_id": event_id, "source_code": fact.source_code,
        "milestone": fact.milestone, "exception_reason": reason, "occurred_at": fact.occurred_at,
        "received_at": message.received_at, "time_basis": fact.time_basis or "", "unmapped": fact.unmapped,
        "flags": list(fact.flags), "location": fact.location, "country": fact.country or "",
        "description": fact.description, "pod": told.pod, "eta": told.eta, "eta_told_at": told.eta_told_at,
        "amended": amended, "claims": claims, "details": fact.details,
        "message_id": message.message_id or None, "message_ref": message.message_ref,
        "correlation_id": message.correlation_id, "superseded_at": superseded_at, "voided_at": None,
    }  # fmt: skip
    live = Live(
        ref,
        fact.identity,
        fact.milestone,
        fact.occurred_at,
        reason,
        _dict(told.pod),
        told.eta,
        hint,
        carrier_id,
        fence,
        message.received_at,
        message.mapping_version,
        fact.content,
        message.source,
        event_id,
        voids,
        format=message.format,
    )
    return New(
        outcome,
        normalise(fact.tracking_number),
        row,
        live.masked(claims),
        superseded_at is not None,
    )
