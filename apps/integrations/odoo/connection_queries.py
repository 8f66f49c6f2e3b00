"""Reads for the Odoo screen: which connections there are, how far each is read, whether the mirror is what Odoo says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import Company, User
from apps.exceptions.models import Case
from apps.integrations.models import OdooConnection, OdooGuard, OdooHook, OdooServer
from apps.integrations.odoo.bootstrap import RULES
from apps.integrations.odoo.command.guard_code import OPERATIONS, VERSION
from apps.integrations.odoo.follow.feed import interval_s
from apps.integrations.odoo.follow.loading import PROJECTED
from apps.integrations.odoo.line.connections import DEFAULT
from apps.integrations.odoo.line.discover import ABSENT, APPS, HIDDEN, App
from apps.mirror.feeds import Trouble
from apps.mirror.models import Feed, Reconciliation, SetAside
from apps.mirror.queries import MasterData, master_data
from apps.mirror.specs import BY_MODEL

ANSWERS: Final = "answers"
AWAY: Final = "away"
REFUSED: Final = "refused"
UNREAD: Final = "unread"
OFF: Final = "off"
_SLACK_S: Final = 60
_ASIDE: Final = 50


@dataclass(frozen=True, slots=True)
class Connected:
    """One Odoo database: where it is, what it was found to be, and whether it answers now.

    state: answers, away, refused (our login), unread (nobody asked yet), off. says: why, in Odoo's or our words.
    """

    slug: str
    title: str
    url: str
    db: str
    user: str
    server: OdooServer | None
    state: str
    says: str
    read_at: datetime | None
    loading: bool
    case: Case | None


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One table: how often it is asked for, and whether that happens. late: not read for several intervals."""

    feed: Feed
    interval_s: int
    late: bool
    aside: int


@dataclass(frozen=True, slots=True)
class Loading:
    """A first load: which table is at work, how far all of them are. phase is `loading` or `projecting`."""

    phase: str
    feed: Feed | None
    place: int
    tables: int
    records: int
    done: float

    @property
    def total(self) -> int | None:
        """Records of the table at work; None while they are not counted."""
        if self.feed is None:
            return None
        return self.feed.load_total if self.phase == "loading" else self.feed.project_total

    @property
    def so_far(self) -> int:
        """Records of the table at work that are in."""
        if self.feed is None:
            return 0
        return self.feed.loaded if self.phase == "loading" else self.feed.projected


@dataclass(frozen=True, slots=True)
class Compared:
    """The last comparison of every table, taken together; found_at is when one last found a difference."""

    rows: list[Reconciliation]
    at: datetime | None
    took_ms: int
    wrong: int
    unmended: int
    asked_at: datetime | None
    found_at: datetime | None


@dataclass(frozen=True, slots=True)
class Setup:
    """What `odoo_bootstrap` made: (model, made, outdated or missing) of guarded actions, and Odoo's hook to us."""

    hook: OdooHook | None
    rules: tuple[str, ...]
    guards: list[tuple[str, str]]

    @property
    def whole(self) -> bool:
        """Everything is there and of this version."""
        return self.hook is not None and all(fate == "made" for _, fate in self.guards)


@dataclass(frozen=True, slots=True)
class Screen:
    """One connection's page."""

    one: Connected
    loading: Loading | None
    feeds: list[FeedLine]
    aside: list[SetAside]
    compared: Compared
    setup: Setup
    apps: list[tuple[App, str]]
    master: list[MasterData]

    @property
    def troubled(self) -> int:
        """Tables that cannot be read now, are late, or have records set aside."""
        return sum(bool(line.feed.error) or line.late or bool(line.aside) for line in self.feeds)


def connected(user: User) -> list[Connected]:
    """The connections a person may see, `default` first: those of their companies, and those of nobody's yet."""
    rows = {row.slug: row for row in OdooConnection.objects.defer("sealed_secret").order_by("slug")}
    companies = user.scope.companies
    theirs = dict.fromkeys(
        Company.objects.filter(pk__in=companies).values_list("connection", flat=True)
    )
    anyones = set(Company.objects.values_list("connection", flat=True).distinct())
    wanted = [
        slug for slug in (DEFAULT, *rows) if companies and (slug in theirs or slug not in anyones)
    ]
    feeds: dict[str, list[Feed]] = {}
    for feed in Feed.objects.filter(connection__in=wanted, model__in=BY_MODEL):
        feeds.setdefault(feed.connection, []).append(feed)
    servers = {row.connection: row for row in OdooServer.objects.filter(connection__in=wanted)}
    cases = {
        case.dedupe: case
        for case in Case.objects.filter(dedupe__in=[f"odoo:{slug}" for slug in wanted]).exclude(
            state="resolved"
        )
    }
    return [
        _connected(
            slug, rows.get(slug), feeds.get(slug, []), servers.get(slug), cases.get(f"odoo:{slug}")
        )
        for slug in wanted
    ]


