"""python -m tests.day: work a day on any Odoo that may be filled with made-up business."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import httpx

from tests.contract.client import Server, User
from tests.day.day import live


def main() -> int:
    """Exit code 1 when Odoo refused something the day meant to do."""
    parser = argparse.ArgumentParser(prog="tests.day", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--db", required=True)
    parser.add_argument("--user", required=True, help="somebody with the rights of an admin")
    parser.add_argument("--secret", required=True)
    parser.add_argument("--size", type=int, default=50, help="about how many orders")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    url = given.url.rstrip("/")
    told = httpx.post(f"{url}/web/webclient/version_info", json={"params": {}}, timeout=60).json()
    version: Any = told["result"]["server_serie"]
    server = Server(url, given.db, version, given.user, given.secret, given.secret, False)
    start = time.monotonic()

    def progress(part: str) -> None:
        print(f"{time.monotonic() - start:7.1f} s  {part}", flush=True)

    report = live(
        User(server, given.user, given.secret), size=given.size, seed=given.seed, between=progress
    )
    for kind, count in sorted(report.done.items(), key=lambda pair: -pair[1]):
        print(f"{count:6d}  {kind}")
    print(f"{report.events:6d}  events in all, {len(report.refused)} refused")
    for line in report.refused:
        print(f"refused  {line}")
    return 1 if report.refused else 0


if __name__ == "__main__":
    sys.exit(main())
