"""Every sentence a customer can read beside the words of milestones.csv. Nothing else reaches the portal.

One table, so that a test can hold every page against it and a translation has one place to start.
"""

from datetime import date, datetime
from typing import Final

STEPS: Final = ("Ordered", "Packed", "On its way", "Near you", "Delivered")

SAYS: Final[dict[str, str]] = {
    # headlines
    "arriving": "Arriving {day}",
    "arriving_by": "Arriving {day}, by {clock}",
    "late_now": "Later than planned, now {day}",
    "late_now_by": "Later than planned, now {day} by {clock}",
    "late": "Later than planned",
    "left_us": "It has left our warehouse",
    "with_driver": "With the driver",
    "not_delivered": "The driver could not deliver",
    "delivered_at": "Delivered {when}",
    "delivered_some": "{count} of {total} parcels delivered",
    # sentences below them
    "planned": "We plan to have it with you {on_day}.",
    "was_planned": "It was planned for {day}.",
    "no_new_day": "There is no new day yet. It will show here as soon as we know it.",
    "no_day": "{Carrier} has not named a day yet.",
    "label": "{Carrier} has the label but has not scanned it yet. That usually happens within 24 hours; we are watching it.",
    "label_long": "{Carrier} has the label but has not scanned it yet. That takes longer than usual, so we are watching it.",
    "left_at": "It left {when}. There is no tracking number yet.",
    "driver_by": "Expected {day} by {clock}.",
    "driver_since": "The driver has had it since {on_day}.",
    "missed_at": "The driver came {when}.",
    "collect": "You can collect it now.",
    "collect_at": "You can collect it now in {place}.",
    "next": "The next one: {what}.",
    "all_here": "Everything you ordered is with you.",
    "back_since": "It came back to us {on_day}.",
    "going_back": "It is travelling back to us.",
    "cancelled": "This order was cancelled. If you did not expect that, please write to us.",
    "redelivery": "A new delivery is being arranged.",
    "redelivery_on": "A new delivery is being arranged for {day}.",
    "redelivery_between": "A new delivery is being arranged for {day}, {begins} to {ends}.",
    # what we are doing
    "doing_taken": "Somebody in our team is working on it.",
    "doing_open": "It is on our team's list, and every change will show here.",
    "doing_none": "We are watching it, and every change will show here.",
    "doing_back": "If you still want it, please tell us.",
    # proof
    "signed_by": "Signed for by {initials}",
    "signed": "Signed for",
    "received_by": "Received by {initials}",
    "papers": "A delivery document is on file",
    # the one main action
    "to_calendar": "Add to my calendar",
    "to_proof": "See the proof of delivery",
    "to_carrier": "See it at {carrier}",
    "to_options": "See what {carrier} offers you",
    # days and parcels
    "by": "{day} by {clock}",
    "parcel": "Parcel {count}",
    "return_parcel": "Return",
    "expected": "Expected {day}",
    "expected_by": "Expected {day} by {clock}",
}

# What happened, by milestone, in the timeline: with a place, and without.
HAPPENED: Final[dict[str, tuple[str, str]]] = {
    "order_received": ("We have your order", "We have your order"),
    "label_created": ("The label was made", "The label was made"),
    "booked": ("Transport was booked", "Transport was booked"),
    "picked": ("Packing your order", "Packing your order"),
    "packed": ("Packed", "Packed"),
    "dispatched": ("Left our warehouse", "Left our warehouse"),
    "picked_up": ("Handed to {carrier} in {place}", "Handed to {carrier}"),
    "departed_facility": ("Left {place}", "Left a sorting centre"),
    "arrived_at_facility": ("Arrived in {place}", "Arrived at a sorting centre"),
    "in_transit": ("On its way in {place}", "On its way"),
    "customs_hold": ("At customs in {place}", "At customs"),
    "customs_cleared": ("Through customs in {place}", "Through customs"),
    "delayed": ("Later than planned", "Later than planned"),
    "exception": ("Held up in {place}", "Held up"),
    "lost": ("The carrier is searching for it", "The carrier is searching for it"),
    "arrived_at_destination": ("Arrived near you, in {place}", "Arrived near you"),
    "out_for_delivery": ("With the driver in {place}", "With the driver"),
    "available_for_pickup": ("Ready to collect in {place}", "Ready to collect"),
    "delivery_attempted": ("We missed you", "We missed you"),
    "delivered": ("Delivered in {place}", "Delivered"),
    "goods_received": ("Received in {place}", "Received"),
    "pod_received": ("Proof of delivery came in", "Proof of delivery came in"),
    "damaged": ("Damage was reported", "Damage was reported"),
    "return_in_transit": ("On its way back", "On its way back"),
    "returned_to_sender": ("Returned", "Returned"),
    "cancelled": ("Cancelled", "Cancelled"),
}
NEW_DAY: Final = "Now expected {day}"

