"""python -m sandbox: start the sandbox."""

from __future__ import annotations

import argparse
import logging
import os

from .server import Server
from .world import build


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8069)
    parser.add_argument("--data", default="var/sandbox.sqlite")
    parser.add_argument("--dialect", choices=("18.0", "19.0"), default="18.0")
    parser.add_argument("--seed", choices=("demo", "empty"), default="demo")
    parser.add_argument("--apps", default="", help="of crm, hr, maintenance; with commas")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    if os.environ.get("STAGE") == "production":
        parser.error("refused in production: this is a demonstration")
    logging.basicConfig(
        level=logging.DEBUG if given.verbose else logging.WARNING,
        format="%(asctime)s %(name)s %(message)s",
    )
    apps = tuple(one for one in given.apps.split(",") if one)
    if unknown := set(apps) - {"crm", "hr", "maintenance"}:
        parser.error(f"no such app: {', '.join(sorted(unknown))}")
    registry = build(given.data, given.dialect, given.seed, apps)
    server = Server((given.host, given.port), registry)
    print(f"Sandbox ({given.dialect}) on http://{given.host}:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("stopped", flush=True)
    finally:
        server.server_close()
        registry.store.close()


if __name__ == "__main__":
    main()
