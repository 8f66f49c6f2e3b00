"""Typed readers of the environment.

Every reader names its variable, and what is wrong with it stops the start as ``Misconfigured`` with that name.
An empty value counts as absent, because compose files and shells write ``NAME=`` for "not set".
Each read is registered with its unit, default and meaning: ``python -m controltower.env --table`` prints the table
of the README, ``--example`` the file ``.env.example``; a test compares both with what is committed.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, TypeVar, overload
from urllib.parse import urlsplit

T = TypeVar("T")
Networks = list[IPv4Network | IPv6Network]
TRUE: Final = frozenset({"1", "true", "yes", "on"})
FALSE: Final = frozenset({"0", "false", "no", "off"})


class Misconfigured(ValueError):
    """A variable that is missing or cannot be read; the text starts with its name and never holds a secret."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


class Required:
    """The default of a variable that has none."""


REQUIRED: Final = Required()


@dataclass(frozen=True)
class Variable:
    """What is known about one variable. unit is its type or unit, default the text shown for an absent value."""

    name: str
    unit: str
    default: str
    meaning: str


_registry: dict[str, Variable] = {}


def registered() -> list[Variable]:
    """Every variable that was read so far, by name."""
    return [_registry[name] for name in sorted(_registry)]


def _read(
    name: str,
    default: T | Required,
    parse: Callable[[str], T],
    *,
    unit: str,
    shown: str | None,
    meaning: str,
) -> T:
    absent = "required" if isinstance(default, Required) else _as_text(default)
    known = _registry.get(name)
    if known is None or meaning:
        _registry[name] = Variable(name, unit, absent if shown is None else shown, meaning)
    raw = os.environ.get(name, "").strip()
    if raw:
        return parse(raw)
    if isinstance(default, Required):
        raise Misconfigured(name, f"is required and not set ({unit})")
    return default


def _as_text(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, (list, tuple)):
        return ",".join(str(item) for item in default)
    return str(default)


@overload
def text(
    name: str,
    default: str | Required = ...,
    *,
    meaning: str = ...,
    unit: str = ...,
    shown: str | None = ...,
    min_length: int = ...,
) -> str: ...
@overload
def text(
    name: str,
    default: None,
    *,
    meaning: str = ...,
    unit: str = ...,
    shown: str | None = ...,
    min_length: int = ...,
) -> str | None: ...
def text(
    name: str,
    default: str | Required | None = REQUIRED,
    *,
    meaning: str = "",
    unit: str = "text",
    shown: str | None = None,
    min_length: int = 0,
) -> str | None:
    """A text, stripped. shown replaces the default in the table (for a computed one); min_length is in characters."""

    def parse(raw: str) -> str | None:
        if len(raw) < min_length:
            raise Misconfigured(name, f"needs at least {min_length} characters, has {len(raw)}")
        return raw

    return _read(name, default, parse, unit=unit, shown=shown, meaning=meaning)


def flag(
    name: str, default: bool | Required = REQUIRED, *, meaning: str = "", shown: str | None = None
) -> bool:
    """on or off, also written 1/0, true/false, yes/no."""

    def parse(raw: str) -> bool:
        word = raw.lower()
        if word not in TRUE | FALSE:
            raise Misconfigured(name, f"must be on or off, is {raw!r}")
        return word in TRUE

    return _read(name, default, parse, unit="on/off", shown=shown, meaning=meaning)


def number(
    name: str,
    default: int | Required = REQUIRED,
    *,
    unit: str = "number",
    minimum: int | None = None,
    maximum: int | None = None,
    meaning: str = "",
    shown: str | None = None,
) -> int:
    """A whole number in the given unit (s, min, bytes, port, …), within minimum and maximum."""

    def parse(raw: str) -> int:
        try:
            value = int(raw)
        except ValueError:
            raise Misconfigured(name, f"must be a whole number ({unit}), is {raw!r}") from None
        _within(name, value, minimum, maximum)
        return value

    return _read(name, default, parse, unit=unit, shown=shown, meaning=meaning)


