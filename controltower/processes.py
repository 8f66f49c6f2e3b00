"""Facts about processes and their log files that engines and supervisor share."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
KEPT_LOGS: Final = 3


def die_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """For a child to call before exec: have the kernel send it the signal when its parent dies, however that dies.

    Linux only (None elsewhere: there the next start ends what is left). The kernel forgets the wish when the child
    changes its user, so it must come after that; subprocess calls preexec_fn in that order.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask


def is_running(pid: int) -> bool:
    """Whether there is a process with this id, ours or not; a zombie counts as gone."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return "Z" not in _ps(pid, "state")


def is_running_with(pid: int, text: str) -> bool:
    """Whether the process has the text in its command line: process ids are used again, command lines tell."""
    return is_running(pid) and text in _ps(pid, "command")


def _ps(pid: int, column: str) -> str:
    """The process's command line or state letter; empty when it is gone. Slim containers have /proc and no ps."""
    proc = Path(f"/proc/{pid}")
    try:
        if sys.platform == "linux" and column == "command":
            return (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        if sys.platform == "linux":
            # The second field, the name in brackets, may hold anything.
            return (proc / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
    asked = subprocess.run(
        ["ps", "-ww", "-o", f"{column}=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    return asked.stdout


def rotate(log: Path) -> None:
    """Move a log that holds something to .1, .1 to .2 and so on; the last of KEPT_LOGS goes."""
    if not log.exists() or log.stat().st_size == 0:
        return
    for count in range(KEPT_LOGS, 0, -1):
        older = log.with_name(f"{log.name}.{count}")
        newer = log if count == 1 else log.with_name(f"{log.name}.{count - 1}")
        if newer.exists():
            newer.replace(older)


def last_line(log: Path) -> str:
    """The last line that says something, for a message of one line."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    fatal = [line for line in lines[-20:] if "FATAL" in line]
    return (fatal or lines or ["it said nothing"])[-1].strip()
