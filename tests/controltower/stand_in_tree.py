"""A supervised tree whose processes are stand-ins, run by test_supervise.py: the engines and the supervisor are real."""

import sys
from pathlib import Path

from controltower import supervise

HERE = Path(__file__).parent

if __name__ == "__main__":
    supervise.STEPS = (supervise.Plan("migrate", "{python} -c pass"),) + (
        (supervise.Plan("demo_seed", "{python} manage.py demo_seed_that_is_not_there"),)
        if "no-seed" in sys.argv
        else ()
    )
    server = f"{{python}} {HERE / 'stand_in_server.py'}"
    supervise.PROCESSES = (
        supervise.Plan("web", f"{server} {{port}}", ready="http://127.0.0.1:{port}/healthz"),
        supervise.Plan("socket", f"{server} {{socket_port}}", ready="tcp:{socket_port}"),
        supervise.Plan("worker", f"{server} 0 stubborn"),
    )
    supervise.settings_can_be_read = lambda: True
    sys.exit(supervise.main([]))
