"""An Odoo to measure against: a sandbox of our own, filled over the wire, or with ODOO_TEST_URL a real server."""

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any
from urllib.parse import urlsplit

from bench.ground import ROOT, free_port

ORDERS = 2000
PICKINGS = 10_000
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is and who we are there."""

    url: str
    db: str
    user: str
    secret: str
    is_sandbox: bool


@contextmanager
def server() -> Iterator[Server]:
    """The real server of ODOO_TEST_URL as it is, or a sandbox with some 25,000 records."""
    if os.environ.get("ODOO_TEST_URL"):
        yield Server(
            os.environ["ODOO_TEST_URL"],
            os.environ.get("ODOO_TEST_DB", "odoo"),
            os.environ.get("ODOO_TEST_USER", "tower"),
            os.environ.get("ODOO_TEST_PASSWORD", "tower"),
            False,
        )
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", str(port), "--data", f"{folder}/store", "--seed", "empty"],
            cwd=ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait_for(f"http://127.0.0.1:{port}/web/health")
            found = Server(f"http://127.0.0.1:{port}", "odoo", "tower", "tower", True)
            _fill(found)
            yield found
        finally:
            process.kill()
            process.wait(10)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError):
            sleep(0.05)
    raise RuntimeError("the sandbox does not answer")


def connect(to: Server, user: str = "", secret: str = "") -> Any:
    """A bare OdooRPC client."""
    import odoorpc

    where = urlsplit(to.url)
    protocol = "jsonrpc+ssl" if where.scheme == "https" else "jsonrpc"
    odoo = odoorpc.ODOO(f"{where.hostname}", protocol=protocol, port=where.port or 80, timeout=600)
    odoo.login(to.db, user or to.user, secret or to.secret)
    return odoo


def _fill(to: Server) -> None:
    """Customers, confirmed orders of two lines, and transfers without an order."""
    admin = connect(to, "admin", "admin")

    def call(model: str, method: str, *args: Any, **named: Any) -> Any:
        return admin.execute_kw(model, method, list(args), named)

    partners: list[int] = []
    for start in range(0, ORDERS, _BATCH):
        names = [{"name": f"Customer {start + n}"} for n in range(_BATCH)]
        partners += call("res.partner", "create", names)
    goods = {"type": "consu", "is_storable": False, "list_price": 100.0, "taxes_id": [[5]]}
    product = call("product.product", "create", {"name": "Goods", **goods})
    lines = [[0, 0, {"product_id": product, "product_uom_qty": n}] for n in (1, 2)]
    for start in range(0, ORDERS, 100):
        orders = call(
            "sale.order",
            "create",
            [{"partner_id": p, "order_line": lines} for p in partners[start : start + 100]],
        )
        call("sale.order", "action_confirm", orders)
    [kind] = call("stock.picking.type", "search", [["code", "=", "outgoing"]], limit=1)
    for start in range(0, PICKINGS, _BATCH):
        picking = {
            "picking_type_id": kind,
            "partner_id": partners[start % ORDERS],
            "origin": "bench",
        }
        call("stock.picking", "create", [picking] * _BATCH)
