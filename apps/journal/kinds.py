"""Every kind of journal entry is declared once, with its version and payload (docs/journal.md lists them)."""

from dataclasses import dataclass, field

_kinds: dict[str, "Kind"] = {}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entry: `payload` names each field and says what it holds."""

    name: str
    version: int
    says: str
    payload: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name in _kinds:
            raise ValueError(f"journal kind {self.name} is declared twice")
        _kinds[self.name] = self


def get(name: str) -> Kind:
    """The declared kind; KeyError for a name nobody declared."""
    return _kinds[name]


def all_kinds() -> list[Kind]:
    """All declared kinds by name."""
    return [_kinds[name] for name in sorted(_kinds)]
