"""A partner's failure as one incident: begun by the breaker or by silence, ended by an answer, over when caught up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncHour

from apps.accounts.models import User
from apps.exceptions.models import Case, Outage
from apps.exceptions.services import outages
from apps.integrations.models import Command, Message, Partner, Poll, WhenOpen
from apps.integrations.models.messages import Status
from apps.integrations.polling import due, silence
from apps.shipments.models import Order, Package, Shipment

_AHEAD: Final = timedelta(hours=24)
_MODES: Final = {
    WhenOpen.PAUSE: "Asking is paused and tried again after growing rests.",
    WhenOpen.SLOWER: "It is asked more slowly, once a minute.",
    WhenOpen.MANUAL: "It is not asked until a person says so; look at its own pages and record by hand.",
}
_SHOWN: Final = 50
_LIVE_WITHIN: Final = timedelta(days=60)
_SHORTEST_CATCH_UP, _LONGEST_CATCH_UP = timedelta(minutes=15), timedelta(hours=2)


def begin(
    partner: Partner, says: str, now: datetime, *, title: str = "", mode: str = ""
) -> Outage | None:
    """The partner's line is dead, it is silent, or it knows nothing: one incident, unless its webhook still speaks (then only the line
    is in trouble)."""
    poll = (
        Poll.objects.filter(partner=partner).select_related("partner__carrier", "watched").first()
    )
    heard = _heard(poll, partner)
    if poll is not None and poll.on and heard is not None and _pushes(poll, partner, now):
        return None
    return outages.begin(
        what_of(partner),
        title=title or f"{partner.name} does not answer",
        says=says,
        mode=mode or _mode(poll),
        subject=partner.public_id,
        carrier=partner.carrier,
        last_heard_at=heard,
        now=now,
    )


def _mode(poll: Poll | None) -> str:
    if poll is None or not poll.on:
        return "Nothing of it comes in; nothing is lost."
    return _MODES[WhenOpen(poll.when_open)]


def lasting(partner: Partner) -> list[Outage]:
    """Its outages that have not ended, those among them that a person gave up (Outage.caught_up_at)."""
    return list(Outage.objects.filter(what=what_of(partner), ended_at=None))


def end(partner: Partner, now: datetime) -> Outage | None:
    """It answers again: from now on its backlog is caught up with, under its rate budget."""
    if not lasting(partner):
        return None
    poll = Poll.objects.filter(partner=partner, on=True).select_related("partner").first()
    affected = due.left_since(poll, now)[1] if poll else _unheard(partner, now)
    return outages.end(what_of(partner), affected=affected, now=now)


def follow(now: datetime) -> int:
    """Which outages are over, and how far those that ended are caught up with; returns how many are over now.

    One ends when the partner speaks by itself, too, and one whose case a person closed holds nothing back any more.
    """
    over = 0
    for outage in outages.open_outages().filter(what__startswith="partner:"):
        partner = Partner.objects.filter(slug=outage.what.partition(":")[2]).first()
        if outage.case.state == "resolved":
            outages.give_up(outage, now)
            over += 1
            continue
        if outage.ended_at is None and partner is not None and _spoke_since(partner, outage):
            ended = end(partner, now)
            outage.ended_at = ended.ended_at if ended else None
        if outage.ended_at is not None:
            over += outages.progress(outage, left=_left(partner, outage, now), now=now)
    return over


def _spoke_since(partner: Partner, outage: Outage) -> bool:
    """Whether its webhook, or the one that pushes for it, came after the outage was noticed."""
    poll = Poll.objects.filter(partner=partner, on=True).first()
    by = (poll.watched_id if poll else None) or partner.pk
    last = silence.last_heard_by_itself(by)
    return last is not None and last > outage.noticed_at


def _left(partner: Partner | None, outage: Outage, now: datetime) -> int:
    """Packages still to be asked for, or heard of, and messages still to be applied."""
    if partner is None or outage.ended_at is None:
        return 0
    reading = Message.objects.filter(partner=partner, status=Status.RECEIVED)[:1000].count()
    poll = Poll.objects.filter(partner=partner, on=True).first()
    if poll is not None:
        return due.left_since(poll, outage.ended_at)[1] + reading
    return reading + (_unheard(partner, outage.ended_at) if now < _settled_at(outage) else 0)


def _settled_at(outage: Outage) -> datetime:
    """When one that only pushes has told again what it could not: senders try again at rests that grow with the
    outage, so half its length, but 15 minutes at least and two hours at most."""
    ended = outage.ended_at or outage.noticed_at
    return ended + min(max((ended - outage.began_at) / 2, _SHORTEST_CATCH_UP), _LONGEST_CATCH_UP)


def _unheard(partner: Partner, since: datetime) -> int:
    """Live packages of its carrier that were not heard of since then, counted up to 10,000."""
    if partner.carrier_id is None:
        return 0
    rows = Package.objects.filter(
        carrier=partner.carrier_id, terminal=False, implicit=False, heard_at__lt=since,
        heard_at__gt=since - _LIVE_WITHIN,
    )  # fmt: skip
    return rows[:10_000].count()


def what_of(partner: Partner) -> str:
    """The name of its outages."""
    return f"partner:{partner.slug}"


def _heard(poll: Poll | None, partner: Partner) -> datetime | None:
    """When the partner, or the one that pushes for it, was last heard of."""
    ids = {partner.pk, *([poll.watched_id] if poll and poll.watched_id else [])}
    return Message.objects.filter(partner_id__in=ids).aggregate(at=Max("received_at"))["at"]


def _pushes(poll: Poll, partner: Partner, now: datetime) -> bool:
    """Whether a webhook speaks beside the asking: within what is expected of it, and not as an answer to us."""
    last = silence.last_pushed(poll)
    return last is not None and now - last <= silence.expected(poll)


@dataclass(frozen=True, slots=True)
class Hour:
    """Promises that lapse within one hour."""

    at: datetime
    shipments: int
    orders: int
    is_past: bool


@dataclass(frozen=True, slots=True)
class Incident:
    """One outage as its page shows it, as far as the person may see its goods."""

    case: Case
    outage: Outage | None
    title: str
    began_at: datetime
    ended_at: datetime | None
    over_at: datetime | None
    mode: str
    says: str
    shipments: int
    packages: int
    orders: int
    values: list[tuple[str, Decimal]]
    hours: list[Hour]
    held_back: int
    affected: int
    left: int
    rows: list[Shipment]
    commands: int

    @property
    def done(self) -> int:
        """Of the affected, how many are caught up with."""
        return max(0, self.affected - self.left)


def incident(user: User, case: Case, now: datetime) -> Incident:
    """Everything on an incident's page; a handful of queries whatever its size."""
    outage = Outage.objects.filter(case=case).select_related("carrier").order_by("-pk").first()
    goods = _goods(user, outage, case)
    counted = goods.aggregate(
        shipments=Count("pk", distinct=True),
        packages=Count("packages", filter=Q(packages__terminal=False), distinct=True),
        orders=Count("order", distinct=True),
    )
    return Incident(
        case=case,
        outage=outage,
        title=case.title,
        began_at=outage.began_at if outage else case.opened_at,
        ended_at=outage.ended_at if outage else case.resolved_at,
        over_at=outage.caught_up_at if outage else case.resolved_at,
        mode=outage.mode
        if outage
        else "What the tower has to tell it waits, in order, and is sent when it is back.",
        says=outage.says if outage else case.says,
        values=_values(goods),
        hours=_hours(goods, now),
        held_back=outages.held_back(outage, now) if outage else 0,
        affected=outage.affected if outage else 0,
        left=outage.left if outage else 0,
        rows=list(goods.select_related("order", "carrier").order_by("promise_at", "pk")[:_SHOWN]),
        commands=_commands(user, case).count(),
        **counted,
    )


