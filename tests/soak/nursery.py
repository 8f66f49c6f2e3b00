"""Workers by the dozen, each a process of its own to be killed, without starting an interpreter for each.

A nursery imports everything once, opens nothing, and forks a worker for every line it reads; the worker opens its
own connections, so what dies with it is what dies with a real one. It answers with the worker's pid, and, when the
worker is gone, with how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """The test's end: `born` answers a worker once it says it stands where it is to die, or has nothing to do."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.nursery"],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "controltower.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def born(self, told: dict[str, Any]) -> tuple[int, bool]:
        """(pid, whether it said "here"): where it did not, it has ended by itself."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        pid = int(self._line())
        return pid, self._line() == "here"

    def killed(self, pid: int) -> None:
        """SIGKILL for a worker that said "here"; returns when it is gone."""
        os.kill(pid, signal.SIGKILL)
        assert self._line() == f"gone {-signal.SIGKILL}"

    def close(self) -> None:
        """No more workers."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, "the nursery has died"
        return line


def _say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    """Fork a worker per line until the input ends. A worker says "here" itself, or ends without a word."""
    import django

    django.setup()
    from tests.integrations.odoo import doomed_sender

    for line in sys.stdin:
        told = json.loads(line)
        reads, writes = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reads)
            os.dup2(writes, 1)
            try:
                doomed_sender.work(told)
            finally:
                os._exit(0)
        os.close(writes)
        _say(str(pid))
        with os.fdopen(reads) as worker:
            said = worker.readline().strip()
        _say(said or "nothing to do")
        _, status = os.waitpid(pid, 0)
        if said:
            _say(f"gone {-os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}")


if __name__ == "__main__":
    main()
