"""From an order's facts to its story: the one place where it is decided what a customer is told."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from apps.portal.facts import OrderFacts, ParcelFacts
from apps.portal.rules.reading import BACK, CLOSED, HERE, TROUBLE, Reading, lead_of, read
from apps.portal.rules.saying import Saying, arriving, saying
from apps.portal.rules.timeline import by_day, timeline
from apps.portal.shapes import Action, Eta, Parcel, Proof, Scan, Step, Story
from apps.portal.wording import (
    CARRIER_PAGES,
    STEPS,
    day_words,
    initials,
    say,
    sentence_of,
    when_words,
)

_ATTENTION: Final = TROUBLE | {"delivery_attempted", "available_for_pickup"}


def tell(facts: OrderFacts, now: datetime) -> Story:
    """The story of an order at a moment (aware). The same facts and moment always give the same story."""
    readings = [read(parcel, now) for parcel in _parcels(facts)]
    lead = lead_of(readings)
    counted = [r for r in readings if not r.parcel.returning and r.status != "cancelled"]
    here = sum(r.status in HERE for r in counted)
    labels = _labels(readings)
    proof = _proof(facts, readings)
    said = _with_count(saying(facts, lead, now), lead, here, len(counted))
    said = _with_proof(said, lead, proof, here, len(counted))
    scans = timeline(facts, readings, labels, lead)
    return Story(
        order=facts.name, company=facts.company, reference=facts.reference,
        tone=said.tone, words=lead.words, headline=said.headline, sentence=said.sentence,
        late=lead.late, reason=said.reason, doing=said.doing,
        step=lead.step, steps=_steps(lead), eta=_eta(lead), promised=_promised(facts, lead),
        action=_action(lead, proof), last=_last(scans, lead, labels),
        parcels=tuple(_parcel(r, labels[r.parcel.ref]) for r in readings) if facts.parcels else (),
        delivered=here, total=len(counted),
        counted=say("delivered_some", count=here, total=len(counted)) if 0 < here < len(counted) else "",
        items=facts.items, days=by_day(scans, lead.today, len(readings)), proof=proof,
        zone=_zone(lead), told_at=lead.now,
    )  # fmt: skip


def _parcels(facts: OrderFacts) -> tuple[ParcelFacts, ...]:
    """At least one: an order without parcels speaks as one that has none of its goods yet."""
    if facts.cancelled and not any(read(p, _EVER).status in HERE | BACK for p in facts.parcels):
        return (ParcelFacts("", "cancelled", zone=facts.zone),)
    return facts.parcels or (
        ParcelFacts("", "awaiting_stock", zone=facts.zone, promise_at=facts.promise_at),
    )


_EVER: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")  # only statuses are read with it


def _labels(readings: list[Reading]) -> dict[str, str]:
    """`Parcel 2`, where there is more than one."""
    several = sum(not r.parcel.returning for r in readings) > 1
    labels, number = {}, 0
    for reading in readings:
        number += not reading.parcel.returning
        plain = say("parcel", count=number) if several else ""
        labels[reading.parcel.ref] = say("return_parcel") if reading.parcel.returning else plain
    return labels


def _with_count(said: Saying, lead: Reading, here: int, total: int) -> Saying:
    """Where a part is delivered, that comes first, unless the rest needs its customer."""
    if not 0 < here < total or lead.status in _ATTENTION or lead.late or lead.status in CLOSED:
        return said
    head = say("delivered_some", count=here, total=total)
    following = " ".join(
        filter(
            None, (say("next", what=said.headline[0].lower() + said.headline[1:]), said.sentence)
        )
    )
    return replace(said, headline=head, sentence=following)


def _with_proof(said: Saying, lead: Reading, proof: Proof | None, here: int, total: int) -> Saying:
    """Below a delivery: that all is there, and what proves it."""
    if lead.status not in HERE:
        return said
    whole = say("all_here") if here == total > 1 else ""
    sentence = " ".join(filter(None, (whole, sentence_of(proof.words) if proof else "")))
    return replace(said, sentence=sentence)


def _zone(lead: Reading) -> str:
    name = lead.now.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def _steps(lead: Reading) -> tuple[Step, ...]:
    if lead.step is None:
        return ()
    at = lead.step
    closed = lead.status in CLOSED
    return tuple(
        Step(
            words,
            "done"
            if number < at or (closed and number == at)
            else "now"
            if number == at
            else "todo",
        )
        for number, words in enumerate(STEPS, start=1)
    )


def _eta(lead: Reading) -> Eta | None:
    if not lead.coming or lead.eta_day is None or lead.eta_at is None or lead.step is None:
        return None
    day = day_words(lead.eta_day, lead.today)
    short = say("by", day=day, clock=lead.eta_clock) if lead.eta_clock else day
    return Eta(
        arriving(lead), short, lead.eta_day, lead.local(lead.eta_at) if lead.eta_clock else None
    )


def _promised(facts: OrderFacts, lead: Reading) -> str:
    promise = lead.parcel.promise_at or facts.promise_at
    return day_words(lead.local(promise).date(), lead.today) if promise else ""


def _action(lead: Reading, proof: Proof | None) -> Action | None:
    if lead.status in HERE:
        return Action(say("to_proof"), "proof/") if proof else None
    page, carrier = _page(lead.parcel), lead.parcel.carrier
    if page and lead.status in ("delivery_attempted", "available_for_pickup"):
        return Action(say("to_options", carrier=carrier), page, outside=True)
    if _eta(lead) is not None:
        return Action(say("to_calendar"), "delivery.ics")
    return (
        Action(say("to_carrier", carrier=carrier), page, outside=True)
        if page and lead.step
        else None
    )


def _page(parcel: ParcelFacts) -> str:
    """The carrier's own page for this number, where we know its address."""
    page = CARRIER_PAGES.get(parcel.carrier_slug, "")
    return page.format(number=parcel.number) if page and parcel.number.isalnum() else ""


