"""What partners send in a soak: every format's recorded messages under fresh numbers, and everything that goes wrong.

A plan is drawn from a seed. Drawn twice under other numbers it is the same set of messages twice, so that what became
of one can be laid beside what became of the other, place by place.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apps.integrations import formats
from apps.integrations.formats.base import ParseResult, Refused, Source
from tests.integrations.formats.recorded import LATER, SAMPLES, body
from tests.journey.tree import ups

DIGITS: Final = 6
"""How many characters at the end of a name are its own: a million names, more than a soak uses."""

TOLD_FIRST: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
STORY: Final = (
    ("M", "MP", "Shipper created a label", 0),
    ("P", "PU", "Pickup scan", 9),
    ("I", "DP", "Departed from facility", 20),
    ("I", "AR", "Arrived at facility", 31),
    ("I", "OT", "Out for delivery", 48),
    ("D", "FS", "Delivered", 54),
)
"""A package's life at UPS: type, code, words, hours after the first."""

Pick = tuple[str, int]
WEIGHTS: Final[tuple[Pick, ...]] = (
    ("recorded", 66), ("story", 6), ("again", 8), ("conflict", 6), ("malformed", 7), ("forged", 7),
)  # fmt: skip


def slug_of(name: str) -> str:
    """The partner that speaks a format in the soak."""
    return f"soak-{name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: expects tells whether it is taken ("taken"), kept as "malformed", "forged", or a "conflict"."""

    format: str
    raw: bytes
    expects: str = "taken"
    gzip: bool = False


@dataclass(slots=True)
class Plan:
    """Groups of messages; those of one group are sent one after the other. numbers are all tracking numbers used."""

    groups: list[list[Mail]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Messages in all."""
        return sum(map(len, self.groups))


def read(name: str, raw: bytes) -> ParseResult:
    """What a format makes of bytes, as the tower's worker does it."""
    format_ = formats.get(name)
    return format_.parse(raw, format_.load_codes(), Source(slug_of(name), name), LATER)


def key_of(name: str, raw: bytes) -> str | None:
    """The source's own id of a message."""
    return formats.get(name).check(raw).key


@dataclass(frozen=True, slots=True)
class Template:
    """A recorded message, and all names in it that another message of its kind would not have."""

    format: str
    raw: bytes
    names: tuple[str, ...]
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, sample: dict[str, Any]) -> Template:
        """Raises Refused where the recorded message is one that is refused."""
        name, raw = sample["format"], body(sample["file"])
        result, key = read(name, raw), key_of(name, raw)
        numbers = {event.tracking_number for event in result.events}
        named = set(numbers) | ({re.split(r"[:/]", key)[-1]} if key else set())
        for event in result.events:
            named |= {event.source_event_id or "", *event.references.values()}
            named |= {event.subject[1]} if event.subject else set()
        text = raw.decode(errors="surrogateescape")
        kept = sorted((one for one in named if len(one) >= DIGITS and one in text), key=len)
        # An event's id may be short; in JSON it stands between quotes and may grow.
        ids = {f'"{event.source_event_id}"' for event in result.events if event.source_event_id}
        short = sorted(one for one in ids if len(one) < DIGITS + 2 and one in text)
        return cls(name, raw, (*reversed(kept), *short), tuple(sorted(numbers)))

    def renamed(self, suffix: int) -> tuple[bytes, list[str]]:
        """The message under names of its own, as long as the recorded ones, and its tracking numbers."""
        fresh = {name: _fresh(name, suffix) for name in self.names}
        if len(set(fresh.values())) < len(fresh):  # two names that differ at their ends only
            fresh = {name: _fresh(name, suffix + at) for at, name in enumerate(self.names)}
        pattern = re.compile("|".join(map(re.escape, self.names)))
        text = pattern.sub(lambda found: fresh[found[0]], self.raw.decode(errors="surrogateescape"))
        return text.encode(errors="surrogateescape"), [fresh[number] for number in self.numbers]

    @property
    def takes(self) -> int:
        """How many suffixes one renaming may use up."""
        return len(self.names) + 1

    def fits(self) -> bool:
        """Whether two renamings say the same of two sets of goods, and have nothing in common."""
        if not all(number in self.names for number in self.numbers):
            return False
        first, second = (read(self.format, self.renamed(at)[0]) for at in (100_000, 200_000))
        told = [[event.milestone for event in result.events] for result in (first, second)]
        of = [{event.identity for event in result.events} for result in (first, second)]
        keys = {key_of(self.format, self.renamed(at)[0]) for at in (100_000, 200_000)}
        return (
            bool(told[0]) and told[0] == told[1] and not of[0] & of[1] and len(keys - {None}) != 1
        )


