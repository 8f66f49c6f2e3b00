"""A batch of commands, one of every kind, on records of their own; and what they must leave behind in Odoo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import User as Person
from apps.integrations.models import Command, OdooServer
from apps.integrations.odoo.command import issuing, targets
from apps.integrations.odoo.follow import feed
from apps.mirror.models import DeliveryCarrier, Feed, Invoice
from apps.shipments.models import Document, DocumentBody, Order, Shipment, Supply
from tests.contract import make
from tests.contract.client import User
from tests.integrations.odoo.conftest import hold_back, post_invoice

COUNTED = ("stock.picking", "mail.activity", "project.task", "ir.attachment", "account.move")
LEAVES = {"stock.picking": 3, "mail.activity": 1, "project.task": 1, "ir.attachment": 1}
"""What one batch adds: a backorder, a return, the delivery of a confirmed quotation; and one of each other."""


def read_all() -> None:
    """Read Odoo until the mirror is up to date."""
    Feed.objects.update(due_at=None)
    while feed.run():
        continue


def counts(user: User) -> dict[str, int]:
    """How many records Odoo has of what commands could make twice."""
    return {model: user(model, "search_count", []) for model in COUNTED}


def give(by: Person, kind: str, record: str, **data: Any) -> Command:
    """A command on the facts the mirror shows now."""
    target = targets.find(record, None)
    assert target is not None
    seen = issuing.KINDS[kind].facts(target)
    return issuing.issue(kind, record=target, data=data, by=by, seen=seen, now=timezone.now())


class Batch:
    """Records for one command of every kind, then the commands."""

    def __init__(self, admin: User, clerk: User, by: Person, settle: Callable[[], None]) -> None:
        self.admin, self.clerk, self.by, self.settle = admin, clerk, by, settle

    def records(self) -> None:
        """Everything the commands are about, in Odoo and mirrored."""
        admin, clerk = self.admin, self.clerk
        OdooServer.objects.update_or_create(
            connection="default",
            defaults={
                "version": "18.0",
                "transport": "json-rpc",
                "offers": {"project.task": "write"},
                "found_at": timezone.now(),
            },
        )
        self.product = make.product(admin, stock=50)
        self.orders = [self._confirmed(self.product, 2) for _ in range(9)]
        self.short = self._confirmed(make.product(admin, stock=4), 10)
        scarce = make.product(admin, stock=3)
        self.has, self.wants = self._confirmed(scarce, 3), self._confirmed(scarce, 3)
        self.quoted = make.order(clerk, make.customer(admin), (self.product, 2))
        clerk("stock.picking", "button_validate", [self._picking(8)], context={"skip_sms": True})
        self.purchase = make.purchase(clerk, make.vendor(admin), (self.product, 5.0))
        clerk("purchase.order", "button_confirm", [self.purchase])
        made, bom = make.recipe(admin, (self.product, 1.0), operations=2)
        self.production = make.production(clerk, made, bom, 1)
        clerk("mrp.production", "action_confirm", [self.production])
        clerk("mrp.production", "button_plan", [self.production])
        self.invoice = post_invoice(admin, clerk)
        if not DeliveryCarrier.objects.exists():
            service = make.product(admin, stock=0, type="service", is_storable=False)
            carrier = {"name": "Van", "delivery_type": "fixed", "product_id": service}
            admin("delivery.carrier", "create", {**carrier, "active": True})
        read_all()

    def commands(self) -> list[Command]:
        """One command of every kind, none of them sent."""
        hold_back(Invoice.objects.get(odoo_id=self.invoice), timezone.now())
        self.settle()
        ship = [self._shipment(make.picking_of(self.clerk, order)) for order in self.orders]
        short = self._shipment(make.picking_of(self.clerk, self.short))
        has = self._shipment(make.picking_of(self.clerk, self.has))
        carrier = DeliveryCarrier.objects.latest("odoo_id").odoo_id
        move = make.move_of(self.clerk, self._picking(8))
        later = (timezone.now() + timedelta(days=9)).isoformat()
        line = self.clerk.value("purchase.order", self.purchase, "order_line")[0]
        given: list[tuple[str, str, dict[str, Any]]] = [
            ("validate_transfer", ship[0].public_id, {}),
            ("validate_transfer", short.public_id, {"backorder": "create"}),
            ("cancel_transfer", ship[1].public_id, {"why": "Twice."}),
            ("set_tracking_number", ship[2].public_id, {"tracking_number": "1Z"}),
            ("set_carrier", ship[3].public_id, {"carrier": str(carrier)}),
            ("attach_proof", ship[4].public_id, {"document": self._document(ship[4])}),
            ("set_promised_date", self._order(5), {"at": later}),
            ("cancel_order", self._order(6), {"why": "Twice."}),
            ("schedule_activity", ship[7].public_id, {"summary": "Call", "due": "2030-01-01"}),
            ("note", ship[7].public_id, {"text": "Seen."}),
            ("create_task", ship[7].public_id, {"title": "Mend it"}),
            (
                "authorise_return",
                ship[8].public_id,
                {"quantities": {str(move): 1}, "why": "Broken."},
            ),
            ("reallocate_stock", has.public_id, {"to": str(self._wanting()), "why": "Late."}),
            ("release_credit", self._of(self.quoted), {"why": "Paid."}),
            (
                "reschedule_purchase",
                self._supply("purchase", self.purchase),
                {"lines": [str(line)], "at": later, "why": "Late."},
            ),
            (
                "reschedule_production",
                self._supply("production", self.production),
                {"start": later, "why": "Parts come later."},
            ),
        ]
        made = [give(self.by, kind, record, **data) for kind, record, data in given]
        return [Command.objects.get(kind="hold_invoice", record_odoo_id=self.invoice), *made]

    def keys(self, command: Command) -> int:
        """How often the key of a command stands in Odoo."""
        if command.kind == "create_task":
            found = [["description", "ilike", command.key]]
            return int(self.clerk("project.task", "search_count", found))
        mark = f"controltower:{command.key}"
        return make.notes_with(self.clerk, command.model, command.record_odoo_id, mark)

    def _confirmed(self, product: int, quantity: float) -> int:
        order = make.order(self.clerk, make.customer(self.admin), (product, quantity))
        self.clerk("sale.order", "action_confirm", [order])
        return order

    def _picking(self, which: int) -> int:
        return make.picking_of(self.clerk, self.orders[which])

    def _wanting(self) -> int:
        return make.picking_of(self.clerk, self.wants)

    def _order(self, which: int) -> str:
        return self._of(self.orders[which])

    def _of(self, odoo_id: int) -> str:
        return Order.objects.get(odoo_id=odoo_id).public_id

    def _shipment(self, picking: int) -> Shipment:
        return Shipment.objects.get(picking_odoo_id=picking)

    def _supply(self, kind: str, odoo_id: int) -> str:
        return Supply.objects.get(kind=kind, odoo_id=odoo_id).public_id

    def _document(self, shipment: Shipment) -> str:
        document = Document.objects.create(
            kind="evidence",
            name=f"pod-{make.key()}.pdf",
            media_type="application/pdf",
            size=12,
            sha256="x",
            shipment=shipment,
            company=shipment.company,
        )
        DocumentBody.objects.create(document=document, content=b"%PDF-1.4 pod")
        return document.public_id
