"""Which flow runs near real time and which in batches, with what service level, and how far behind each is now (R235).

The table is this file; FLOW_SERVICE_LEVELS sets a level anew where a company has promised another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db.models import Min

from apps.integrations.health import backlog, journal_lags
from apps.integrations.models import Command, Job, PolledPackage
from apps.integrations.models.outgoing import Delivery, DeliveryState
from apps.mirror.models import Feed
from apps.mirror.specs import SPECS

NEAR: Final = "near real time"
BATCH: Final = "batch"


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow. level_s: after so many seconds it is behind; None for what no part of the tower does yet.

    lag: how far it is behind now, in seconds; None: nothing to measure.
    """

    key: str
    title: str
    mode: str
    carries: str
    driven_by: str
    level_s: int | None
    lag: Callable[[datetime], float | None] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A flow with the level that holds for it and its lag now."""

    flow: Flow
    level_s: int | None
    lag_s: float | None

    @property
    def state(self) -> tuple[str, str]:
        """Tone and word."""
        if self.level_s is None:
            return "", "not part of the tower yet"
        if self.lag_s is None:
            return "", "nothing runs"
        return ("act", "behind") if self.lag_s > self.level_s else ("done", "on time")


def standings(now: datetime) -> list[Standing]:
    """Every flow as it stands now: one small query for most of them."""
    return [Standing(flow, level_of(flow), flow.lag(now) if flow.lag else None) for flow in FLOWS]


def level_of(flow: Flow) -> int | None:
    """The service level in seconds: the company's own, else ours."""
    if flow.level_s is None:
        return None
    return settings.FLOW_SERVICE_LEVELS.get(flow.key, flow.level_s)


@register()
def levels_are_of_flows(**_: Any) -> list[CheckMessage]:
    """A level for a flow that nobody knows would hold nowhere, and nobody would notice."""
    known = sorted(flow.key for flow in FLOWS if flow.level_s is not None)
    odd = sorted(set(settings.FLOW_SERVICE_LEVELS) - set(known))
    if not odd:
        return []
    says = f"FLOW_SERVICE_LEVELS names {', '.join(odd)}; there are {', '.join(known)}."
    return [Error(says, id="integrations.E001")]


def _messages(now: datetime) -> float | None:
    return backlog()[1]


def _polls(now: datetime) -> float | None:
    rows = PolledPackage.objects.filter(poll__on=True).aggregate(at=Min("next_at"))
    return _since(rows["at"], now)


def _commands(now: datetime) -> float | None:
    rows = Command.objects.filter(state="waiting").aggregate(at=Min("not_before"))
    return _since(rows["at"], now) or 0.0


def _deliveries(now: datetime) -> float | None:
    rows = Delivery.objects.filter(state=DeliveryState.WAITING, attempts=0, subscription__state="active")  # fmt: skip
    return _since(rows.aggregate(at=Min("created_at"))["at"], now) or 0.0


def _jobs(now: datetime) -> float | None:
    rows = Job.objects.filter(state="waiting").aggregate(at=Min("created_at"))
    return _since(rows["at"], now) or 0.0


def _decisions(now: datetime) -> float | None:
    ours = ("exceptions.", "approvals.", "shipments.", "odoo")
    return max((lag for name, lag in journal_lags().items() if name.startswith(ours)), default=0.0)


def _odoo(pace: str) -> Callable[[datetime], float | None]:
    models = [spec.model for spec in SPECS if spec.pace == pace]

    def lag(now: datetime) -> float | None:
        rows = Feed.objects.filter(model__in=models, absent=False).exclude(load_done_at=None)
        return _since(rows.aggregate(at=Min("ok_at"))["at"], now)

    return lag


def _since(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max(0.0, (now - at).total_seconds())


FLOWS: Final[tuple[Flow, ...]] = (
    Flow("messages", "Partners' messages", NEAR, "milestones, shipments and receipts as partners tell them",
         "a wake-up per message; swept every 2 s", 10, _messages),
    Flow("polls", "What partners are asked for", NEAR, "milestones of carriers without a webhook, or with a silent one",
         "each partner's cadence and rate budget; swept every 10 s", 900, _polls),
    Flow("odoo_open", "Open documents of Odoo", NEAR, "orders, reservation and picking, shipment creation, purchases, invoices",
         "automation hooks; ODOO_OPEN_INTERVAL_S", 60, _odoo("open")),
    Flow("odoo_other", "Other documents of Odoo", NEAR, "stock levels, work orders, packages", "ODOO_INTERVAL_S", 300, _odoo("other")),
    Flow("odoo_master", "Master data of Odoo", BATCH, "customers, products, carriers, warehouses",
         "ODOO_MASTER_INTERVAL_S; compared each night", 1800, _odoo("master")),
    Flow("decisions", "What follows from what happened", NEAR, "cases, holds, approvals, commands", "a wake-up per batch; swept every second", 30, _decisions),
    Flow("commands", "Decisions on their way to Odoo", NEAR, "holds, releases, transfers, notes", "a wake-up; swept every 2 s", 120, _commands),
    Flow("deliveries", "Events for subscribers", NEAR, "what was subscribed to", "a wake-up; swept every second", 60, _deliveries),
    Flow("long_work", "Imports and replays", BATCH, "files, replays, counterfactuals", "in slices; swept every 2 s", 300, _jobs),
    Flow("settlement", "Settlement", BATCH, "matching carriers' invoices; they are kept and shown as they come", "daily", None),
    Flow("kpi", "Key figures", BATCH, "facts for reports", "daily", None),
    Flow("accrual", "Accruals", BATCH, "freight that was not invoiced yet", "monthly", None),
)  # fmt: skip
