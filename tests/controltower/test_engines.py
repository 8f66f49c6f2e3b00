"""The tower's own PostgreSQL and Valkey: they survive kills, keep their data and let nobody else in."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from controltower import engine_home, engine_postgres, engines
from controltower.processes import is_running

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder that the engines' user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="ctvar-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def postgres(var: Path) -> Iterator[engines.Postgres]:
    engine = engines.Postgres(var)
    engine.start()
    yield engine
    engine.stop()


def rows(var: Path, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(engines.urls(var).database_url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_addresses_are_known_before_anything_runs_and_stay(var: Path) -> None:
    first = engines.urls(var)

    engine = engines.Valkey(var)
    engine.start()
    engine.stop()

    assert engines.urls(var) == first
    assert (var / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_fresh_postgres_is_durable_and_knows_letters_beyond_ascii(
    var: Path, postgres: engines.Postgres
) -> None:
    assert rows(var, "SELECT current_setting('fsync'), current_setting('synchronous_commit')") == [
        ("on", "on")
    ]
    assert rows(var, "SELECT upper('käse')") == [("KÄSE",)]


def test_postgres_takes_the_memory_it_is_given(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_SHARED_MB", "64")
    engine = engines.Postgres(var)
    engine.start()
    try:
        assert rows(var, "SHOW shared_buffers") == [("64MB",)]
    finally:
        engine.stop()


def test_untold_it_takes_an_eighth_of_the_machine_between_128_mb_and_2_gb(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = {}
    for machine_gb in (0.5, 8, 64):
        sizes = {"SC_PHYS_PAGES": int(machine_gb * 2**18), "SC_PAGE_SIZE": 4096}
        with monkeypatch.context() as patch:
            patch.setattr(os, "sysconf", sizes.__getitem__)
            patch.setattr(engine_postgres, "_container_limits", lambda: [2**50])
            words = engines.Postgres(var).command()
        taken[machine_gb] = [word for word in words if word.startswith("shared_buffers=")]
    assert taken == {
        0.5: ["shared_buffers=128MB"], 8: ["shared_buffers=1024MB"], 64: ["shared_buffers=2048MB"],
    }  # fmt: skip


def test_nobody_gets_in_without_the_password(var: Path, postgres: engines.Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(postgres.home.sockets), user="tower", dbname="tower", password="x")
    assert postgres.home.sockets.stat().st_mode & 0o077 == 0


def test_committed_rows_survive_the_kill_of_postgres(var: Path, postgres: engines.Postgres) -> None:
    rows(var, "CREATE TABLE kept (id int)")
    rows(var, "INSERT INTO kept VALUES (1)")
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    assert not postgres.alive()

    postgres.stop()
    postgres.start()

    assert rows(var, "SELECT id FROM kept") == [(1,)]


def test_a_stale_pid_file_with_a_living_strangers_number_does_not_keep_it_from_starting(
    var: Path, postgres: engines.Postgres
) -> None:
    postgres.stop()
    who = postgres.home.account
    # Of the same user, because PostgreSQL itself takes only its own user's processes for another server.
    as_engine = {"user": who.uid, "group": who.gid, "extra_groups": []} if who.drop else {}
    stranger = subprocess.Popen(["/bin/sleep", "60"], **as_engine)
    try:
        file = postgres.data / "postmaster.pid"
        file.write_text(f"{stranger.pid}\n{postgres.data}\n0\n5432\n\n\n\n")
        postgres.start()
        assert postgres.ready()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_empty_pid_file_left_by_a_power_cut_does_not_keep_it_from_starting(
    var: Path, postgres: engines.Postgres
) -> None:
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text("")

    postgres.start()

    assert postgres.ready()


def test_a_killed_starter_takes_its_engine_along_and_the_next_start_works(var: Path) -> None:
    script = (
        "import sys, time, pathlib\nfrom controltower import engines\n"
        "p = engines.Postgres(pathlib.Path(sys.argv[1]))\np.start()\nprint(p.process.pid, flush=True)\ntime.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(var)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    starter.stdout.close()

    engine = engines.Postgres(var)
    engine.start()
    try:
        assert not is_running(pid)
        assert engine.ready()
    finally:
        engine.stop()


def test_a_second_starter_is_told_in_one_line(var: Path, postgres: engines.Postgres) -> None:
    with pytest.raises(engines.EngineError, match=r"already run by another process$"):
        engines.Postgres(var).start()


def test_an_engine_that_cannot_start_says_why_in_one_line(
    var: Path, postgres: engines.Postgres
) -> None:
    postgres.stop()
    (postgres.data / "postgresql.conf").write_text("nonsense = 1\n")

    with pytest.raises(
        engines.EngineError, match=r"PostgreSQL stopped at its start: .*FATAL"
    ) as told:
        postgres.start()

    assert "\n" not in str(told.value)


def test_valkey_asks_for_the_password_and_writes_nothing_to_disk(var: Path) -> None:
    engine = engines.Valkey(var)
    engine.start()
    try:
        client = redis.Redis.from_url(engines.urls(var).redis_url)
        assert client.config_get("appendonly") == {"appendonly": "no"}
        assert int(client.config_get("maxmemory")["maxmemory"]) > 0
        client.close()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(unix_socket_path=str(engine.home.sockets / "valkey.sock")).ping()
    finally:
        engine.stop()


def test_a_long_path_gets_short_sockets(var: Path) -> None:
    deep = var / ("a" * 60) / ("b" * 60)
    home = engine_home.home_of(deep)
    engine = engines.Valkey(deep)
    engine.start()
    try:
        assert len(os.fsencode(home.sockets)) <= engine_home.SOCKET_FOLDER_MAX_BYTES
        assert engine.ready()
    finally:
        engine.stop()
        shutil.rmtree(home.sockets)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's engines run as somebody else")
def test_below_a_folder_closed_to_others_the_data_lies_outside_and_stays_there(var: Path) -> None:
    closed = var / "closed"
    closed.mkdir(mode=0o700)
    inner = closed / "var"
    engine = engines.Postgres(inner)
    engine.start()
    data = engine.home.data
    try:
        rows(inner, "CREATE TABLE kept (id int)")
        engine.stop()
        assert not data.is_relative_to(closed)
        assert str(data) in (inner / "engines.json").read_text()

        closed.chmod(0o755)
        again = engines.Postgres(inner)
        again.start()
        assert rows(inner, "SELECT count(*) FROM kept") == [(0,)]
        again.stop()
    finally:
        engine.stop()
        shutil.rmtree(data)


def test_celery_gets_the_same_socket_in_its_own_words() -> None:
    assert engines.broker_url("redis://host:6379/0") == "redis://host:6379/0"
    assert (
        engines.broker_url("unix://:pw@/run/v.sock?db=2")
        == "redis+socket://:pw@/run/v.sock?virtual_host=2"
    )