def _fresh(name: str, suffix: int) -> str:
    """Another name of the same length; what stands between quotes grows."""
    own = f"{suffix:0{DIGITS}d}"
    return f'{name[:-1]}-{own}"' if name.startswith('"') else name[:-DIGITS] + own


def templates() -> list[Template]:
    """The recorded messages that can be sent again under other names."""
    recorded = [
        Template.of(sample) for sample in SAMPLES if sample["events"] and "refused" not in sample
    ]
    return [template for template in recorded if template.names and template.fits()]


class Draw:
    """Draws a plan: with the same seed the same plan, under the numbers that `names` gives."""

    def __init__(self, kinds: list[Template], seed: int, names: Iterator[int]) -> None:
        self.dice, self.kinds, self.names = random.Random(seed), kinds, names
        self.plan = Plan()
        self.keyed = [kind for kind in kinds if key_of(kind.format, kind.raw) and _is_json(kind)]
        by_format: dict[str, list[Template]] = {}
        for kind in kinds:
            by_format.setdefault(kind.format, []).append(kind)
        self.by_format = list(by_format.values())

    def drawn(self, many: int) -> Plan:
        """At least so many messages, shuffled."""
        verbs = [getattr(self, f"_{name}") for name, _ in WEIGHTS]
        for kind in self.by_format:  # every format, however few messages
            self._send(self._fresh(kind[0]))
        while self.plan.size < many:
            (verb,) = self.dice.choices(verbs, [weight for _, weight in WEIGHTS])
            verb()
        self.dice.shuffle(self.plan.groups)
        return self.plan

    def _send(self, *mail: Mail) -> None:
        self.plan.groups.append(list(mail))

    def _fresh(self, kind: Template, expects: str = "taken") -> Mail:
        suffix = next(self.names)
        for _ in range(kind.takes):
            next(self.names)
        raw, numbers = kind.renamed(suffix)
        self.plan.numbers += numbers
        return Mail(kind.format, raw, expects, self.dice.random() < 0.15)

    def _any(self) -> Template:
        return self.dice.choice(self.dice.choice(self.by_format))

    def _recorded(self) -> None:
        self._send(self._fresh(self._any()))

    def _again(self) -> None:
        """The same delivery two or three times, from several senders at once."""
        mail = self._fresh(self._any())
        for _ in range(self.dice.randint(2, 3)):
            self._send(mail)

    def _conflict(self) -> None:
        """A known id that says something else, after the first was taken."""
        kind = self.dice.choice(self.keyed)
        mail = self._fresh(kind)
        number = self.plan.numbers[-1]
        other = mail.raw.replace(number.encode(), f"{number[:-1]}X".encode())
        self.plan.numbers.append(f"{number[:-1]}X")
        self._send(mail, Mail(kind.format, other, "conflict"))

    def _malformed(self) -> None:
        """Signed, but its end is missing."""
        mail = self._fresh(self._any())
        cut = mail.raw[: self.dice.randint(len(mail.raw) // 3, len(mail.raw) * 2 // 3)]
        try:
            key_of(mail.format, cut)
        except Refused:
            self._send(Mail(mail.format, cut, "malformed", mail.gzip))
        else:
            self._send(mail)

    def _forged(self) -> None:
        """Signed by somebody who does not have the secret."""
        self._send(self._fresh(self._any(), "forged"))

    def _story(self) -> None:
        """A package's whole life, each scan in a message of its own, in any order, some years late."""
        suffix = next(self.names)
        number = f"1ZSOAK0000{suffix:08d}"
        self.plan.numbers.append(number)
        began = TOLD_FIRST - timedelta(days=self.dice.choice((0, 0, 3, 400)))
        for kind, code, words, hours in STORY:
            scan = ups(number, kind, code, words, began + timedelta(hours=hours))
            self._send(Mail("ups_track_alert", json.dumps(scan).encode()))


def _is_json(kind: Template) -> bool:
    """Whether its last tracking number stands in it as a JSON text, so that it may become another one."""
    return bool(kind.numbers) and f'"{kind.numbers[-1]}"'.encode() in kind.raw
