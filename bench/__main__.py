"""`python -m bench [accept] [batch] [burst] [hostile] [screen] [odoo] [full]`: measure, print, and fail when a budget is missed."""

import os
import sys
from pathlib import Path

from bench import ground


def main() -> int:
    """All rows, or those named; 1 when a budget is missed."""
    ground.prepare()
    from controltower.engines import Postgres, Valkey

    var, started = Path(os.environ["CONTROLTOWER_VAR"]), []
    try:
        for engine in [] if os.environ.get("DATABASE_URL") else [Postgres(var), Valkey(var)]:
            engine.start()
            started.append(engine)
        return _measure(set(sys.argv[1:]))
    finally:
        for engine in reversed(started):
            engine.stop()


def _measure(wanted: set[str]) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    import controltower.celery  # noqa: F401  what is woken from here goes to the tower's broker

    os.environ["DATABASE_URL"] = (
        settings.DATABASE_URL
    )  # for the bare handler, which knows no Django
    call_command("migrate", verbosity=0)
    from apps.journal import partitions
    from bench import accept, batch, burst, full, hostile, odoo, screen

    partitions.make()
    held = True
    for name, module in (
        ("accept", accept),
        ("batch", batch),
        ("burst", burst),
        ("hostile", hostile),
        ("screen", screen),
        ("odoo", odoo),
        ("full", full),
    ):
        if wanted and name not in wanted:
            continue
        for row in module.measure():
            print(row, flush=True)
            held = held and row.is_held
    connection.close()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
