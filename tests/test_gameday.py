"""The game day (R256) is one command: what its page says is done is what the command runs, and all of it is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_and_the_command_name_the_same_drills_and_each_exists():
    page = (ROOT / "docs" / "gameday.md").read_text()
    said = set(re.findall(r"\| `(tests/[\w/]+\.py)` \|", page))
    listed = re.search(r"^GAMEDAY := ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert listed
    run = set(re.findall(r"tests/[\w/]+\.py", listed[1]))
    assert said == run
    assert len(run) >= 6
    for drill in run:
        assert re.search(r"^def test_", (ROOT / drill).read_text(), re.M), drill


def test_broker_odoo_and_carrier_are_among_them():
    """Each really taken away: a process killed, or a server that answers nothing but trouble."""
    assert '"valkey"' in (ROOT / "tests/soak/test_gateway.py").read_text()
    assert "own.kill()" in (ROOT / "tests/integrations/odoo/test_outage.py").read_text()
    assert "status = 503" in (ROOT / "tests/integrations/test_outage.py").read_text()