# An honest class for each reason; a reason that is nobody else's business is said as its class only.
REASONS: Final[dict[str, str]] = {
    "nobody": "Nobody was there to take it.",
    "access": "The driver could not get to the door.",
    "address": "The address could not be found as it is written.",
    "refused": "It was not accepted at the address.",
    "appointment": "It needs a signature or an appointment.",
    "payment": "Something has to be paid before it can be handed over.",
    "customs": "Customs are checking it.",
    "customs_stopped": "Customs have stopped it.",
    "weather": "The weather or another event on the route held it up.",
    "strike": "A strike held it up.",
    "holiday": "A public holiday lies in between.",
    "carrier": "The carrier's network is running late.",
    "astray": "It took a wrong turn on the way.",
    "left_late": "It left later than planned.",
    "damaged": "It was damaged on the way.",
    "missing": "The carrier cannot find it at the moment.",
    "checked": "It has to be checked before it travels on.",
    "papers": "A document is missing for it to travel on.",
    "contents": "Something about its contents has to be put right.",
    "asked": "It was changed because somebody at your side asked for it.",
    "unknown": "We have not been told the reason yet.",
}
_CLASSES: Final = {
    "nobody": "recipient_unavailable business_closed unclaimed",
    "access": "access_restricted",
    "address": "address_incorrect address_incomplete recipient_moved undeliverable",
    "refused": "recipient_refused partial_refusal",
    "appointment": "signature_required appointment_required",
    "payment": "payment_due customs_duties_unpaid",
    "customs": "customs_processing customs_inspection customs_documents_missing customs_broker",
    "customs_stopped": "customs_refused prohibited_goods seized",
    "weather": "weather natural_disaster force_majeure",
    "strike": "labor_dispute",
    "holiday": "holiday",
    "carrier": "mechanical accident transport_late capacity carrier_other",
    "astray": "carrier_sorting_error misrouted",
    "left_late": "missed_pickup shipper_not_ready booking_rejected",
    "damaged": "damaged",
    "missing": "lost theft investigation",
    "checked": "security temperature oversize quality recall",
    "papers": "documents_missing action_required",
    "contents": "shortage incomplete_shipment wrong_item out_of_stock order_rejected",
    "asked": "customer_requested_hold customer_requested_change customer_requested_return",
}
CLASS_OF: Final = {reason: name for name, reasons in _CLASSES.items() for reason in reasons.split()}

# The carrier's own page for a number; their published addresses.
CARRIER_PAGES: Final = {
    "ups": "https://www.ups.com/track?tracknum={number}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "dhl": "https://www.dhl.com/en/express/tracking.html?AWB={number}",
}


def say(key: str, **slots: object) -> str:
    """One sentence of the table with its slots filled."""
    return SAYS[key].format(**slots)


def sentence_of(words: str) -> str:
    """Words with a full stop, of which masked names may have brought one."""
    return words if words.endswith(".") else f"{words}."


def reason_sentence(reason: str) -> str:
    """The honest class of an exception reason; empty when there is no reason, `unknown` for `other`."""
    return REASONS[CLASS_OF.get(reason, "unknown")] if reason else ""


def day_words(day: date, today: date) -> str:
    """A day as people say it: today, tomorrow, yesterday, `Tue 24 Nov`, with the year when it is another one."""
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((day - today).days)
    if near:
        return near
    words = f"{day:%a} {day.day} {day:%b}"
    return words if day.year == today.year else f"{words} {day.year}"


def on_day(day: date, today: date) -> str:
    """A day inside a sentence: today, tomorrow, `on Tue 24 Nov`."""
    words = day_words(day, today)
    return words if abs((day - today).days) < 2 else f"on {words}"


def when_words(at: datetime, today: date, *, date_only: bool = False) -> str:
    """A local moment inside a sentence: `today at 14:48`, `on Mon 23 Nov at 17:20`."""
    words = on_day(at.date(), today)
    return words if date_only else f"{words} at {at:%H:%M}"


def heading(day: date, today: date) -> str:
    """A day above its happenings: Today, Yesterday, `Monday 23 November`."""
    near = {-1: "Yesterday", 0: "Today"}.get((day - today).days)
    if near:
        return near
    words = f"{day:%A} {day.day} {day:%B}"
    return words if day.year == today.year else f"{words} {day.year}"


def initials(name: str) -> str:
    """A name masked for whoever holds the link: `A. K.`; empty when there is none. Three letters at most."""
    return " ".join(f"{part[0].upper()}." for part in name.split()[:3] if part[0].isalpha())


def place_words(place: str, country: str = "") -> str:
    """A place worth saying, its shouting lowered; empty when it reads like a code and not like a town.

    country: the delivery's own (two letters), which goes without saying.
    """
    place = " ".join(place.split()).removesuffix(f", {country}" if country else "")
    if not place or len(place) > 60 or any(sign.isdigit() or sign in "_/#|<>@" for sign in place):
        return ""
    if place.isupper():
        place = ", ".join(part if len(part) == 2 else part.title() for part in place.split(", "))
    return place
