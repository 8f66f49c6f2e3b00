"""The journey against a real Odoo, named by ODOO_TEST_URL: the way of a customer, without sandbox and demo.

The tower reaches it through a wire that the test can cut, and is set up by the management commands of the README.
"""

import contextlib
import os
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.journey.odoo import OdooUser
    from tests.journey.tree import Tree

PEOPLE = {
    "olga@demo.example": ("Olga Petit", "operations", "operations"),
    "carl@demo.example": ("Carl Reyes", "customer_service", "customer-service"),
    "fiona@demo.example": ("Fiona Maas", "finance", "finance"),
}
PARTNERS = {
    "UPS": ("ups_track_alert", "--carrier", "ups"),
    "EasyPost": ("easypost",),
    "Acme 3PL": ("tpl_generic", "--carrier", "acme", "--timezone", "Europe/Paris"),
}
METHODS = {"ups": "UPS", "usps": "USPS", "acme": "Acme Logistics"}
CUSTOMERS = ("Azure Interior", "Deco Addict", "Gemini Furniture", "Ready Mat")
PRODUCT = "Journey desk"
PASSWORD = "tower-demo"
SETTLE_S = "5"
"""Nothing of this test runs long in Odoo, so an unknown outcome may be looked at soon."""


@dataclass(frozen=True)
class Named:
    """The server that the environment names, or none."""

    url: str
    database: str
    user: str
    password: str
    admin_password: str

    @property
    def port(self) -> int:
        """Where it listens; the wire carries plain HTTP only."""
        return urlsplit(self.url).port or 80

    @property
    def host(self) -> str:
        """Its host."""
        return urlsplit(self.url).hostname or "127.0.0.1"


def named() -> Named | None:
    """ODOO_TEST_URL and its companions, as the contract suite reads them."""
    url = os.environ.get("ODOO_TEST_URL", "").rstrip("/")
    if not url:
        return None
    assert url.startswith("http://"), "the journey's wire to Odoo carries plain HTTP only"
    get = os.environ.__getitem__
    return Named(
        url,
        get("ODOO_TEST_DB"),
        get("ODOO_TEST_USER"),
        get("ODOO_TEST_PASSWORD"),
        get("ODOO_TEST_ADMIN_PASSWORD"),
    )


class Wire:
    """A TCP proxy on a port of its own: cut, it refuses everybody and drops who is on it."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self._door = self._open(0)
        self.port = int(self._door.getsockname()[1])
        self._live: set[socket.socket] = set()
        threading.Thread(target=self._serve, args=(self._door,), daemon=True).start()

    def cut(self) -> None:
        """Nobody gets through, and open calls lose their answer."""
        # A thread in accept() holds a closed socket open; shutdown wakes it.
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for end in list(self._live):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def restore(self) -> None:
        """The wire is whole again, on the same port."""
        self._door = self._open(self.port)
        threading.Thread(target=self._serve, args=(self._door,), daemon=True).start()

    def _open(self, port: int) -> socket.socket:
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        door.listen(64)
        return door

    def _serve(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self.target, 10)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        ends = {near, far}
        self._live |= ends
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()
        self._live -= ends
        for end in ends:
            end.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def furnish(odoo: "OdooUser") -> None:
    """What the journey needs in Odoo: customers, delivery methods and goods in stock. Made once."""
    for name in CUSTOMERS:
        odoo.ensure("res.partner", {"name": name}, {"email": "customer@example.com"})
    product = odoo.ensure(
        "product.product", {"name": PRODUCT},
        {"type": "consu", "is_storable": True, "list_price": 1045, "taxes_id": [[5]], "invoice_policy": "delivery"},
    )  # fmt: skip
    fee = odoo.ensure(
        "product.product", {"name": "Journey delivery"}, {"type": "service", "taxes_id": [[5]]}
    )
    for name in METHODS.values():
        odoo.ensure(
            "delivery.carrier", {"name": name}, {"delivery_type": "fixed", "product_id": fee}
        )
    if odoo.one("product.product", [["id", "=", product]], "free_qty")["free_qty"] < 30:
        shelf = odoo.one("stock.warehouse", [["company_id", "=", 1]], "lot_stock_id")[
            "lot_stock_id"
        ][0]
        counted = odoo.call(
            "stock.quant",
            "create",
            {"product_id": product, "location_id": shelf, "inventory_quantity": 1000},
        )
        odoo.call("stock.quant", "action_apply_inventory", [counted])


def set_up(tower: "Tree", admin_password: str, secrets: dict[str, str]) -> None:
    """What the README tells a customer to do, in its order."""
    tower.manage("odoo_check")
    tower.manage("odoo_bootstrap", "--admin-user", "admin", ODOO_ADMIN_PASSWORD=admin_password)
    tower.manage("odoo_sync", "--full")
    for email, (name, role, team) in PEOPLE.items():
        tower.manage(
            "person_add", email, name, "--role", role, "--team", team, PERSON_PASSWORD=PASSWORD
        )
    for name, (form, *more) in PARTNERS.items():
        tower.manage("partner_add", name, "--format", form, "--secret", secrets[name], *more)
    for carrier, method in METHODS.items():
        tower.manage("carrier_link", carrier, method)
