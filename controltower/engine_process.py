"""One engine as a child process: locked, started as the right user, watched, stopped in order."""

import fcntl
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import IO, ClassVar, Final, TypedDict

from controltower.engine_home import EngineError, Home, home_of, passwords
from controltower.processes import die_with_parent, is_running_with, last_line, rotate

STARTS_WITHIN_S: Final = 60  # recovery after a power cut replays at most max_wal_size
STOPS_WITHIN_S: Final = 10


class Dropped(TypedDict, total=False):
    """The keywords of subprocess that make a child give up root."""

    user: int
    group: int
    extra_groups: list[int]


class Engine(ABC):
    """One engine as a child process. Held by a lock in var/run for as long as the starting process lives."""

    name: ClassVar[str]
    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, var: Path) -> None:
        self.home: Home = home_of(var)
        self.secret = passwords(var)[self.name]
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def log(self) -> Path:
        """What the engine itself says."""
        return self.home.var / "log" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """The running engine's process id."""
        return self.home.var / "run" / f"{self.name}.pid"

    @abstractmethod
    def command(self) -> list[str]:
        """The server's command line."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether the engine answers its own user now."""

    @abstractmethod
    def _lay_out(self) -> None:
        """Make data and configuration, clear what a killed predecessor left."""

    def start(self) -> None:
        """Start it and wait until it is ready. Raises EngineError, in one line, when it is not."""
        self.home.prepare()
        self._hold()
        try:
            self._end_orphan()
            self._lay_out()
            self._start_process()
        except BaseException:
            self.stop()
            raise

    def alive(self) -> bool:
        """Whether the process started here still runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Stop it in order, or at once where that takes more than STOPS_WITHIN_S; silent when it does not run."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(self.stop_signal)
                try:
                    self.process.wait(STOPS_WITHIN_S)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            self.process = None
            self.pid_file.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _hold(self) -> None:
        if self._lock is not None:
            return
        lock = open(self.home.var / "run" / f"{self.name}.lock", "a+")  # noqa: SIM115  held until stop
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise EngineError(
                f"{self.title} of {self.home.var} is already run by another process"
            ) from None
        self._lock = lock

    def _end_orphan(self) -> None:
        """Stop a predecessor that outlived its starter: we hold the lock, so nobody else looks after it."""
        try:
            pid = int(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return
        end = time.monotonic() + STOPS_WITHIN_S
        wanted = self.stop_signal
        while is_running_with(pid, str(self.home.data)):
            with suppress(ProcessLookupError):
                os.kill(pid, wanted)
            time.sleep(0.2)
            if time.monotonic() > end:
                wanted = signal.SIGKILL
        self.pid_file.unlink(missing_ok=True)

    def as_engine(self) -> Dropped:
        """The keywords that make a child give up root."""
        who = self.home.account
        return {"user": who.uid, "group": who.gid, "extra_groups": []} if who.drop else {}

    def _start_process(self) -> None:
        rotate(self.log)
        end = time.monotonic() + STOPS_WITHIN_S
        while True:
            self._spawn()
            try:
                self._wait_ready()
            except EngineError:
                # After kill -9 of the postmaster its sessions hold the memory until they notice, a moment later.
                if "still in use" not in last_line(self.log) or time.monotonic() > end:
                    raise
                time.sleep(0.5)
            else:
                return

    def _spawn(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.home.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=die_with_parent(self.stop_signal),
                env=plain_environment(),
                **self.as_engine(),
            )
        self.pid_file.write_text(f"{self.process.pid}\n")

    def _wait_ready(self) -> None:
        end = time.monotonic() + STARTS_WITHIN_S
        while not self.ready():
            if not self.alive():
                raise EngineError(
                    f"{self.title} stopped at its start: {last_line(self.log)} ({self.log})"
                )
            if time.monotonic() > end:
                raise EngineError(
                    f"{self.title} did not answer within {STARTS_WITHIN_S} s: see {self.log}"
                )
            time.sleep(0.05)


def plain_environment() -> dict[str, str]:
    """What an engine needs to know of its surroundings: none of the PG* variables, no secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
