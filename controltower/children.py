"""One process of the tree: started in its own group, watched, started again with growing pauses, stopped with all it started."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from controltower.engines import Engine, EngineError
from controltower.processes import die_with_parent, is_running_with, last_line, rotate

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
STEADY_AFTER_S: Final = 2.0  # "running again" is said of what did not end at once
HEALTHY_AFTER_S: Final = 60.0  # a process that ran this long starts again without a long pause

Say = Callable[[str], None]


class Watched(Protocol):
    """What the tree knows of an engine or a service."""

    @property
    def name(self) -> str:
        """Its short name."""

    def start(self) -> None:
        """Start it; raises EngineError in one line."""

    def alive(self) -> bool:
        """Whether it runs."""

    def why(self) -> str:
        """How it ended, in a few words."""

    def ask_to_stop(self) -> None:
        """Send its stop signal and return at once."""

    def finish(self, within_s: float) -> None:
        """Wait for its end, then end it and what it started by force."""


@dataclass
class Service:
    """A process of ours. command is its argument vector; log and pid file stand in var."""

    name: str
    command: Sequence[str]
    root: Path
    var: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        """Its standard output and error."""
        return self.var / "log" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """The process id, which is its group's as well."""
        return self.var / "run" / f"{self.name}.pid"

    def start(self) -> None:
        """Start it. Raises EngineError where the program is not there."""
        rotate(self.log)
        try:
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    self.command,
                    cwd=self.root,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    process_group=0,
                    preexec_fn=die_with_parent(signal.SIGTERM),
                )
        except OSError as error:
            raise EngineError(f"{self.name} cannot be started: {error}") from None
        self.pid_file.write_text(f"{self.process.pid}\n")

    def alive(self) -> bool:
        """Whether the started process still runs."""
        return self.process is not None and self.process.poll() is None

    def why(self) -> str:
        """Exit code or signal, and the log's last line."""
        code = self.process.poll() if self.process is not None else None
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return f"{how}: {last_line(self.log)}"[:300]

    def ask_to_stop(self) -> None:
        """SIGTERM to the process itself: it knows what to tell its own children."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self, within_s: float) -> None:
        """Wait, then kill the whole group; also sweeps what a dead process left in its group."""
        if self.process is None:
            return
        try:
            self.process.wait(max(within_s, 0))
        except subprocess.TimeoutExpired:
            _kill_group(self.process.pid)
            self.process.wait()
        _kill_group(self.process.pid)
        self.process = None
        self.pid_file.unlink(missing_ok=True)

    def end_orphan(self) -> None:
        """Kill what a predecessor left running; only a command line of this project counts, ids are used again."""
        try:
            pid = int(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return
        if is_running_with(pid, self.command[-1]) and is_running_with(pid, self.command[0]):
            _kill_group(pid)
        self.pid_file.unlink(missing_ok=True)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # gone, or (macOS) nothing but zombies left in it
        return


class EngineService:
    """An engine as a part of the tree."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = engine.title

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.engine.start()

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.engine.alive()

    def why(self) -> str:
        """Its log's last line."""
        return f"{last_line(self.engine.log)} ({self.engine.log})"

    def ask_to_stop(self) -> None:
        """Engines stop one after the other, in finish."""

    def finish(self, within_s: float) -> None:
        """Stop it in order; the engine has its own limit, shorter than any given here."""
        self.engine.stop()


class Keeper:
    """Keeps one process running: notices its end, says so in one line, starts it again after a pause."""

    def __init__(self, watched: Watched, say: Say) -> None:
        self.watched = watched
        self._say = say
        self._pause_s = FIRST_PAUSE_S
        self._started_at = time.monotonic()
        self._again_at: float | None = None
        self._told = True

    def start(self) -> None:
        """The first start; raises EngineError."""
        self.watched.start()
        self._started_at = time.monotonic()

    def look(self) -> None:
        """To be called a few times a second."""
        now = time.monotonic()
        if self._again_at is not None:
            if now >= self._again_at:
                self._again()
        elif not self.watched.alive():
            self._ended(now)
        elif not self._told and now - self._started_at >= STEADY_AFTER_S:
            self._told = True
            self._say(f"{self.watched.name} is running again.")

    def _ended(self, now: float) -> None:
        if now - self._started_at >= HEALTHY_AFTER_S:
            self._pause_s = FIRST_PAUSE_S
        why = self.watched.why()
        self.watched.finish(0)
        self._put_off(f"{self.watched.name} stopped unexpectedly ({why})")

    def _again(self) -> None:
        try:
            self.start()
        except EngineError as error:
            self._put_off(str(error))
        else:
            self._again_at = None
            self._told = False

    def _put_off(self, what: str) -> None:
        self._say(f"{what}; starting it again in {self._pause_s:g} s.")
        self._again_at = time.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
