"""The tower as one process tree: ``python -m controltower.supervise``, which is what ``make run`` does.

Starts the engines that no variable names, brings the database up to date, then runs the tower's processes until
Ctrl-C or SIGTERM. ``--only engines`` runs PostgreSQL and Valkey alone, for tests and measurements.
Logs are in var/log, process ids in var/run.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from controltower import env
from controltower.engines import EngineError
from controltower.plans import ROOT, read_options
from controltower.tree import Tree, say


def settings_can_be_read() -> bool:
    """Whether the settings' variables are in order; if not, one line says which, instead of every process's traceback."""
    check = [sys.executable, "-m", "controltower.env", "--check"]
    return subprocess.run(check, cwd=ROOT, check=False).returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after an ordered stop, 1 when something kept it from starting (told in one line)."""
    parser = argparse.ArgumentParser(prog="python -m controltower.supervise", description=__doc__)
    parser.add_argument("--only", choices=["engines"], help="run PostgreSQL and Valkey alone")
    chosen = parser.parse_args(arguments)
    try:
        env.load(ROOT / ".env")
        options = read_options()
    except env.Misconfigured as error:
        say(str(error))
        return 1
    try:
        if chosen.only is None and not settings_can_be_read():
            return 1
        return Tree(options, only_engines=chosen.only == "engines").run()
    except EngineError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:  # before the tree took the signals over
        return 0


if __name__ == "__main__":
    sys.exit(main())
