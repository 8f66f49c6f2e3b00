"""The process tree: comes up, heals, and leaves nothing behind however it ends."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psycopg
import pytest

from controltower import engines
from controltower.processes import is_running
from controltower.tree import answers

ROOT = Path(__file__).resolve().parents[2]
GIVE_UP_S = 60  # for a hang, not a measurement


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + GIVE_UP_S
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


class Running:
    """A supervisor with stand-in processes on its own ports and var folder."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.ports = {"PORT": free_port(), "SOCKET_PORT": free_port(), "SANDBOX_PORT": free_port()}
        self.output = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self, *words: str, **more: str) -> "Running":
        inherited = {
            k: v
            for k, v in os.environ.items()
            if k not in {"DATABASE_URL", "REDIS_URL", "ODOO_URL"}
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.controltower.stand_in_tree", *words],
            cwd=ROOT,
            env={
                **inherited,
                "CONTROLTOWER_VAR": str(self.var),
                **{name: str(port) for name, port in self.ports.items()},
                **more,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self

    @property
    def lines(self) -> IO[str]:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout

    def says(self, words: str) -> str:
        """Read on until a line has the words; the line."""
        for line in self.lines:
            self.output += line
            if words in line:
                return line
        raise AssertionError(f"never said {words!r}: {self.output}")

    def ends(self) -> int:
        assert self.process is not None
        self.output += self.lines.read()
        code = self.process.wait(GIVE_UP_S)
        self.lines.close()
        return code

    def asks_to_stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.ends()

    def pid(self, name: str) -> int:
        return int((self.var / "run" / f"{name}.pid").read_text())

    def everybody(self) -> list[int]:
        """All processes of the tree but the supervisor: engines, services, and the services' own children."""
        pids = [self.pid(name) for name in ("postgres", "valkey", "web", "socket", "worker")]
        return pids + [self.child_of(name) for name in ("web", "socket", "worker")]

    def child_of(self, name: str) -> int:
        """The child that a service tells of in its log; on a busy machine the port answers before that is written."""
        log, give_up = self.var / "log" / f"{name}.log", time.monotonic() + GIVE_UP_S
        while time.monotonic() < give_up:
            told = re.search(r"child (\d+)\s", log.read_text())
            if told:
                return int(told[1])
            time.sleep(0.05)
        raise AssertionError(f"{name} never told of its child")


@pytest.fixture
def tree() -> Iterator[Running]:
    var = Path(tempfile.mkdtemp(prefix="ctvar-", dir="/tmp"))
    var.chmod(0o755)
    running = Running(var)
    yield running
    if running.process is not None and running.process.poll() is None:
        running.asks_to_stop()
    shutil.rmtree(var)


def test_an_asked_stop_ends_everything_in_order_with_code_0(tree: Running) -> None:
    tree.start("stubborn").says("The tower is up")
    pids = tree.everybody()

    assert tree.asks_to_stop(signal.SIGINT) == 0
    assert not [pid for pid in pids if is_running(pid)]
    assert "database system is shut down" in (tree.var / "log" / "postgres.log").read_text()
    assert not list((tree.var / "run").glob("*.pid"))


def test_kill_9_of_the_supervisor_leaves_nobody_behind_and_the_next_start_works(
    tree: Running,
) -> None:
    tree.start("stubborn").says("The tower is up")
    pids = tree.everybody()
    assert tree.process is not None
    tree.process.kill()
    tree.ends()

    tree.start().says("The tower is up")

    assert not [pid for pid in pids if is_running(pid)]
    assert "database system was shut down" in (tree.var / "log" / "postgres.log").read_text()


def test_a_killed_process_is_told_in_one_line_and_comes_back(tree: Running) -> None:
    tree.start().says("The tower is up")
    first = tree.pid("web")
    os.kill(first, signal.SIGKILL)

    line = tree.says("web stopped unexpectedly (signal 9")
    tree.says("web is running again.")

    assert "starting it again in" in line
    assert tree.pid("web") != first
    until(lambda: answers(f"http://127.0.0.1:{tree.ports['PORT']}/healthz"))


def test_a_killed_postgres_comes_back_with_its_data(tree: Running) -> None:
    tree.start().says("The tower is up")
    address = engines.urls(tree.var).database_url
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS id")
    os.kill(tree.pid("postgres"), signal.SIGKILL)

    tree.says("PostgreSQL stopped unexpectedly")
    tree.says("PostgreSQL is running again.")

    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT id FROM kept").fetchall() == [(7,)]


def test_a_busy_port_is_told_in_one_line_before_anything_is_started(tree: Running) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", tree.ports["SOCKET_PORT"]))
        other.listen()

        assert tree.start().ends() == 1

    assert tree.output.startswith(f"Port {tree.ports['SOCKET_PORT']} cannot be used")
    assert "SOCKET_PORT" in tree.output
    assert tree.output.count("\n") == 1
    assert not (tree.var / "engines").exists()


def test_a_second_supervisor_on_the_same_folder_is_told_in_one_line(tree: Running) -> None:
    tree.start().says("The tower is up")

    second = Running(tree.var).start()

    assert second.ends() == 1
    assert second.output.startswith("A tower already runs on")
    assert second.output.count("\n") == 1


def test_a_variable_that_cannot_be_read_is_told_in_one_line(tree: Running) -> None:
    assert tree.start(TRAFFIC="sometimes").ends() == 1
    assert tree.output == "TRAFFIC: must be on or off, is 'sometimes'\n"


def test_a_step_that_fails_ends_the_start_with_its_own_last_words(tree: Running) -> None:
    assert tree.start("failing-step").ends() == 1

    assert "migrate failed (exit code 1: no_such_table)" in tree.output
    assert "Traceback" not in tree.output
    assert not list((tree.var / "run").glob("*.pid"))


def test_the_banner_names_the_sign_ins_and_the_way_to_a_real_odoo(tree: Running) -> None:
    (tree.var / "demo.json").write_text(
        '{"sign_ins": [{"role": "Finance", "email": "fiona@example.com", "password": "pw-1"}],'
        ' "links": ["http://127.0.0.1/t/abc"]}'
    )
    tree.start().says("The tower is up at")
    assert tree.asks_to_stop() == 0

    for words in (
        "fiona@example.com",
        "pw-1",
        "http://127.0.0.1/t/abc",
        "ODOO_URL",
        "ODOO_API_KEY",
    ):
        assert words in tree.output


def test_engines_alone_run_for_tests_and_measurements(tree: Running) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "controltower.supervise", "--only", "engines"],
        cwd=ROOT,
        env={**os.environ, "CONTROLTOWER_VAR": str(tree.var), "DATABASE_URL": "", "REDIS_URL": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    tree.process = process

    tree.says("PostgreSQL and Valkey running")
    with psycopg.connect(engines.urls(tree.var).database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert tree.asks_to_stop() == 0
