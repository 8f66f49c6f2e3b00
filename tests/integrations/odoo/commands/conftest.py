"""A person, a record and a kind: given through the API, carried by the worker, looked at in Odoo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client as Browser

from apps.accounts.models import User as Person
from apps.approvals.models import Policy
from apps.integrations.models import Command
from apps.integrations.odoo.bootstrap import make_guards
from apps.integrations.odoo.command import sending
from apps.integrations.odoo.line.client import Client, Credentials
from apps.shipments.models import Order, Shipment, Supply
from tests.contract import make
from tests.contract.client import Server, User

Give = Callable[..., Command]


@pytest.fixture
def by_admin(odoo: Server) -> Client:
    """The tower's client with an administrator's rights, as `odoo_bootstrap` has it."""
    where = Credentials.of("default")
    return Client(replace(where, user="admin", secret=odoo.admin_password))


@pytest.fixture
def guards(db: None, by_admin: Client) -> None:
    """The guarded actions are there."""
    assert {one.model for one in make_guards(by_admin)}


def form(person: Person, kind: str, record: str) -> Any:
    """What the API says of a kind on a record."""
    browser = Browser()
    browser.force_login(person)
    return browser.get(f"/api/v1/commands/new/{kind}/{record}/")


def post(person: Person, body: dict[str, Any], **headers: str) -> Any:
    """POST a command and answer the response."""
    browser = Browser()
    browser.force_login(person)
    return browser.post("/api/v1/commands/", body, content_type="application/json", headers=headers)


@pytest.fixture
def policies_off(db: None) -> None:
    """Nothing needs an approval: what these tests are about comes after it."""
    Policy.objects.filter(slug__startswith="command_").update(active=False)


@pytest.fixture
def give(company: Any, policies_off: None) -> Give:
    """give(person, kind, record, **data): the command, given on the facts the form shows."""

    def one(person: Person, kind: str, record: str, **data: Any) -> Command:
        shown = form(person, kind, record)
        assert shown.status_code == 200, shown.content
        body = {"kind": kind, "record": record, "data": data, "seen": shown.json()["seen"]}
        answer = post(person, body)
        assert answer.status_code == 201, answer.content
        return Command.objects.get(public_id=answer.json()["id"])

    return one


@pytest.fixture
def carry(settle: Callable[[], None]) -> Callable[[Command], Command]:
    """Let the worker carry a command, and the journal's readers hear of it."""

    def run(command: Command) -> Command:
        sending.drain(parallel=1)
        settle()
        command.refresh_from_db()
        return command

    return run


@pytest.fixture
def delivery(admin: User, clerk: User, mirror: Callable[[], None]) -> Callable[..., Shipment]:
    """delivery(quantity=2, stock=20): the shipment of a confirmed order, mirrored."""

    def made(quantity: float = 2, **product: Any) -> Shipment:
        order = make.confirmed(admin, clerk, quantity, **product)
        mirror()
        return Shipment.objects.get(picking_odoo_id=make.picking_of(clerk, order))

    return made


@pytest.fixture
def quotation(admin: User, clerk: User, mirror: Callable[[], None]) -> Callable[..., Order]:
    """quotation(): an order that nobody confirmed yet, mirrored."""

    def made(quantity: float = 2) -> Order:
        order = make.order(clerk, make.customer(admin), (make.product(admin), quantity))
        mirror()
        return Order.objects.get(odoo_id=order)

    return made


@pytest.fixture
def purchase(admin: User, clerk: User, mirror: Callable[[], None]) -> Supply:
    """A confirmed purchase of two products, mirrored."""
    products = [(make.product(admin, stock=0), 5.0), (make.product(admin, stock=0), 3.0)]
    made = make.purchase(clerk, make.vendor(admin), *products)
    clerk("purchase.order", "button_confirm", [made])
    mirror()
    return Supply.objects.get(kind="purchase", odoo_id=made)


@pytest.fixture
def production(admin: User, clerk: User, mirror: Callable[[], None]) -> Supply:
    """A confirmed, planned production with two work orders, mirrored."""
    product, bom = make.recipe(admin, (make.product(admin), 2.0), operations=2)
    made = make.production(clerk, product, bom, 2)
    clerk("mrp.production", "action_confirm", [made])
    clerk("mrp.production", "button_plan", [made])
    mirror()
    return Supply.objects.get(kind="production", odoo_id=made)


def notes(user: User, command: Command) -> int:
    """How many notes with this command's key stand on its record."""
    return make.notes_with(
        user, command.model, command.record_odoo_id, f"controltower:{command.key}"
    )
