"""The environment's typed readers: what they give, and the one line that stops the start."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from controltower import env

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "_registry", {})


def test_an_absent_variable_gives_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOWER_X", raising=False)

    assert env.text("TOWER_X", "blue") == "blue"
    assert env.flag("TOWER_X", True) is True
    assert env.number("TOWER_X", 7) == 7
    assert env.listing("TOWER_X", ["a", "b"]) == ["a", "b"]
    assert env.url("TOWER_X", None) is None


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOWER_X", "  ")

    assert env.number("TOWER_X", 7) == 7


def test_a_required_variable_that_is_absent_stops_with_its_name() -> None:
    with pytest.raises(env.Misconfigured, match=r"^TOWER_ABSENT: is required"):
        env.text("TOWER_ABSENT")


@pytest.mark.parametrize(
    ("word", "meant"), [("on", True), ("YES", True), ("1", True), ("off", False), ("False", False)]
)
def test_a_flag_reads_the_usual_words(
    monkeypatch: pytest.MonkeyPatch, word: str, meant: bool
) -> None:
    monkeypatch.setenv("TOWER_X", word)

    assert env.flag("TOWER_X", not meant) is meant


def test_values_are_read_in_their_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "TOWER_N": " 42 ",
        "TOWER_D": "0.25",
        "TOWER_L": "a, b,,c",
        "TOWER_C": "LIVE",
        "TOWER_U": "postgresql://me:secret@/db?host=%2Ftmp",
    }.items():
        monkeypatch.setenv(name, value)

    assert env.number("TOWER_N", 0) == 42
    assert env.decimal("TOWER_D", Decimal(0)) == Decimal("0.25")
    assert env.listing("TOWER_L", []) == ["a", "b", "c"]
    assert env.choice("TOWER_C", "off", choices=("live", "off")) == "live"
    assert env.url("TOWER_U", schemes=("postgresql",)).endswith("?host=%2Ftmp")


def test_what_cannot_be_read_stops_with_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {
        "1.5": lambda: env.number("TOWER_X", 0),
        "70000": lambda: env.number("TOWER_X", 1, maximum=65535),
        "0": lambda: env.number("TOWER_X", 1, minimum=1),
        "NaN": lambda: env.decimal("TOWER_X", Decimal(0)),
        "much": lambda: env.decimal("TOWER_X", Decimal(0)),
        "perhaps": lambda: env.flag("TOWER_X", True),
        "yellow": lambda: env.choice("TOWER_X", "red", choices=("red", "blue")),
        "red,yellow": lambda: env.listing("TOWER_X", [], choices=("red", "blue")),
        "ftp://host": lambda: env.url("TOWER_X", None),
        "http://": lambda: env.url("TOWER_X", None),
        "http://host:port": lambda: env.url("TOWER_X", None),
        "short": lambda: env.text("TOWER_X", min_length=20),
    }
    for value, read in wrong.items():
        monkeypatch.setenv("TOWER_X", value)
        with pytest.raises(env.Misconfigured, match=r"^TOWER_X: "):
            read()


def test_an_address_is_never_repeated_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOWER_X", "mysql://me:hunter2@host/db")

    with pytest.raises(env.Misconfigured) as refused:
        env.url("TOWER_X", schemes=("postgresql",))

    assert "hunter2" not in str(refused.value)


def test_every_read_stands_in_the_table_with_unit_default_and_meaning() -> None:
    env.number("TOWER_X", 60, unit="s", meaning="how long")

    assert "| `TOWER_X` | s | `60` | how long |" in env.table(env.registered())


def test_a_file_fills_in_what_the_environment_leaves_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOWER_SET", "environment")
    monkeypatch.setenv("TOWER_OPEN", "")
    monkeypatch.delenv("TOWER_OPEN")
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nexport TOWER_OPEN='from the file'\nTOWER_SET=file\n")

    env.load(file)

    assert env.text("TOWER_OPEN") == "from the file"
    assert env.text("TOWER_SET") == "environment"


def test_a_line_that_is_no_assignment_stops_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A_NAME=1\nwhat is this\n")

    with pytest.raises(env.Misconfigured, match=r"\.env line 2"):
        env.load(file)


def test_the_example_file_is_exactly_what_the_settings_read() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "controltower.env", "--example"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout

    assert (ROOT / ".env.example").read_text() == printed, "run make env-docs"


def test_the_readme_holds_the_table_of_what_the_settings_read() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "controltower.env", "--table"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.strip() in (ROOT / "README.md").read_text(), "run make env-docs"
