"""The actor: begins stories, advances them at a gentle pace, and survives outages."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .messages import SLUGS, Parcel
from .stories import Story, adopted_story, new_story
from .supply import disturb
from .wire import Odoo, Refused, Tower, Unreachable

logger = logging.getLogger("sandbox.traffic")
MAX_OPEN_ORDERS = 60
RETRY_S = (5.0, 60.0)


@dataclass(frozen=True)
class Pace:
    """Seconds between beginnings and between the steps of one story; stories open at once."""

    begin_s: tuple[float, float]
    step_s: tuple[float, float]
    stories: int


PACES = {
    "slow": Pace((20.0, 40.0), (12.0, 35.0), 12),
    "fast": Pace((2.0, 5.0), (1.0, 4.0), 20),
    "rush": Pace((0.05, 0.1), (0.02, 0.1), 20),
}


def backoff_s(failures: int) -> float:
    """How long to wait after this many failures in a row."""
    return min(RETRY_S[0] * 2.0 ** min(failures - 1, 10), RETRY_S[1])


class Actor:
    """One run. state remembers, across restarts, whose carriers have spoken."""

    def __init__(
        self,
        odoo: Odoo,
        tower: Tower,
        pace: Pace,
        state: Path | None = None,
        dice: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.odoo, self.tower, self.pace, self.state = odoo, tower, pace, state
        self.dice = dice or random.Random()
        self.supply_dice = random.Random(self.dice.getrandbits(32))
        self.clock = clock
        self.due: list[tuple[float, int, Story]] = []
        self.finished = 0
        self._failures = 0
        self._began = 0
        self._next_begin = 0.0
        self._spoken: list[str] = self._remembered()

    def _remembered(self) -> list[str]:
        if self.state and self.state.exists():
            return list(json.loads(self.state.read_text(encoding="utf-8")))
        return []

    def _remember(self, tracking: str) -> None:
        self._spoken = [*self._spoken, tracking][-2000:]
        if self.state:
            self.state.parent.mkdir(parents=True, exist_ok=True)
            self.state.write_text(json.dumps(self._spoken), encoding="utf-8")

    def tick(self) -> float:
        """Do what is due; seconds until there is more. An outage delays only what needs it."""
        self._begin()
        self._advance()
        upcoming = [self._next_begin, *(at for at, _, _ in self.due)]
        return max(min(upcoming) - self.clock(), 0.01)

    def _begin(self) -> None:
        now = self.clock()
        if now < self._next_begin:
            return
        pause = self.dice.uniform(*self.pace.begin_s)
        try:
            story = None
            disturb(self.odoo, self.supply_dice)
            if len(self.due) < self.pace.stories:
                story = self._adopt() or self._new()
            self._failures = 0
        except (Unreachable, Refused) as error:
            self._failures += 1
            pause = max(pause, backoff_s(self._failures))
            logger.warning("nothing begins for %.0f s: %s", pause, error)
        if story:
            self._began += 1
            self.due.append((now, self._began, story))
        self._next_begin = now + pause

    def _advance(self) -> None:
        self.due.sort(key=lambda entry: entry[:2])
        if not self.due or self.due[0][0] > self.clock():
            return
        _at, number, story = self.due.pop(0)
        pause, over = self.dice.uniform(*self.pace.step_s), False
        try:
            over = story.advance()
            story.failures = 0
        except Refused as error:
            logger.warning("%s ends early: %s", story.title, error)
            over = True
        except Unreachable as error:
            story.failures += 1
            pause = backoff_s(story.failures)
            logger.warning("%s waits %.0f s: %s", story.title, pause, error)
        if story.parcel and story.parcel.tracking not in self._spoken:
            self._remember(story.parcel.tracking)
        if over:
            self.finished += 1
            logger.info("%s is told", story.title)
        else:
            self.due.append((self.clock() + pause, number, story))

    # --- beginnings ----------------------------------------------------------------------------
    def _new(self) -> Story | None:
        """A new order, unless there are enough open ones."""
        waiting = self.odoo(
            "sale.order",
            "search_count",
            [
                "|",
                ["state", "in", ["draft", "sent"]],
                "&",
                ["state", "=", "sale"],
                ["delivery_status", "in", ["pending", "partial"]],
            ],
        )
        if waiting > MAX_OPEN_ORDERS:
            logger.info("%s orders are open: no new ones", waiting)
            return None
        customers = self.odoo(
            "res.partner",
            "search",
            [
                ["is_company", "=", True],
                ["email", "!=", False],
                ["city", "!=", False],
                ["parent_id", "=", False],
                ["id", ">", 6],
            ],
        )
        products = self.odoo(
            "product.product",
            "search",
            [["is_storable", "=", True], ["sale_ok", "=", True], ["default_code", "!=", False]],
        )
        if not customers or not products:
            logger.warning("Odoo has no customers or no storable products to tell about")
            return None
        chosen = self.dice.sample(products, min(self.dice.choice((1, 1, 2)), len(products)))
        return new_story(
            self.odoo,
            self.tower,
            self.dice,
            customer=self.dice.choice(customers),
            carrier=self.dice.choice(sorted(SLUGS)),
            lines=[(p, float(self.dice.randint(1, 5))) for p in chosen],
        )

    def _adopt(self) -> Story | None:
        """A delivery that left with a tracking reference and whose carrier was silent so far."""
        told = {s.parcel.tracking for _, _, s in self.due if s.parcel} | set(self._spoken)
        rows = self.odoo(
            "stock.picking",
            "search_read",
            [
                ["state", "=", "done"],
                ["picking_type_id.code", "=", "outgoing"],
                ["carrier_tracking_ref", "!=", False],
                ["carrier_id.name", "in", sorted(SLUGS)],
                ["sale_id", "!=", False],
            ],
            ["carrier_tracking_ref", "carrier_id", "sale_id", "partner_id"],
            order="id desc",
            limit=200,
        )
        for row in rows:
            if row["carrier_tracking_ref"] in told:
                continue
            partner = self.odoo(
                "res.partner", "read", [row["partner_id"][0]], ["city", "country_code"]
            )[0]
            parcel = Parcel(
                row["carrier_tracking_ref"],
                row["sale_id"][1],
                partner["city"] or "Fremont",
                partner["country_code"] or "US",
            )
            return adopted_story(
                self.odoo,
                self.tower,
                self.dice,
                carrier=row["carrier_id"][1],
                order=row["sale_id"][0],
                picking=row["id"],
                parcel=parcel,
            )
        return None


def run(actor: Actor, sleep: Callable[[float], None] = time.sleep) -> None:
    """Until interrupted."""
    while True:
        sleep(actor.tick())
