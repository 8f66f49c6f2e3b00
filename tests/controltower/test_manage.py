"""manage.py answers a missing database in one line instead of a traceback."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_command_without_its_database_says_how_to_start_one():
    nowhere = {
        **os.environ,
        "DATABASE_URL": "postgresql://tower:x@127.0.0.1:1/tower",
        "LOG_LEVEL": "error",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "odoo_sync"], cwd=ROOT, env=nowhere, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "The database does not answer (`make run` starts it" in done.stderr.splitlines()[-1]
