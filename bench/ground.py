"""What every row of the bench stands on: engines of its own, a fresh database, servers on loopback."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 120


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
            "--port", str(port), "--workers", "2", *threads, "--log-level", "warning", target,
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


def called(port: int, requests: list[bytes], rate: float = 0.0) -> dict[str, Any]:
    """Send prepared requests from a second process, at a rate (per second) or as fast as they are answered.

    Returns what bench.load prints, and "rate": requests answered per second.
    """
    feed = b"".join(b"%08d" % len(request) + request for request in requests)
    client = subprocess.run(
        [sys.executable, "-m", "bench.load", str(port), str(rate)],
        input=feed, stdout=subprocess.PIPE, check=True, cwd=ROOT, timeout=300,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(client.stdout)
    return told | {"rate": told["answered"] / told["seconds"]}


@contextmanager
def working(workers: int, queues: str = "pipe,journal,default") -> Iterator[None]:
    """So many worker processes as `make run` starts them, ready to work."""
    from controltower.celery import app

    started = [
        subprocess.Popen(
            [
                sys.executable, "-m", "celery", "-A", "controltower", "worker", "-P", "threads", "-c", "6",
                "-Q", queues, "-n", f"bench{number}@%h", "--without-gossip", "--without-mingle", "--loglevel", "error",
            ],
            cwd=ROOT, env=os.environ | {"PYTHONWARNINGS": "ignore"}, stdout=subprocess.DEVNULL,
        )
        for number in range(workers)
    ]  # fmt: skip
    try:
        give_up = time.monotonic() + _PATIENCE_S
        while len(app.control.ping(timeout=0.5) or ()) < workers:
            if time.monotonic() > give_up:
                raise SystemExit("the workers did not start")
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def until(is_done: Callable[[], bool], nudge: Callable[[], None], within_s: float = 600) -> float:
    """Wait, nudging once a second; returns the seconds it took."""
    start = nudged = time.perf_counter()
    while not is_done():
        now = time.perf_counter()
        if now - start > within_s:
            raise SystemExit(f"not done within {within_s:.0f} s")
        if now - nudged > 1:
            nudged = now
            nudge()
        time.sleep(0.05)  # who looks more often takes what it measures
    return time.perf_counter() - start
