"""A worker that is killed after the receiver took an event and before that is written down.

python -m tests.integrations.outgoing.doomed_lane '{"database": …, "subscription": 1, "hosts": ["127.0.0.1"]}'
"""

import json
import os
import signal
import sys


def main(told: dict) -> None:
    """Send one event, and die in between."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    connections.settings["default"]["NAME"] = told["database"]
    settings.OUTGOING_ALLOW_PRIVATE, settings.WAKE_UPS = told["hosts"], False
    from apps.integrations.outgoing import fates, lanes

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    fates.settle = die  # type: ignore[assignment]
    lanes.work_lane(told["subscription"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
