"""A real n8n beside a running tower, for `make test-n8n` only: N8N_HOME and N8N_NODE say where it is."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest
from django.conf import settings as tower

from apps.integrations.formats.schemes import SCHEMES
from tests.integrations.outgoing.receiver import Receiver

collect_ignore_glob = [] if os.environ.get("N8N_HOME") else ["test_*.py"]

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "n8n_test"
_STARTS_IN_S = 180


@dataclass
class N8n:
    """n8n with both workflows active. messages: where the second one writes to."""

    url: str
    partner_secret: str
    subscription_secret: str
    messages: Receiver


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def messages() -> Iterator[Receiver]:
    made = Receiver().start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def n8n(live_server, messages, tmp_path_factory) -> Iterator[N8n]:
    home, node = Path(os.environ["N8N_HOME"]), os.environ["N8N_NODE"]
    generate = SCHEMES["standard_webhooks"].generate
    made = N8n(f"http://127.0.0.1:{_free_port()}", generate(), generate(), messages)
    folder = tmp_path_factory.mktemp("n8n")
    environment = {**os.environ, **_settings(made, live_server.url, folder)}
    _fresh_database()
    program = [node, str(home / "node_modules" / "n8n" / "bin" / "n8n")]
    for step in (
        ["import:workflow", "--separate", f"--input={ROOT / 'docs' / 'n8n'}"],
        ["update:workflow", "--all", "--active=true"],
    ):
        done = subprocess.run(
            [*program, *step],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
    log = (folder / "n8n.log").open("w")
    running = subprocess.Popen([*program, "start"], env=environment, stdout=log, stderr=log)
    try:
        _wait(made.url, running, folder / "n8n.log")
        yield made
    finally:
        running.terminate()
        running.wait(60)
        log.close()


def _settings(made: N8n, tower_url: str, folder: Path) -> dict[str, str]:
    base = tower.DATABASES["default"]
    return {
        "TOWER_URL": tower_url,
        "TOWER_PARTNER": "n8n",
        "TOWER_PARTNER_SECRET": made.partner_secret,
        "TOWER_SUBSCRIPTION_SECRET": made.subscription_secret,
        "MESSAGE_URL": made.messages.url,
        "NODE_FUNCTION_ALLOW_BUILTIN": "crypto",
        "N8N_BLOCK_ENV_ACCESS_IN_NODE": "false",
        "N8N_USER_FOLDER": str(folder),
        "N8N_PORT": made.url.rsplit(":", 1)[1],
        "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_RUNNERS_ENABLED": "true",
        "N8N_RUNNERS_BROKER_PORT": str(_free_port()),
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_PERSONALIZATION_ENABLED": "false",
        "DB_TYPE": "postgresdb",
        "DB_POSTGRESDB_HOST": str(base["HOST"]),
        "DB_POSTGRESDB_PORT": str(base["PORT"] or 5432),
        "DB_POSTGRESDB_DATABASE": DATABASE,
        "DB_POSTGRESDB_USER": str(base["USER"]),
        "DB_POSTGRESDB_PASSWORD": str(base["PASSWORD"]),
    }


def _fresh_database() -> None:
    base = tower.DATABASES["default"]
    with psycopg.connect(
        host=base["HOST"],
        port=base["PORT"] or 5432,
        user=base["USER"],
        password=base["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")


def _wait(url: str, running: subprocess.Popen[bytes], log: Path) -> None:
    gives_up = time.monotonic() + _STARTS_IN_S
    while time.monotonic() < gives_up:
        assert running.poll() is None, log.read_text()[-2000:]
        try:
            with urlopen(f"{url}/healthz/readiness", timeout=2) as answer:
                if answer.status == 200 and "Activated workflow" in log.read_text():
                    return
        except OSError:
            time.sleep(1)
        time.sleep(0.5)
    raise AssertionError(f"n8n did not start: {log.read_text()[-2000:]}")