def decimal(
    name: str,
    default: Decimal | Required = REQUIRED,
    *,
    unit: str = "decimal",
    minimum: Decimal | None = None,
    maximum: Decimal | None = None,
    meaning: str = "",
    shown: str | None = None,
) -> Decimal:
    """A decimal number in the given unit (a share, an amount), within minimum and maximum."""

    def parse(raw: str) -> Decimal:
        try:
            value = Decimal(raw)
        except InvalidOperation:
            raise Misconfigured(name, f"must be a decimal number ({unit}), is {raw!r}") from None
        if not value.is_finite():
            raise Misconfigured(name, f"must be a finite number ({unit}), is {raw!r}")
        _within(name, value, minimum, maximum)
        return value

    return _read(name, default, parse, unit=unit, shown=shown, meaning=meaning)


def _within(
    name: str, value: int | Decimal, minimum: int | Decimal | None, maximum: int | Decimal | None
) -> None:
    if minimum is not None and value < minimum:
        raise Misconfigured(name, f"must be at least {minimum}, is {value}")
    if maximum is not None and value > maximum:
        raise Misconfigured(name, f"must be at most {maximum}, is {value}")


@overload
def url(
    name: str,
    default: str | Required = ...,
    *,
    schemes: Iterable[str] = ...,
    meaning: str = ...,
    shown: str | None = ...,
) -> str: ...
@overload
def url(
    name: str,
    default: None,
    *,
    schemes: Iterable[str] = ...,
    meaning: str = ...,
    shown: str | None = ...,
) -> str | None: ...
def url(
    name: str,
    default: str | Required | None = REQUIRED,
    *,
    schemes: Iterable[str] = ("http", "https"),
    meaning: str = "",
    shown: str | None = None,
) -> str | None:
    """An address with one of the schemes. http(s) needs a host; a database's may be a socket (``?host=/path``).

    The value is never repeated in an error: addresses carry passwords.
    """
    allowed = tuple(schemes)

    def parse(raw: str) -> str | None:
        try:
            parts = urlsplit(raw)
            port_is_fine = parts.port is None or parts.port > 0
        except ValueError:
            raise Misconfigured(name, "is not an address that can be read") from None
        if parts.scheme not in allowed or not port_is_fine:
            raise Misconfigured(name, f"must start with {' or '.join(s + '://' for s in allowed)}")
        if parts.scheme in {"http", "https"} and not parts.hostname:
            raise Misconfigured(name, "names no host")
        return raw

    return _read(name, default, parse, unit="URL", shown=shown, meaning=meaning)


def choice(
    name: str,
    default: str | Required = REQUIRED,
    *,
    choices: Sequence[str],
    meaning: str = "",
    shown: str | None = None,
) -> str:
    """One of the given words, in lower case."""

    def parse(raw: str) -> str:
        word = raw.lower()
        if word not in choices:
            raise Misconfigured(name, f"must be one of {', '.join(choices)}, is {raw!r}")
        return word

    return _read(name, default, parse, unit="/".join(choices), shown=shown, meaning=meaning)


def listing(
    name: str,
    default: Sequence[str] | Required = REQUIRED,
    *,
    unit: str = "comma-separated",
    choices: Sequence[str] | None = None,
    meaning: str = "",
    shown: str | None = None,
) -> list[str]:
    """Words between commas, stripped, empty ones left out; each one of choices where those are given."""

    def parse(raw: str) -> Sequence[str]:
        words = [word.strip() for word in raw.split(",") if word.strip()]
        for word in words:
            if choices is not None and word not in choices:
                raise Misconfigured(name, f"may hold {', '.join(choices)}, not {word!r}")
        return words

    return list(_read(name, default, parse, unit=unit, shown=shown, meaning=meaning))