def _goods(user: User, outage: Outage | None, case: Case) -> QuerySet[Shipment]:
    """Shipments at risk: the silent carrier's, or those whose decisions wait for Odoo."""
    if outage is not None:
        return user.scope.narrow(outages.of_carrier(outage))
    waiting = _commands(user, case)
    if not _is_odoo(case):
        return Shipment.objects.none()
    name = case.subject.partition(":")[2]
    pickings = waiting.filter(model="stock.picking").values("record_odoo_id")
    orders = waiting.filter(model="sale.order").values("record_odoo_id")
    rows = Shipment.objects.filter(
        Q(connection=name, picking_odoo_id__in=pickings)
        | Q(order__connection=name, order__odoo_id__in=orders),
        gone=False,
    )
    return user.scope.narrow(rows)


def _is_odoo(case: Case) -> bool:
    return case.subject.startswith("odoo:")


def _commands(user: User, case: Case) -> QuerySet[Command]:
    """Decisions that wait for this Odoo."""
    if not _is_odoo(case):
        return Command.objects.none()
    name = case.subject.partition(":")[2]
    return user.scope.narrow(
        Command.objects.filter(connection=name, state__in=("waiting", "unsure"))
    )


def _values(goods: QuerySet[Shipment]) -> list[tuple[str, Decimal]]:
    """What the orders are worth, each order once, by currency: sums of different currencies mean nothing."""
    sums: dict[str, Decimal] = {}
    orders = Order.objects.filter(pk__in=goods.exclude(order=None).values("order"))
    for currency, amount in orders.values_list("currency", "amount_total"):
        sums[currency] = sums.get(currency, Decimal()) + (amount or Decimal())
    return sorted(sums.items())


def _hours(goods: QuerySet[Shipment], now: datetime) -> list[Hour]:
    """Promises that lapse by hour, from a day ago to a day ahead."""
    rows = (
        goods.filter(promise_at__gte=now - _AHEAD, promise_at__lt=now + _AHEAD)
        .annotate(hour=TruncHour("promise_at"))
        .values("hour")
        .annotate(shipments=Count("pk", distinct=True), orders=Count("order", distinct=True))
        .order_by("hour")
    )
    return [Hour(row["hour"], row["shipments"], row["orders"], row["hour"] < now) for row in rows]
