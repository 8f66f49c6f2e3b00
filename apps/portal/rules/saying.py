"""The headline, the sentence below it, and in trouble the reason and what we are doing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from apps.portal.facts import OrderFacts, Redelivery
from apps.portal.rules.reading import (
    HERE,
    NOBODY,
    NOT_SCANNED,
    TROUBLE,
    Reading,
    last_event,
    scanned,
)
from apps.portal.wording import day_words, on_day, place_words, reason_sentence, say, when_words

_USUAL: Final = timedelta(hours=24)  # from label to first scan


@dataclass(frozen=True, slots=True)
class Saying:
    """What the first screen says."""

    headline: str
    sentence: str = ""
    tone: str = "wait"
    reason: str = ""
    doing: str = ""


def saying(facts: OrderFacts, lead: Reading, now: datetime) -> Saying:
    """What is said of the order, spoken from the parcel that leads it."""
    if lead.status in _BY_STATUS:
        return _BY_STATUS[lead.status](facts, lead)
    if lead.late:
        return _late(facts, lead)
    return _coming(lead)


def _coming(lead: Reading) -> Saying:
    if lead.status in NOT_SCANNED:
        head = say("left_us") if lead.status == "dispatched" else lead.words
        return Saying(head, _not_scanned(lead))
    if lead.coming:
        return Saying(arriving(lead), _no_place(lead))
    unnamed = say("no_day", Carrier=carrier(lead, start=True)) if scanned(lead.parcel) else ""
    return Saying(lead.words, _planned(lead) or unnamed)


def arriving(lead: Reading) -> str:
    """`Arriving Tue 24 Nov, by 14:00`; only for a parcel that is coming."""
    assert lead.eta_day is not None
    day = day_words(lead.eta_day, lead.today)
    return (
        say("arriving_by", day=day, clock=lead.eta_clock)
        if lead.eta_clock
        else say("arriving", day=day)
    )


def carrier(lead: Reading, *, start: bool = False) -> str:
    """The carrier by name, or as one says it without one."""
    return lead.parcel.carrier or ("The carrier" if start else "the carrier")


def _not_scanned(lead: Reading) -> str:
    parcel = lead.parcel
    if not parcel.number:
        left = (
            say("left_at", when=when_words(lead.local(parcel.dispatched_at), lead.today))
            if (lead.status == "dispatched" and parcel.dispatched_at)
            else ""
        )
        return " ".join(filter(None, (left, _planned(lead))))
    label = last_event(parcel, "label_created", "booked")
    since = parcel.dispatched_at or (label.at if label else None)
    slow = since is not None and lead.now - since > _USUAL
    return say("label_long" if slow else "label", Carrier=carrier(lead, start=True))


def _planned(lead: Reading) -> str:
    promise = lead.parcel.promise_at
    if promise is None or promise < lead.now:
        return ""
    return say("planned", on_day=on_day(lead.local(promise).date(), lead.today))


def _no_place(lead: Reading) -> str:
    """Where customs have it, an ETA alone would hide that it stands still."""
    return f"{lead.words}." if lead.status == "customs_hold" else ""


def _late(facts: OrderFacts, lead: Reading) -> Saying:
    promise = lead.parcel.promise_at
    was = (
        say("was_planned", day=day_words(lead.local(promise).date(), lead.today)) if promise else ""
    )
    head, new = say("late"), say("no_new_day")
    if lead.coming and lead.eta_day is not None:
        day = day_words(lead.eta_day, lead.today)
        clock = lead.eta_clock
        head = say("late_now_by", day=day, clock=clock) if clock else say("late_now", day=day)
        new = ""
    # Before the carrier has it, the reason is ours and no carrier will tell it.
    reason = lead.parcel.reason or ("other" if scanned(lead.parcel) else "")
    return Saying(
        head, " ".join(filter(None, (was, new))), "risk", reason_sentence(reason), _doing(facts)
    )


def _doing(facts: OrderFacts) -> str:
    return say(f"doing_{facts.watched or 'none'}")


def _with_driver(facts: OrderFacts, lead: Reading) -> Saying:
    """With the driver today; a van that left days ago is not said to come today."""
    event = last_event(lead.parcel, "out_for_delivery")
    left = lead.local(event.at) if event else None
    if left and left.date() < lead.today:
        return Saying(
            say("with_driver"),
            say("driver_since", on_day=on_day(left.date(), lead.today)),
            "risk",
            reason_sentence("other"),
            _doing(facts),
        )
    by = (
        say("driver_by", day=day_words(lead.eta_day, lead.today), clock=lead.eta_clock)
        if (lead.coming and lead.eta_day and lead.eta_clock)
        else ""
    )
    return Saying(lead.words, by)


def _missed(facts: OrderFacts, lead: Reading) -> Saying:
    event = last_event(lead.parcel, "delivery_attempted")
    came = (
        say(
            "missed_at",
            when=when_words(lead.local(event.at), lead.today, date_only=event.date_only),
        )
        if event
        else ""
    )
    reason = lead.parcel.reason
    sentence = " ".join(filter(None, (came, reason_sentence(reason or "recipient_unavailable"))))
    asked = (
        facts.redelivery
        if facts.redelivery and (event is None or facts.redelivery.at >= event.at)
        else None
    )
    head = lead.words if reason in NOBODY else say("not_delivered")
    return Saying(head, sentence, "risk", "", _redelivery(asked, lead) if asked else _doing(facts))


def _redelivery(asked: Redelivery, lead: Reading) -> str:
    if not asked.day:
        return say("redelivery")
    day = day_words(datetime.fromisoformat(asked.day).date(), lead.today)
    if asked.begins and asked.ends:
        return say("redelivery_between", day=day, begins=asked.begins, ends=asked.ends)
    return say("redelivery_on", day=day)


def _collect(facts: OrderFacts, lead: Reading) -> Saying:
    event = last_event(lead.parcel, "available_for_pickup")
    place = place_words(event.place, lead.parcel.country) if event else ""
    return Saying(lead.words, say("collect_at", place=place) if place else say("collect"))


def _trouble(facts: OrderFacts, lead: Reading) -> Saying:
    reason = lead.parcel.reason or (lead.status if lead.status in ("lost", "damaged") else "other")
    new = f"{arriving(lead)}." if lead.coming else ""
    return Saying(lead.words, new, "risk", reason_sentence(reason), _doing(facts))


def _delivered(facts: OrderFacts, lead: Reading) -> Saying:
    at = lead.parcel.delivered_at
    if lead.status == "goods_received" or at is None:
        return Saying(lead.words, "", "done")
    return Saying(say("delivered_at", when=when_words(lead.local(at), lead.today)), "", "done")


def _returning(facts: OrderFacts, lead: Reading) -> Saying:
    event = last_event(lead.parcel, "returned_to_sender")
    since = (
        say("back_since", on_day=on_day(lead.local(event.at).date(), lead.today)) if event else ""
    )
    gone = say("going_back") if lead.status == "return_in_transit" else since
    reason = "" if lead.parcel.returning else reason_sentence(lead.parcel.reason)
    doing = "" if lead.parcel.returning else _doing(facts) if facts.watched else say("doing_back")
    return Saying(lead.words, gone, "wait" if lead.parcel.returning else "risk", reason, doing)


def _cancelled(facts: OrderFacts, lead: Reading) -> Saying:
    return Saying(lead.words, say("cancelled"))


_BY_STATUS: Final[dict[str, Callable[[OrderFacts, Reading], Saying]]] = {
    "out_for_delivery": _with_driver,
    "delivery_attempted": _missed,
    "available_for_pickup": _collect,
    **dict.fromkeys(TROUBLE, _trouble),
    **dict.fromkeys(HERE, _delivered),
    "return_in_transit": _returning,
    "returned_to_sender": _returning,
    "cancelled": _cancelled,
}
