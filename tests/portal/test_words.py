"""No word of ours reaches a customer: whatever the milestone and the reason, only the allowed sentences do."""

import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product

import pytest

from apps.integrations.formats.codes import EXCEPTION_REASONS
from apps.portal import wording
from apps.portal.facts import EventFacts, OrderFacts, ParcelFacts, ProofFacts, Redelivery
from apps.portal.rules import tell
from apps.portal.shapes import Action, Day, Eta, Parcel, Proof, Scan, Step, Story
from apps.shipments.milestones import MILESTONES
from apps.shipments.rules.rollup import TITLES

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ZONE = "Europe/Brussels"

# What the templates are given, field by field: a new field has to be thought about here.
ALLOWED = {
    Story: {
        "order", "company", "reference", "tone", "words", "headline", "sentence", "late", "reason", "doing", "step",
        "steps", "eta", "promised", "action", "last", "parcels", "delivered", "total", "counted", "items", "days",
        "proof", "zone", "told_at",
    },
    Step: {"words", "state"}, Eta: {"words", "short", "day", "at"}, Action: {"words", "href", "outside"},
    Scan: {"words", "place", "at", "clock", "when", "tone", "parcel"}, Day: {"words", "day", "scans"},
    Parcel: {"label", "words", "tone", "carrier", "number", "url", "note", "items"}, Proof: {"words", "documents"},
}  # fmt: skip

DAY = r"(today|tomorrow|yesterday|[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2})"
SLOTS = {
    "day": DAY, "on_day": rf"(on )?{DAY}", "clock": r"\d\d:\d\d", "when": rf"(on )?{DAY}( at \d\d:\d\d)?",
    "carrier": "(UPS|the carrier)", "Carrier": "(UPS|The carrier)", "place": "(Gent|Machelen)", "count": r"\d",
    "total": r"\d", "initials": r"A\. K\.", "begins": r"\d\d:\d\d", "ends": r"\d\d:\d\d",
}  # fmt: skip
TEMPLATES = [
    *wording.SAYS.values(), *wording.REASONS.values(), *wording.STEPS, wording.NEW_DAY,
    *(words for pair in wording.HAPPENED.values() for words in pair),
    *(step.customer_words for step in MILESTONES.values() if step.customer_words),
]  # fmt: skip


def pattern(template: str) -> str:
    parts = re.split(r"\{(\w+)\}", template)
    return "".join(SLOTS[part] if at % 2 else re.escape(part) for at, part in enumerate(parts))


SLOTS["what"] = (
    "(?i:" + "|".join(pattern(words) for words in TEMPLATES if "{what}" not in words) + ")"
)
SENTENCE = "|".join(f"(?:{pattern(template)})" for template in TEMPLATES)
SAID = re.compile(rf"(?:{SENTENCE})\.?(?:,? (?:{SENTENCE})\.?)*")
MOMENT = re.compile(rf"(on )?{DAY}( at| by)?( \d\d:\d\d)?", re.IGNORECASE)
CLOCK = re.compile(r"\d\d:\d\d")
HEADING = re.compile(r"Today|Yesterday|[A-Z][a-z]+day \d{1,2} [A-Z][a-z]+")
PLAIN = {
    "delivery.ics",
    "proof/",
    "wait",
    "risk",
    "done",
    "now",
    "todo",
    "",
    "UPS",
    "1Z999",
    "S1",
    "Northwind",
    "PO 1",
    "CET",
    "Gent",
    "Machelen",
}
INNER = re.compile(
    r"exception|_|hold\b|invoice|credit|odoo|picking|unmapped|pod\b|null|none", re.IGNORECASE
)


def texts(value: object) -> list[str]:
    """Every text in a story; fails on a shape or a field that nobody allowed."""
    if is_dataclass(value):
        assert {field.name for field in fields(value)} == ALLOWED[type(value)]
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    if isinstance(value, tuple):
        return [text for item in value for text in texts(item)]
    if isinstance(value, str):
        return [value]
    assert value is None or isinstance(value, bool | int | datetime | date), value
    return []


@cache
def allowed(text: str) -> bool:
    if text in PLAIN or text == "https://www.ups.com/track?tracknum=1Z999":
        return True
    known = any(form.fullmatch(text) for form in (SAID, MOMENT, CLOCK, HEADING))
    return known and not INNER.search(text)


