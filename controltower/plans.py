"""What the tower consists of, as data: the commands that prepare it and the processes that run it."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controltower import env
from controltower.engines import bundled_major, shared_mb

ROOT: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Plan:
    """One process. command's {words} are Options; ready is an address to ask or a port to reach."""

    name: str
    command: str
    needs: str = ""
    ready: str = ""


# Order of start; the end goes the other way round.
STEPS: Final = (
    Plan("migrate", "{python} manage.py migrate --no-input --verbosity 1"),
    Plan("collectstatic", "{python} manage.py collectstatic --no-input --verbosity 0"),
    Plan("demo_seed", "{python} manage.py demo_seed", needs="sandbox"),
)
PROCESSES: Final = (
    Plan(
        "sandbox",
        "{python} -m sandbox --port {sandbox_port} --data {var}/sandbox.sqlite"
        " --dialect {sandbox_dialect}",
        needs="sandbox",
        ready="tcp:{sandbox_port}",
    ),
    # Two processes: one interpreter's lock must not be all that stands between a partner's burst and a screen.
    Plan(
        "web",
        "{python} -m granian --interface wsgi --host {bind} --port {port} --workers 2 --blocking-threads 16"
        " --respawn-failed-workers --respawn-interval 0.5 --workers-kill-timeout 3 --log-level warning"
        " controltower.wsgi:application",
        ready="http://127.0.0.1:{port}/healthz",
    ),
    Plan(
        "socket",
        "{python} -m granian --interface asginl --host {bind} --port {socket_port} --workers 1"
        " --respawn-failed-workers --respawn-interval 0.5 --workers-kill-timeout 3 --log-level warning"
        " controltower.asgi:application",
        ready="tcp:{socket_port}",
    ),
    # Two workers, so that a slow Odoo never holds up the pipe.
    Plan(
        "worker",
        "{python} -m celery -A controltower worker -P threads -c 6 -Q pipe,journal,default"
        " -n pipe@%h --without-gossip --without-mingle --loglevel warning",
    ),
    Plan(
        "worker-odoo",
        "{python} -m celery -A controltower worker -P threads -c 4 -Q odoo"
        " -n odoo@%h --without-gossip --without-mingle --loglevel warning",
    ),
    Plan("beat", "{python} manage.py beat"),
    Plan(
        "traffic",
        "{python} -m sandbox.traffic --odoo http://127.0.0.1:{sandbox_port} --tower http://127.0.0.1:{port}"
        " --state {var}/traffic.json",
        needs="traffic",
    ),
)


@dataclass(frozen=True)
class Options:
    """What the environment says about the tree."""

    var: Path
    bind: str
    port: int
    socket_port: int
    sandbox_port: int
    sandbox_dialect: str
    sandbox: bool
    traffic: bool
    own_postgres: bool
    own_valkey: bool

    def has(self, need: str) -> bool:
        """Whether a plan with this need runs."""
        return {"": True, "sandbox": self.sandbox, "traffic": self.sandbox and self.traffic}[need]

    def fill(self, text: str) -> str:
        """The text with {words} replaced."""
        return text.format(
            python=sys.executable,
            var=self.var,
            bind=self.bind,
            port=self.port,
            socket_port=self.socket_port,
            sandbox_port=self.sandbox_port,
            sandbox_dialect=self.sandbox_dialect,
        )

    def command(self, plan: Plan) -> list[str]:
        """The argument vector. Words are split before they are filled: a path may hold blanks."""
        return [self.fill(word) for word in plan.command.split()]


def read_options() -> Options:
    """The environment's part of the options. Raises env.Misconfigured."""

    def port(name: str, default: int) -> int:
        return env.number(name, default, unit="TCP port", minimum=1, maximum=65535)

    bundled_major()  # both only so that they are told: the engine reads them itself
    shared_mb()
    sandbox = not env.text("ODOO_URL", "")
    return Options(
        var=Path(env.text("CONTROLTOWER_VAR", str(ROOT / "var"), shown="var"))
        .expanduser()
        .absolute(),
        bind=env.text(
            "BIND_ADDRESS", "127.0.0.1", meaning="address on which pages and sockets are served"
        ),
        port=port("PORT", 8000),
        socket_port=port("SOCKET_PORT", 8001),
        sandbox_port=port("SANDBOX_PORT", 8069),
        sandbox_dialect=env.choice(
            "SANDBOX_DIALECT",
            "18.0",
            choices=("18.0", "19.0"),
            meaning="which Odoo the sandbox pretends to be; a store made for one is refused for the other",
        ),
        sandbox=sandbox,
        traffic=env.flag(
            "TRAFFIC", True, meaning="whether the sandbox's carriers send demo messages"
        ),
        own_postgres=not env.text("DATABASE_URL", ""),
        own_valkey=not env.text("REDIS_URL", ""),
    )
