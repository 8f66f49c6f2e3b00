"""The running tower: starts the engines and the planned processes, watches them, stops them in reverse order."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO, Final

from controltower import plans
from controltower.children import EngineService, Keeper, Service
from controltower.engines import EngineError, Postgres, Valkey
from controltower.plans import ROOT, Options, Plan
from controltower.processes import last_line

READY_WITHIN_S: Final = 90
STOP_WITHIN_S: Final = (
    5  # for the tower's processes together; the engines have ten more, and need half a second
)
LOOK_EVERY_S: Final = 0.2
UNDERTAKER_WITHIN_S: Final = 30


def say(line: str) -> None:
    """One line on the terminal; a terminal that has gone is no reason to stop in disorder."""
    with suppress(OSError):
        print(line, flush=True)


class Tree:
    """The running tower."""

    def __init__(self, options: Options, *, only_engines: bool) -> None:
        self.options = options
        self.only_engines = only_engines
        self.keepers: list[Keeper] = []
        self.stopping = False
        self._lock: IO[str] | None = None
        self._undertaker: subprocess.Popen[bytes] | None = None
        environment = {**os.environ, "CONTROLTOWER_VAR": str(options.var), "PYTHONUNBUFFERED": "1"}
        environment.setdefault("DJANGO_SETTINGS_MODULE", "controltower.settings")
        self._counters = options.var / "run" / "counters"  # of all web processes (/metrics)
        environment["PROMETHEUS_MULTIPROC_DIR"] = str(self._counters)
        self._environment = environment

    def run(self) -> int:
        """Start everything, watch it until asked to stop, stop it. The exit code."""
        for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(asked, self._asked_to_stop)
        code = 0
        try:
            self._hold()
            if not self.only_engines:
                self._end_orphans()
                self._check_ports()
                # A counter begins with its process: what the last run counted is over.
                shutil.rmtree(self._counters, ignore_errors=True)
            self._counters.mkdir(parents=True, exist_ok=True)
            self._start()
            while not self.stopping:
                for keeper in self.keepers:
                    keeper.look()
                time.sleep(LOOK_EVERY_S)
        except EngineError as error:
            say(str(error))
            code = 1
        finally:
            self._stop()
        return code

    def _asked_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _hold(self) -> None:
        """One supervisor per var folder."""
        run = self.options.var / "run"
        try:
            run.mkdir(parents=True, exist_ok=True)
            lock = open(run / "supervise.lock", "a+")  # noqa: SIM115  held until the end of the process
        except OSError as error:
            raise EngineError(
                f"cannot use {self.options.var}: {error.strerror}; set CONTROLTOWER_VAR to a folder of yours"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise EngineError(
                f"A tower already runs on {self.options.var} ({lock.read().strip() or 'starting'}); stop it, or set "
                "CONTROLTOWER_VAR, PORT, SOCKET_PORT and SANDBOX_PORT for a second one."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        self._lock = lock
        self._undertaker = self._call_undertaker(run / "undertaker.lock")

    def _call_undertaker(self, at_work: Path) -> subprocess.Popen[bytes]:
        """Wait until a killed predecessor's has done its work, then start ours."""
        with open(at_work, "a") as lock:
            end = time.monotonic() + UNDERTAKER_WITHIN_S
            while not self.stopping:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise EngineError(
                            f"Processes of an earlier tower on {self.options.var} do not end; see {at_work.parent}"
                        ) from None
                    time.sleep(LOOK_EVERY_S)
        script = Path(__file__).with_name("undertaker.py")
        undertaker = subprocess.Popen(
            [sys.executable, "-I", str(script), str(self.options.var)],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert undertaker.stdout is not None
        undertaker.stdout.readline()  # it has its lock
        return undertaker

    def _service(self, plan: Plan) -> Service:
        return Service(
            plan.name, self.options.command(plan), ROOT, self.options.var, self._environment
        )

    def _plans(self) -> list[Plan]:
        return [plan for plan in plans.PROCESSES if self.options.has(plan.needs)]

    def _end_orphans(self) -> None:
        for plan in (*plans.STEPS, *plans.PROCESSES):
            self._service(plan).end_orphan()

    def _check_ports(self) -> None:
        ports = {"PORT": self.options.port, "SOCKET_PORT": self.options.socket_port}
        if self.options.sandbox:
            ports["SANDBOX_PORT"] = self.options.sandbox_port
        taken: dict[int, str] = {}
        for name, port in ports.items():
            if port in taken:
                raise EngineError(
                    f"{taken[port]} and {name} are both {port}; give each its own port."
                )
            taken[port] = name
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise EngineError(
                        f"Port {port} cannot be used ({error.strerror}); set {name} to another."
                    ) from None

    def _start(self) -> None:
        started = time.monotonic()
        engines = [
            engine(self.options.var)
            for engine, own in (
                (Postgres, self.options.own_postgres),
                (Valkey, self.options.own_valkey),
            )
            if own
        ]
        for engine in engines:
            self._keep(Keeper(EngineService(engine), say))
        if self.only_engines:
            names = " and ".join(engine.title for engine in engines) or "No engine"
            say(f"{names} running on {self.options.var}. Ctrl-C stops.")
            return
        planned = self._plans()
        if planned and planned[0].name == "sandbox":
            # The demo is read from the sandbox, so that runs before the steps.
            self._launch([planned.pop(0)])
        for step in plans.STEPS:
            if self.options.has(step.needs) and not self.stopping:
                self._step(step)
        self._launch(planned)
        if not self.stopping:
            say(banner(self.options, time.monotonic() - started))

    def _keep(self, keeper: Keeper) -> None:
        """Register first: what fails half-way through its start is stopped as well."""
        if not self.stopping:
            self.keepers.append(keeper)
            keeper.start()

    def _launch(self, planned: Sequence[Plan]) -> None:
        for plan in planned:
            self._keep(Keeper(self._service(plan), say))
        for plan in planned:
            self._wait_ready(plan)

    def _wait_ready(self, plan: Plan) -> None:
        where = self.options.fill(plan.ready)
        end = time.monotonic() + READY_WITHIN_S
        while where and not self.stopping and not answers(where):
            for keeper in self.keepers:
                keeper.look()
            if time.monotonic() > end:
                log = self.options.var / "log" / f"{plan.name}.log"
                raise EngineError(
                    f"{plan.name} is not ready after {READY_WITHIN_S} s: {last_line(log)} ({log})"
                )
            time.sleep(LOOK_EVERY_S)

    def _step(self, plan: Plan) -> None:
        """Run a command to its end; one that fails ends the start."""
        service = self._service(plan)
        say(f"{plan.name} ...")
        keeper = Keeper(service, say)
        keeper.start()
        self.keepers.append(keeper)
        while service.alive() and not self.stopping:
            time.sleep(0.05)
        if self.stopping:
            return
        self.keepers.remove(keeper)
        failed = service.process is not None and service.process.returncode != 0
        why = service.why()
        service.finish(0)
        if failed:
            raise EngineError(f"{plan.name} failed ({why}); all of it is in {service.log}")

    def _stop(self) -> None:
        """Everything in reverse order, engines last; twice the same signal changes nothing."""
        services = [
            k.watched for k in reversed(self.keepers) if not isinstance(k.watched, EngineService)
        ]
        engines = [
            k.watched for k in reversed(self.keepers) if isinstance(k.watched, EngineService)
        ]
        if self.keepers:
            say("Stopping ...")
        for watched in services:
            watched.ask_to_stop()
        end = time.monotonic() + STOP_WITHIN_S
        for watched in services:
            watched.finish(end - time.monotonic())
        for watched in engines:
            watched.finish(STOP_WITHIN_S)
        if self._undertaker is not None:
            self._undertaker.communicate()
        if self.keepers:
            say("Stopped.")


def answers(where: str) -> bool:
    """Whether ``tcp:PORT`` accepts a connection, or an address answers 200."""
    if where.startswith("tcp:"):
        try:
            with socket.create_connection(("127.0.0.1", int(where[4:])), timeout=1):
                return True
        except OSError:
            return False
    try:
        with urllib.request.urlopen(where, timeout=5) as answer:  # noqa: S310  our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def banner(options: Options, took_s: float) -> str:
    """What a person needs to know next."""
    lines = ["", f"The tower is up at http://127.0.0.1:{options.port}/ ({took_s:.0f} s)."]
    demo = options.var / "demo.json"
    if options.sandbox and demo.is_file():
        known = json.loads(demo.read_text(encoding="utf-8"))
        lines += ["", "Sign in as"]
        for person in known.get("sign_ins", ()):
            lines.append(f"  {person['role']:<18} {person['email']:<32} {person['password']}")
        links = [
            link if isinstance(link, str) else link.get("url", "")
            for link in known.get("links", ())
        ]
        lines += (
            ["", "A customer's tracking link:", *(f"  {link}" for link in links[:3])]
            if links
            else []
        )
    if options.sandbox:
        lines += [
            "",
            "It shows a sandbox. Your own Odoo: set ODOO_URL, ODOO_DB, ODOO_USER and ODOO_API_KEY,",
        ]
        lines += ["in the environment or in .env, and start again."]
    else:
        lines += ["It reads your Odoo. In a second terminal, with the same variables:"]
        lines += [
            "  .venv/bin/python manage.py odoo_check    (then odoo_bootstrap, odoo_sync, person_add)"
        ]
    lines += ["", f"Logs: {options.var / 'log'}. Ctrl-C stops everything."]
    return "\n".join(lines)
