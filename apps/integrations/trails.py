"""Which rows of a mapping decided an event: a Codes that writes down what it was asked. Pure.

The words that come out of it (milestone, reason) remember the lookups behind them, so that the trail of
each event is known exactly, in whatever order its format looks things up.
"""

from dataclasses import dataclass, replace

from apps.integrations.formats.base import ParsedEvent
from apps.integrations.formats.codes import Code, Codes, Mapped


@dataclass(frozen=True, slots=True)
class Step:
    """One lookup: the row it hit, or None. number counts the lookups of the whole message."""

    number: int
    table: str
    code: str
    row: Code | None

    @property
    def decided(self) -> bool:
        """Whether the row names a milestone: the first such row of a lookup decides it."""
        return self.row is not None and bool(self.row.milestone)


class Word(str):
    """A milestone or a reason that remembers how it was found."""

    __slots__ = ("steps",)
    steps: tuple[Step, ...]


def _word(text: str | None, steps: tuple[Step, ...]) -> str | None:
    if not text:
        return text
    found = Word(text)
    found.steps = steps
    return found


class Traced(Codes):
    """The same tables, writing down each lookup."""

    __slots__ = ("steps",)
    steps: list[Step]

    @classmethod
    def of(cls, codes: Codes) -> "Traced":
        """A tracing view of the tables."""
        found = cls(codes.version, codes.exact, codes.folded, codes.layout)
        object.__setattr__(found, "steps", [])
        return found

    def find(self, table: str, code: str) -> Code | None:
        """As Codes.find."""
        row = Codes.find(self, table, code)
        step = Step(len(self.steps), table, code, row)
        self.steps.append(step)
        if row is None:
            return None
        return replace(
            row, milestone=_word(row.milestone, (step,)), reason=_word(row.reason, (step,))
        )

    def resolve(self, *lookups: tuple[str, str]) -> Mapped:
        """As Codes.resolve; the milestone remembers every lookup of the call."""
        begin = len(self.steps)
        mapped = Codes.resolve(self, *lookups)
        steps = tuple(self.steps[begin:])
        milestone = _word(mapped.milestone, steps) or mapped.milestone
        return Mapped(milestone, _word(mapped.reason, steps), mapped.unmapped)


def trail(event: ParsedEvent) -> list[Step]:
    """The lookups behind an event's milestone and reason, in order; none where its source names them itself."""
    found: dict[int, Step] = {}
    for word in (event.milestone, event.exception_reason):
        if isinstance(word, Word):
            found |= {step.number: step for step in word.steps}
    return [found[number] for number in sorted(found)]
