"""Which supply covers which shortage, where Odoo itself does not say: pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

RULE: Final = "cover.1"
_Place = tuple[int, int | None, int | None]
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Offer:
    """So much of a product that a supply will bring to a warehouse."""

    supply: int
    product: int
    warehouse: int | None
    quantity: Decimal
    at: datetime | None
    company: int | None = None


@dataclass(frozen=True, slots=True)
class Want:
    """So much of a product that a transfer or a production misses in a warehouse.

    key: ("order" or "production", its Odoo id); picking: the transfer's Odoo id, where it is one.
    """

    key: tuple[str, int]
    product: int
    warehouse: int | None
    quantity: Decimal
    at: datetime | None
    picking: int | None = None
    company: int | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """A part of a shortage that a supply covers."""

    supply: int
    want: Want
    quantity: Decimal


def cover(offers: Iterable[Offer], wants: Iterable[Want]) -> list[Cover]:
    """Per product, company and warehouse: the earliest supply goes to the earliest need, until either is used up.

    Ties go to the smaller id, so that the answer follows from the facts alone. What nobody covers stays
    out; so does a supply that says no warehouse for the need of another company. The rule of thumb that Odoo's own forecast follows for goods that are not made or bought to order.
    """
    pool: dict[_Place, list[Offer]] = defaultdict(list)
    for offer in sorted(offers, key=lambda o: (o.at or _LAST, o.supply)):
        pool[_place(offer)].append(offer)
    needs: dict[_Place, list[Want]] = defaultdict(list)
    for want in sorted(wants, key=lambda w: (w.at or _LAST, w.key, w.picking or 0)):
        needs[_place(want)].append(want)
    return [
        found
        for place, wanted in sorted(
            needs.items(), key=lambda one: tuple(part or 0 for part in one[0])
        )
        for found in _hand_out(pool.get(place, ()), wanted)
    ]


def _place(one: Offer | Want) -> _Place:
    """A warehouse is of one company, whatever the documents name; without one the company is all there is."""
    return one.product, one.warehouse, None if one.warehouse else one.company


def _hand_out(offers: Sequence[Offer], wants: Sequence[Want]) -> Iterable[Cover]:
    left = [offer.quantity for offer in offers]
    index = 0
    for want in wants:
        open_qty = want.quantity
        while open_qty > 0 and index < len(offers):
            part = min(open_qty, left[index])
            if part > 0:
                yield Cover(offers[index].supply, want, part)
            open_qty -= part
            left[index] -= part
            if left[index] <= 0:
                index += 1
