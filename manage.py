#!/usr/bin/env python
"""Django's command line for the tower."""

import os
import sys
from typing import Final

START: Final = "`make run` starts it, `python -m controltower.supervise --only engines` PostgreSQL and Valkey alone"


def answers_for(error: Exception) -> str:
    """One line for a database that is not there or was never prepared; empty for anything else."""
    from psycopg import errors
    from psycopg_pool import PoolTimeout

    if isinstance(error.__cause__, PoolTimeout | errors.ConnectionTimeout):
        return f"The database does not answer ({START}; or is DATABASE_URL right?)."
    if isinstance(error.__cause__, errors.UndefinedTable | errors.UndefinedColumn):
        return "The database is not up to date: run `python manage.py migrate` (`make run` does it by itself)."
    return ""


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    from controltower.env import Misconfigured

    try:
        # Celery's current app in this process, so that wake-ups go to our broker and not to Celery's default one.
        import controltower.celery  # noqa: F401

        execute_from_command_line(sys.argv)
    except Misconfigured as error:
        sys.exit(str(error))
    except DatabaseError as error:
        if not (says := answers_for(error)):
            raise
        sys.exit(says)
