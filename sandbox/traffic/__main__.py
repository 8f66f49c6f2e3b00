"""python -m sandbox.traffic: keep the demo world moving."""

from __future__ import annotations

import argparse
import logging
import os
import random
from pathlib import Path

from .actor import PACES, Actor, run
from .wire import Odoo, Tower


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox.traffic", description=__doc__)
    parser.add_argument("--odoo", default="http://127.0.0.1:8069")
    parser.add_argument("--tower", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", choices=sorted(PACES), default="slow")
    parser.add_argument("--database", default="odoo")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="admin")
    parser.add_argument("--state", default="var/traffic.json", type=Path)
    parser.add_argument("--seed", type=int, help="make the same choices again")
    given = parser.parse_args()
    if os.environ.get("STAGE") == "production":
        parser.error("refused in production: this is a demonstration")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    odoo = Odoo(given.odoo, given.database, given.user, given.password)
    actor = Actor(
        odoo, Tower(given.tower), PACES[given.rate], given.state, random.Random(given.seed)
    )
    try:
        run(actor)
    except KeyboardInterrupt:
        print("stopped", flush=True)


if __name__ == "__main__":
    main()