def check(story: Story) -> None:
    for text in texts(story):
        assert allowed(text), text


def parcel(status: str, reason: str, **more: object) -> ParcelFacts:
    moments = [("label_created", 60), ("picked_up", 50), ("arrived_at_facility", 30)]
    events = [
        EventFacts(name, NOW - timedelta(hours=hours), "", "MACHELEN, BE")
        for name, hours in moments
    ]
    if status in MILESTONES:
        events.append(
            EventFacts(status, NOW - timedelta(hours=2), reason, "Gent, BE", eta="2026-03-06")
        )
    given = ParcelFacts(
        ref="a", status=status, number="1Z999", carrier="UPS", carrier_slug="ups", reason=reason, zone=ZONE, country="BE",
        dispatched_at=NOW - timedelta(hours=55), delivered_at=NOW - timedelta(hours=2), events=tuple(events),
        proof=ProofFacts("Annelies Kortrijk", signed=True),
    )  # fmt: skip
    return replace(given, **more)


def order(*parcels: ParcelFacts, **more: object) -> OrderFacts:
    given = OrderFacts(
        "S1", "Northwind", "PO 1", ZONE, ordered_at=NOW - timedelta(days=4), parcels=parcels
    )
    return replace(given, **more)


VARIANTS: dict[str, dict[str, object]] = {
    "without any date": {},
    "expected on a day": {"eta": "2026-03-06"},
    "expected at an hour": {"eta": "2026-03-05T13:00:00Z"},
    "overdue": {"eta": "2026-03-03", "promise_at": NOW - timedelta(days=1), "late": True},
    "late with a new day": {
        "eta": "2026-03-07",
        "promise_at": NOW - timedelta(days=1),
        "late": True,
    },
    "planned": {"promise_at": NOW + timedelta(days=2)},
    "without a number": {"number": "", "carrier": "", "carrier_slug": "", "events": ()},
    "coming back": {"returning": True},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_milestone_with_every_reason_is_told_in_allowed_words_only(variant):
    statuses = sorted({*MILESTONES, *TITLES})
    for status, reason in product(statuses, ["", *sorted(EXCEPTION_REASONS)]):
        check(tell(order(parcel(status, reason, **VARIANTS[variant])), NOW))


def test_mixed_orders_are_told_in_allowed_words_too():
    statuses = sorted(TITLES)
    asked = Redelivery(NOW - timedelta(hours=1), "2026-03-05", "10:00", "14:00")
    for first, second in product(statuses, statuses):
        parcels = (parcel(first, "weather"), parcel(second, "theft", ref="b"))
        for watched in ("", "open", "taken"):
            check(tell(order(*parcels, watched=watched, redelivery=asked, documents=1), NOW))


def test_every_reason_has_its_class():
    missing = EXCEPTION_REASONS - set(wording.CLASS_OF) - {"other"}
    assert not missing


def test_a_reason_nobody_listed_is_said_to_be_unknown():
    assert wording.reason_sentence("gremlins_in_depot_7") == wording.REASONS["unknown"]


def test_the_watch_itself_catches_an_inner_word():
    story = tell(order(parcel("in_transit", "")), NOW)
    with pytest.raises(AssertionError):
        check(replace(story, sentence="labor_dispute at HUB_7"))
    with pytest.raises(AssertionError):
        check(replace(story, headline="Delivery exception"))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("GENT, BE", "Gent"), ("Gent", "Gent"), ("Lille, FR", "Lille, FR"), ("WH/Stock", ""), ("DC7 dock 4", ""),
        ("", ""), ("x" * 61, ""), ("<b>", ""),
    ],
)  # fmt: skip
def test_a_place_is_said_only_when_it_reads_like_a_town(place, said):
    assert wording.place_words(place, "BE") == said


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Annelies Kortrijk", "A. K."),
        ("J SMITH", "J. S."),
        ("", ""),
        ("7", ""),
        ("a b c d", "A. B. C."),
        ("Ünal", "Ü."),
    ],
)
def test_a_signer_is_initials_at_most(name, masked):
    assert wording.initials(name) == masked
