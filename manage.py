#!/usr/bin/env python
"""Django's command line for the tower."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")
    from django.core.management import execute_from_command_line

    from controltower.env import Misconfigured

    try:
        # Celery's current app in this process, so that wake-ups go to our broker and not to Celery's default one.
        import controltower.celery  # noqa: F401

        execute_from_command_line(sys.argv)
    except Misconfigured as error:
        sys.exit(str(error))