def _connected(
    slug: str,
    row: OdooConnection | None,
    feeds: Sequence[Feed],
    server: OdooServer | None,
    case: Case | None,
) -> Connected:
    own, here = settings.ODOO, [feed for feed in feeds if not feed.absent]
    state, says = _state(row, here)
    return Connected(
        slug=slug,
        title=row.title if row else "",
        url=row.url if row else own["url"],
        db=row.db if row else own["db"],
        user=row.user if row else own["user"],
        server=server,
        state=state,
        says=says,
        read_at=max((feed.ok_at for feed in feeds if feed.ok_at), default=None),
        loading=any(feed.load_done_at is None or feed.projected_at is None for feed in here),
        case=case,
    )


def _state(row: OdooConnection | None, feeds: Sequence[Feed]) -> tuple[str, str]:
    """Odoo away or refusing our login is one outage of all feeds (`outage.failed`)."""
    if row is not None and not row.enabled:
        return OFF, ""
    if not feeds or not any(feed.ran_at for feed in feeds):
        return UNREAD, ""
    if all(feed.error for feed in feeds):
        refused = any(feed.trouble == Trouble.LOGIN for feed in feeds)
        return (REFUSED if refused else AWAY), feeds[0].error
    return ANSWERS, ""


def screen(user: User, one: Connected) -> Screen:
    """Everything about one connection; the queries do not grow with what is mirrored, except to count it."""
    order = {model: place for place, model in enumerate(BY_MODEL)}
    feeds = sorted(
        Feed.objects.filter(connection=one.slug, model__in=BY_MODEL), key=lambda f: order[f.model]
    )
    counts: dict[str, int] = {}
    for model in SetAside.objects.filter(connection=one.slug).values_list("model", flat=True):
        counts[model] = counts.get(model, 0) + 1
    return Screen(
        one=one,
        loading=_loading(feeds) if one.loading else None,
        feeds=[_line(feed, counts.get(feed.model, 0)) for feed in feeds],
        aside=list(SetAside.objects.filter(connection=one.slug).order_by("-since_at")[:_ASIDE])
        if counts
        else [],
        compared=_compared(one.slug, feeds, order),
        setup=_setup(one),
        apps=_apps(one.server),
        master=master_data(one.slug),
    )


def _line(feed: Feed, aside: int) -> FeedLine:
    every = interval_s(BY_MODEL[feed.model], absent=feed.absent)
    limit = timezone.now() - timedelta(seconds=4 * every + _SLACK_S)
    late = bool(feed.load_done_at and feed.ok_at and feed.ok_at < limit and not feed.absent)
    return FeedLine(feed, every, late, aside)


def _loading(feeds: Sequence[Feed]) -> Loading | None:
    """Loading until every table is in, then each document is projected once (loading.py)."""
    here = [feed for feed in feeds if not feed.absent]
    phase = "loading" if any(feed.load_done_at is None for feed in here) else "projecting"
    if phase == "projecting":
        here = [feed for feed in here if feed.model in PROJECTED]
    waiting = [
        feed
        for feed in here
        if (feed.load_done_at if phase == "loading" else feed.projected_at) is None
    ]
    at_work = waiting[0] if waiting else None
    place = len(here) - len(waiting) + bool(at_work)
    told = Loading(phase, at_work, place, len(here), sum(one.loaded for one in feeds), 0)
    part = min(told.so_far / told.total, 1) if told.total else 0
    done = (len(here) - len(waiting) + part) / max(len(here), 1)
    return Loading(phase, at_work, place, len(here), told.records, round(done, 3))


def _compared(slug: str, feeds: Sequence[Feed], order: dict[str, int]) -> Compared:
    rows = Reconciliation.objects.filter(connection=slug, model__in=order).defer("details")
    last = sorted(
        rows.order_by("model", "-started_at").distinct("model"), key=lambda row: order[row.model]
    )
    found = rows.exclude(missing=0, extra=0, differing=0).order_by("-started_at").first()
    return Compared(
        rows=last,
        at=max((row.started_at for row in last), default=None),
        took_ms=sum(row.took_ms for row in last),
        wrong=sum(row.missing + row.extra + row.differing for row in last),
        unmended=sum(max(row.missing + row.extra + row.differing - row.mended, 0) for row in last),
        asked_at=min(
            (feed.reconcile_asked_at for feed in feeds if feed.reconcile_asked_at), default=None
        ),
        found_at=found.started_at if found else None,
    )


def _setup(one: Connected) -> Setup:
    offers = one.server.offers if one.server else {}
    versions = dict(OdooGuard.objects.filter(connection=one.slug).values_list("model", "version"))
    return Setup(
        hook=OdooHook.objects.filter(connection=one.slug).defer("sealed_token").first(),
        rules=tuple(model for model in RULES if offers.get(model) != ABSENT),
        guards=[
            (model, _fate(versions.get(model)))
            for model in OPERATIONS
            if offers.get(model) != ABSENT
        ],
    )


def _fate(version: int | None) -> str:
    if version is None:
        return "missing"
    return "made" if version == VERSION else "outdated"


def _apps(server: OdooServer | None) -> list[tuple[App, str]]:
    """Each app with what becomes of it: used, idle (there, of no use yet), hidden or absent."""
    if server is None:
        return []
    found = []
    for app in APPS:
        standing = server.offers.get(app.model, ABSENT)
        if standing != ABSENT and not (standing == HIDDEN and not app.by_admin):
            standing = "used" if app.used else "idle"
        found.append((app, standing))
    return found
