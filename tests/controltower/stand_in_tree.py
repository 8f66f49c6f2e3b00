"""A supervised tree whose processes are stand-ins, run by test_supervise.py: the engines and the supervisor are real."""

import sys

from controltower import plans, supervise
from controltower.plans import Plan

if __name__ == "__main__":
    step = (
        "{python} -c raise(SystemExit('no_such_table'))"
        if "failing-step" in sys.argv
        else "{python} -c pass"
    )
    plans.STEPS = (Plan("migrate", step),)
    server = "{python} -m tests.controltower.stand_in_server"
    plans.PROCESSES = (
        Plan("web", f"{server} {{port}}", ready="http://127.0.0.1:{port}/healthz"),
        Plan("socket", f"{server} {{socket_port}}", ready="tcp:{socket_port}"),
        Plan("worker", f"{server} 0 {'stubborn' if 'stubborn' in sys.argv else ''}"),
    )
    supervise.settings_can_be_read = lambda: True
    sys.exit(supervise.main([]))
