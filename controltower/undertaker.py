"""What ends the tree when its supervisor was killed: ``python undertaker.py VAR``, with a pipe from the supervisor as stdin.

The kernel closes the pipe when the supervisor ends, however it ends. Then every process group that still has a pid
file in VAR/run is ended: the tower's processes first, the engines in order. After an ordered stop there is no pid file
left, and nothing to do. It holds VAR/run/undertaker.lock, so that a new supervisor waits until it is done.
Standard library only: it stands by for the whole life of the tower and should be small.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

ENGINES = {"valkey": signal.SIGTERM, "postgres": signal.SIGINT}  # in the order of their end
STOPS_WITHIN_S = 5


def groups(run: Path) -> dict[str, int]:
    """Name and process group of everything that has a pid file."""
    found = {}
    for file in run.glob("*.pid"):
        text = file.read_text().strip()
        if text.isdigit() and int(text) > 1:
            found[file.stem] = int(text)
    return found


def send(group: int, what: int) -> bool:
    """Send a signal to a group; False when nobody is left in it."""
    try:
        os.killpg(group, what)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS's word for a group of zombies
        return False
    return True


def end(those: list[tuple[int, int]]) -> None:
    """Ask the groups to end, each with its signal, and kill what has not ended in time."""
    left = [group for group, asked in those if send(group, asked)]
    give_up = time.monotonic() + STOPS_WITHIN_S
    while left and time.monotonic() < give_up:
        time.sleep(0.1)
        left = [group for group in left if send(group, 0)]
    for group in left:
        send(group, signal.SIGKILL)


def main() -> None:
    """Wait for the end of the supervisor, then clear up behind it."""
    run = Path(sys.argv[1]) / "run"
    with open(run / "undertaker.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print("watching", flush=True)
        while sys.stdin.buffer.read(1):
            continue
        found = groups(run)
        end([(group, signal.SIGTERM) for name, group in found.items() if name not in ENGINES])
        for name, asked in ENGINES.items():
            if name in found:
                end([(found[name], asked)])
        for name in found:
            (run / f"{name}.pid").unlink(missing_ok=True)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    main()
