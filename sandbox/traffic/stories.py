"""One order's way from quotation to paid invoice, as a list of steps with pauses between them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .messages import SLUGS, UPS, Parcel, Scan, compose, photo
from .wire import Odoo, Tower

Step = Callable[["Story"], None]
SIGNERS = ("M. ORTIZ", "K. LEE", "L. DUPONT", "A. OLSON", "RECEPTION")
# how a delivery ends, and how often
ENDINGS = (
    ("proof", 36),
    ("no_proof", 22),
    ("attempted", 18),
    ("stuck", 8),
    ("damaged", 6),
    ("slow", 10),
)
PREFIXES = {"UPS": "1Z999AA1", "USPS": "94001118", "Acme Logistics": "ACM"}


@dataclass
class Story:
    """An order under way. steps are done in order; a step that cannot be done is tried again."""

    odoo: Odoo
    tower: Tower
    dice: random.Random
    carrier: str
    customer: int = 0
    lines: list[tuple[int, float]] = field(default_factory=list)
    order: int = 0
    picking: int = 0
    parcel: Parcel | None = None
    steps: list[Step] = field(default_factory=list)
    pauses: int = 0
    failures: int = 0

    @property
    def title(self) -> str:
        return self.parcel.tracking if self.parcel else f"order {self.order or 'to be'}"

    def advance(self) -> bool:
        """Do the next step; True when the story is over. A failing step stays the next one."""
        if self.steps:
            self.steps[0](self)
            self.steps.pop(0)
        return not self.steps


def new_story(
    odoo: Odoo,
    tower: Tower,
    dice: random.Random,
    *,
    customer: int,
    carrier: str,
    lines: list[tuple[int, float]],
) -> Story:
    """An order that does not exist yet."""
    story = Story(odoo, tower, dice, carrier, customer, lines)
    story.steps = [_quote, _confirm, _reserve, _ship, *_road(dice, carrier), _invoice]
    if dice.random() < 0.5:
        story.steps.append(_pay)
    return story


def adopted_story(
    odoo: Odoo,
    tower: Tower,
    dice: random.Random,
    *,
    carrier: str,
    order: int,
    picking: int,
    parcel: Parcel,
) -> Story:
    """A transfer that left already and whose carrier was silent so far."""
    story = Story(odoo, tower, dice, carrier, order=order, picking=picking, parcel=parcel)
    story.steps = [*_road(dice, carrier), _invoice]
    return story


# --- Odoo ---------------------------------------------------------------------------------------
def _quote(story: Story) -> None:
    carrier = story.odoo("delivery.carrier", "search", [["name", "=", story.carrier]], limit=1)
    promised = datetime.now(UTC) + timedelta(hours=story.dice.choice((2, 6, 24, 48)))
    story.order = story.odoo(
        "sale.order",
        "create",
        {
            "partner_id": story.customer,
            "carrier_id": carrier[0] if carrier else False,
            "commitment_date": promised.strftime("%Y-%m-%d %H:%M:%S"),
            "client_order_ref": f"PO-{story.dice.randrange(10_000, 99_999)}",
            "order_line": [[0, 0, {"product_id": p, "product_uom_qty": q}] for p, q in story.lines],
        },
    )


def _confirm(story: Story) -> None:
    state = story.odoo("sale.order", "read", [story.order], ["state"])[0]["state"]
    if state in ("draft", "sent"):
        story.odoo("sale.order", "action_confirm", [story.order])


def _reserve(story: Story) -> None:
    """Goods that are missing are received first, as a buyer would arrange."""
    picking = story.odoo(
        "stock.picking",
        "search_read",
        [["sale_id", "=", story.order], ["picking_type_id.code", "=", "outgoing"]],
        ["state", "location_id"],
        order="id",
        limit=1,
    )[0]
    story.picking = picking["id"]
    if picking["state"] in ("assigned", "done", "cancel"):
        return
    for product, _ in story.lines:
        quant = story.odoo(
            "stock.quant",
            "create",
            {
                "product_id": product,
                "location_id": picking["location_id"][0],
                "inventory_quantity": 60.0,
            },
            context={"inventory_mode": True},
        )
        story.odoo("stock.quant", "action_apply_inventory", [quant])
    story.odoo("stock.picking", "action_assign", [story.picking])


def _ship(story: Story) -> None:
    row = story.odoo(
        "stock.picking",
        "read",
        [story.picking],
        ["state", "carrier_tracking_ref", "partner_id", "origin"],
    )[0]
    if row["state"] == "cancel":
        story.steps = [_ship]  # somebody cancelled it: the story ends here
        return
    partner = story.odoo("res.partner", "read", [row["partner_id"][0]], ["city", "country_code"])[0]
    number = f"{PREFIXES[story.carrier]}{story.dice.randrange(10**9, 10**10)}"
    tracking = row["carrier_tracking_ref"] or number
    if not row["carrier_tracking_ref"]:
        story.odoo("stock.picking", "write", [story.picking], {"carrier_tracking_ref": tracking})
    if row["state"] != "done":
        story.odoo(
            "stock.picking",
            "button_validate",
            [story.picking],
            context={"skip_sms": True, "skip_backorder": True},
        )
    story.parcel = Parcel(
        tracking, row["origin"] or "", partner["city"] or "Fremont", partner["country_code"] or "US"
    )


def _invoice(story: Story) -> None:
    row = story.odoo("sale.order", "read", [story.order], ["invoice_ids", "invoice_status"])[0]
    invoices = row["invoice_ids"]
    if row["invoice_status"] == "to invoice":
        wizard = story.odoo(
            "sale.advance.payment.inv",
            "create",
            {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [story.order]]]},
        )
        story.odoo("sale.advance.payment.inv", "create_invoices", [wizard])
        invoices = story.odoo("sale.order", "read", [story.order], ["invoice_ids"])[0][
            "invoice_ids"
        ]
    drafts = story.odoo("account.move", "search", [["id", "in", invoices], ["state", "=", "draft"]])
    for draft in drafts:
        story.odoo("account.move", "action_post", [draft])


def _pay(story: Story) -> None:
    """Pay what is open and not held."""
    invoices = story.odoo("sale.order", "read", [story.order], ["invoice_ids"])[0]["invoice_ids"]
    due = story.odoo(
        "account.move",
        "search",
        [["id", "in", invoices], ["state", "=", "posted"], ["payment_state", "=", "not_paid"]],
    )
    for move in due:
        context = {"active_model": "account.move", "active_ids": [move]}
        wizard = story.odoo("account.payment.register", "create", {}, context=context)
        story.odoo(
            "account.payment.register",
            "action_create_payments",
            [wizard],
            context={"dont_redirect_to_payments": True},
        )


# --- the road -----------------------------------------------------------------------------------
def _road(dice: random.Random, carrier: str) -> list[Step]:
    """The scans of one parcel, with its ending, repeats and disorder."""
    if carrier not in SLUGS:
        return []
    ending = dice.choices([e for e, _ in ENDINGS], [w for _, w in ENDINGS])[0]
    disorder = dice.random() < 0.12
    steps: list[Step] = [_scan("picked_up")]
    if disorder:
        steps += [_overtaken("in_transit", "out_for_delivery")]
    else:
        steps += [_scan("in_transit"), _scan("out_for_delivery")]
    if ending == "slow":
        steps[1:1] = [_wait] * 12
    if ending in ("attempted", "stuck"):
        steps.append(_scan("attempted"))
        steps += [_wait] * (25 if ending == "stuck" else 2)
        steps.append(_scan("out_for_delivery"))
    if ending == "damaged":
        steps.append(_scan("damaged"))
    steps.append(_scan("delivered", proof=ending != "no_proof"))
    if dice.random() < 0.15:
        steps.append(_repeat)
    return steps


def _wait(story: Story) -> None:
    story.pauses += 1


def _scan(milestone: str, *, proof: bool = False) -> Step:
    def step(story: Story) -> None:
        parcel = _parcel(story)
        signer = story.dice.choice(SIGNERS) if proof else ""
        scan = Scan(milestone, datetime.now(UTC), signer)
        _send(story, parcel, [*parcel.scans, scan])
        parcel.scans.append(scan)
        if proof and SLUGS[story.carrier] == UPS:
            story.tower.send(photo(parcel, scan.at))

    return step


def _overtaken(earlier: str, later: str) -> Step:
    """Two scans that arrive in the wrong order."""

    def step(story: Story) -> None:
        parcel = _parcel(story)
        now = datetime.now(UTC)
        first, second = Scan(earlier, now - timedelta(minutes=4)), Scan(later, now)
        _send(story, parcel, [*parcel.scans, second])
        _send(story, parcel, [*parcel.scans, first])
        parcel.scans += [first, second]

    return step


def _repeat(story: Story) -> None:
    """The partner sends its last message again."""
    parcel = _parcel(story)
    _send(story, parcel, parcel.scans)


def _send(story: Story, parcel: Parcel, scans: list[Scan]) -> None:
    """EasyPost sends the whole history, the others the newest scan."""
    slug = SLUGS[story.carrier]
    story.tower.send(compose(slug, parcel, scans if slug == "easypost" else scans[-1:]))


def _parcel(story: Story) -> Parcel:
    assert story.parcel is not None, "a parcel is on the road only after it was shipped"
    return story.parcel
