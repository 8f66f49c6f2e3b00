"""What every row of the bench stands on: engines of its own, a fresh database, servers on loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 30


def prepare() -> None:
    """Name the bench's own folder and stage in the environment; before Django is imported."""
    os.environ.setdefault("CONTROLTOWER_VAR", str(ROOT / "var" / "bench"))
    os.environ.setdefault("STAGE", "test")
    os.environ.setdefault("LOG_LEVEL", "error")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")


def free_port() -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(interface: str, target: str) -> Iterator[int]:
    """Serve an application as `make run` serves the tower's; yields the port."""
    port = free_port()
    threads = ["--blocking-threads", "16"] if interface == "wsgi" else []
    server = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", interface, "--host", "127.0.0.1",
            "--port", str(port), "--workers", "1", *threads, "--log-level", "warning", target,
        ],
        cwd=ROOT, env=os.environ.copy(),
    )  # fmt: skip
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=15)


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except urllib.error.HTTPError:
            return  # it answers; what it says is measured later
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)


def called(port: int, requests: list[bytes]) -> tuple[float, dict[str, int]]:
    """Send prepared requests from a second process; returns (requests per second, answers by status)."""
    import json

    feed = b"".join(b"%08d" % len(request) + request for request in requests)
    client = subprocess.run(
        [sys.executable, "-m", "bench.load", str(port)],
        input=feed, capture_output=True, check=True, cwd=ROOT, timeout=300,
    )  # fmt: skip
    told = json.loads(client.stdout)
    return told["answered"] / told["seconds"], told["statuses"]