def _last(scans: list[Scan], lead: Reading, labels: dict[str, str]) -> Scan | None:
    """The newest happening of the parcel the page speaks of."""
    label = labels[lead.parcel.ref]
    return next((scan for scan in scans if scan.parcel == label), None)


def _parcel(reading: Reading, label: str) -> Parcel:
    parcel = reading.parcel
    tone = (
        "done"
        if reading.status in HERE
        else "risk"
        if reading.late or reading.family == "needs_attention"
        else "wait"
    )
    return Parcel(
        label=label,
        words=reading.words,
        tone=tone,
        carrier=parcel.carrier,
        number=parcel.number,
        url=_page(parcel),
        note=_note(reading),
        items=parcel.items,
    )


def _note(reading: Reading) -> str:
    if reading.status in HERE and reading.parcel.delivered_at:
        words = when_words(reading.local(reading.parcel.delivered_at), reading.today)
        return words[0].upper() + words[1:]
    if reading.coming and reading.eta_day:
        day = day_words(reading.eta_day, reading.today)
        return (
            say("expected_by", day=day, clock=reading.eta_clock)
            if reading.eta_clock
            else say("expected", day=day)
        )
    return ""


def _proof(facts: OrderFacts, readings: list[Reading]) -> Proof | None:
    """Masked: initials at most; the papers themselves only after the postcode step."""
    proofs = [r.parcel.proof for r in readings if r.status in HERE and r.parcel.proof]
    if not proofs and not (facts.documents and any(r.status in HERE for r in readings)):
        return None
    words = []
    for proof in proofs:
        name = initials(proof.received_by)
        key = ("signed_by" if name else "signed") if proof.signed else "received_by" if name else ""
        said = say(key, initials=name) if key else say("papers") if proof.document else ""
        if said and said not in words:
            words.append(said)
    if not words and facts.documents:
        words.append(say("papers"))
    return Proof(", ".join(words), facts.documents) if words else None
