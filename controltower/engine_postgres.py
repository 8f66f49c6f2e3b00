"""The bundled PostgreSQL."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from controltower import env
from controltower.engine_home import EngineError, postgres_binaries, write_private
from controltower.engine_process import Engine, plain_environment
from controltower.processes import is_running_with

USER: Final = "tower"
DATABASE: Final = "tower"

# Durable as the promises demand; its memory is that of the machine (memory_of). DATABASE_URL is the way to anything bigger.
SETTINGS: Final[Mapping[str, str]] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    # Identities fall anywhere in their index: right after a checkpoint nearly every event brings a whole page into
    # the log, and squeezing it with pglz (this build has no lz4) cost three times what the rest of the INSERT does.
    "wal_compression": "off",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "20s",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "log_min_duration_statement": "2s",
    "log_line_prefix": "%m [%p] %a ",
    "password_encryption": "scram-sha-256",
    "listen_addresses": "",
    "port": "5432",
}


class Postgres(Engine):
    """The bundled PostgreSQL: scram passwords on a socket in a closed folder, fsync on."""

    name = "postgres"
    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint, needs no recovery

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        self.major = bundled_major()
        self.data = self.home.data / f"postgres-{self.major}"

    def command(self) -> list[str]:
        """postgres in the foreground with SETTINGS."""
        server = postgres_binaries(self.home, self.major) / "postgres"
        line = [str(server), "-D", str(self.data), "-k", str(self.home.sockets)]
        for name, value in {**SETTINGS, **memory_of(shared_mb())}.items():
            line += ["-c", f"{name}={value}"]
        return line

    def ready(self) -> bool:
        """Whether it accepts the tower's user."""
        try:
            with self._connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.home.sockets),
            port=5432,
            user=USER,
            password=self.secret,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _lay_out(self) -> None:
        if not (self.data / "PG_VERSION").is_file():
            self._init()
        # PostgreSQL takes the recorded pid for itself whenever some process has that number, which after a power cut
        # or in a container is likely. We hold the lock and have ended our orphan: the file can only be stale.
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists() and not is_running_with(_first_number(pid_file), str(self.data)):
            pid_file.unlink()

    def _init(self) -> None:
        """Make the cluster beside its place and move it there, so that a kill in between leaves no half of one."""
        draft = self.home.data / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        password = self.home.data / "password"
        write_private(password, self.secret)
        if self.home.account.drop:
            os.chown(password, self.home.account.uid, self.home.account.gid)
        binary = postgres_binaries(self.home, self.major) / "initdb"
        line = [
            str(binary),
            "-D",
            str(draft),
            "-U",
            USER,
            f"--pwfile={password}",
            "--encoding=UTF8",
        ]
        line += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--data-checksums"]
        line += [
            "--lc-collate=C",
            f"--lc-ctype={_utf8_locale()}",
            "--lc-messages=C",
            "--no-instructions",
        ]
        try:
            made = subprocess.run(
                line,
                cwd=self.home.data,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
                env=plain_environment(),
                **self.as_engine(),
            )
        finally:
            password.unlink()
        if made.returncode != 0:
            lines = made.stderr.strip().splitlines() or ["no message"]
            raise EngineError(f"PostgreSQL's data folder could not be made: {lines[-1]}")
        draft.rename(self.data)

    def _start_process(self) -> None:
        super()._start_process()
        with self._connect("postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def bundled_major() -> int:
    """Which of the bundled PostgreSQL to run: the oldest that the tower promises to work with, unless told."""
    return env.number(
        "POSTGRES_MAJOR",
        16,
        unit="version",
        meaning="which bundled PostgreSQL to run: 16, or 18 on Linux",
    )


def memory_of(shared_mb: int) -> dict[str, str]:
    """What is kept of the database in memory, and what the planner may take to be in the machine's file cache.

    Three times as much again in the file cache: an eighth of a machine here, half of it in all.
    """
    return {"shared_buffers": f"{shared_mb}MB", "effective_cache_size": f"{4 * shared_mb}MB"}


def shared_mb() -> int:
    """An eighth of the machine's memory, or of what this container may use: 128 MB to 2 GB, unless told.

    Ten million events have 2 GB of indexes that every new event falls into anywhere.
    """
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    share = min(machine, *_container_limits()) // 8 // 2**20
    return env.number(
        "POSTGRES_SHARED_MB",
        max(128, min(2048, share)),
        unit="MB",
        minimum=16,
        meaning="memory the bundled PostgreSQL keeps for itself",
        shown="an eighth of the machine's, 128 to 2048",
    )


def _container_limits() -> list[int]:
    """Bytes that the kernel lets this container use: cgroup v2 and v1; a machine of its own has none."""
    limits = [sys.maxsize]
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # no such file, or "max"
            limits.append(int(Path(file).read_text()))
    return limits


def _first_number(file: Path) -> int:
    """The process id in a postmaster.pid, 0 where a power cut left the file empty."""
    words = file.read_text(errors="replace").split()
    return int(words[0]) if words and words[0].isdigit() else 0


def _utf8_locale() -> str:
    """A locale of this machine whose upper and lower case know more than ASCII; sorting stays by bytes."""
    listed = shutil.which("locale")
    if listed is None:
        return "C"
    known = subprocess.run([listed, "-a"], capture_output=True, text=True, check=False, timeout=30)
    names = known.stdout.split()
    for wanted in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "en_US.utf8"):
        if wanted in names:
            return wanted
    return "C"