def counts(name: str, *, unit: str = "name=number,…", meaning: str = "") -> dict[str, int]:
    """Whole numbers from 1 by name, "a=1,b=2"; none when it is absent. Which names there are, the caller knows."""

    def parse(raw: str) -> dict[str, int]:
        found = {}
        for word in filter(None, map(str.strip, raw.split(","))):
            key, _, count = (part.strip() for part in word.partition("="))
            if not key or not count.isascii() or not count.isdecimal() or int(count) < 1:
                raise Misconfigured(name, f"may hold pairs such as name=60, not {word!r}")
            found[key] = int(count)
        return found

    return _read(name, {}, parse, unit=unit, shown="", meaning=meaning)


def networks(name: str, *, meaning: str = "") -> Networks:
    """Networks (CIDR) or single addresses between commas; none when it is absent."""

    def parse(raw: str) -> Networks:
        found: Networks = []
        for word in filter(None, map(str.strip, raw.split(","))):
            try:
                found.append(ip_network(word, strict=False))
            except ValueError:
                raise Misconfigured(
                    name, f"may hold networks such as 10.0.0.0/8, not {word!r}"
                ) from None
        return found

    empty: Networks = []
    return _read(name, empty, parse, unit="comma-separated networks", shown=None, meaning=meaning)


def path(
    name: str, default: Path | Required = REQUIRED, *, meaning: str = "", shown: str | None = None
) -> Path:
    """A file or folder; ``~`` is expanded, a relative one is taken from the working folder."""

    def parse(raw: str) -> Path:
        return Path(raw).expanduser().absolute()

    return _read(name, default, parse, unit="path", shown=shown, meaning=meaning)


def load(file: Path) -> None:
    """Put the NAME=value lines of a file into the environment, where the environment does not say otherwise.

    A missing file is no error. Raises Misconfigured naming file and line where a line is none of: blank, comment,
    ``NAME=value``, ``export NAME=value``; a value may stand in single or double quotes.
    """
    if not file.is_file():
        return
    for count, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        entry = line.strip().removeprefix("export ").strip()
        if not entry or entry.startswith("#"):
            continue
        name, equals, value = entry.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name.isidentifier():
            raise Misconfigured(f"{file.name} line {count}", "is not NAME=value")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        os.environ.setdefault(name, value)


def table(variables: Iterable[Variable]) -> str:
    """The variables as a Markdown table."""
    rows = ["| variable | unit | default | meaning |", "|---|---|---|---|"]
    rows += [
        f"| `{v.name}` | {v.unit} | {f'`{v.default}`' if v.default else '(none)'} | {v.meaning} |"
        for v in variables
    ]
    return "\n".join(rows) + "\n"


def example(variables: Iterable[Variable]) -> str:
    """The variables as ``.env.example``: everything commented out, so that a copy changes nothing."""
    blocks = [
        "# Copy to .env and fill in what you need. Everything is optional unless it says required.\n"
    ]
    for v in variables:
        default = v.default or "none"
        blocks.append(f"# {v.meaning}\n# unit: {v.unit}; default: {default}\n# {v.name}=\n")
    return "\n".join(blocks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read all settings; print the table or the example, or with --check only what is wrong. 0 or 1."""
    parser = argparse.ArgumentParser(prog="python -m controltower.env", description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--table", action="store_const", const="table", dest="wanted")
    wanted.add_argument("--example", action="store_const", const="example", dest="wanted")
    wanted.add_argument("--check", action="store_const", const="check", dest="wanted")
    options = parser.parse_args(arguments)
    # Run as a script this module is __main__; the settings register with controltower.env, another instance.
    shared = importlib.import_module("controltower.env")
    try:
        importlib.import_module("controltower.settings")
        importlib.import_module("controltower.plans").read_options()
    except shared.Misconfigured as error:
        print(error, file=sys.stderr)
        return 1
    variables = shared.registered()
    if options.wanted == "table":
        sys.stdout.write(table(variables))
    elif options.wanted == "example":
        sys.stdout.write(example(variables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
