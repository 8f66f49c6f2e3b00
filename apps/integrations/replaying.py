"""Replays: a plan first (a dry run, as a job), then the same messages read again, some hundred at a time.

A replay puts messages back into the inbox; the inbox reads and applies them as if they had just come. Replaying
twice changes nothing: the same mapping gives the same identities, and what goes out is keyed by what brought it
about. The plan names the mapping versions it read under; if one is no longer in force it is made again.
Rule: PRODUCT.md R249.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.db import OperationalError, transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.integrations import dry_runs, jobs, messages, searching
from apps.integrations.errors import NoPlan
from apps.integrations.jobs import SLICE_S, Impossible, Slice, handler
from apps.integrations.models import Job, Message
from apps.integrations.models.jobs import JobState
from apps.integrations.queries import messages_of
from apps.integrations.searching import Filters

log = structlog.get_logger(__name__)

PLAN: Final = "replay_plan"
KIND: Final = "replay"
AT_ONCE: Final = 200
"""A plan for so many messages is made while the person waits; one for more is left to a worker."""
CHOSEN: Final = 500
_LOOK: Final = 100
_NAMED: Final = 3
_BACK: Final = 200


def plan(user: User, *, filters: Filters | None = None, chosen: Sequence[str] = ()) -> Job:
    """Begin the dry run of a filter, or of chosen messages (public ids, CHOSEN at most).

    The answered job's report holds the plan once its state is done. Raises NoPlan when nothing is chosen, or
    when no message of the person's matches.
    """
    params = _selection(user, filters or Filters(), chosen)
    rows = _chosen(user, params)
    total = rows.count()
    if not total:
        raise NoPlan("nothing_found", "No message of yours matches this.")
    title = f"Plan to replay {total} message{'' if total == 1 else 's'}"
    job = jobs.start(PLAN, title, actor=user.public_id, params=params, total=total)
    if total <= AT_ONCE:
        _now(job)
    return job


def _now(job: Job) -> None:
    """Do a small job here; whatever stands in the way, a worker finishes it."""
    try:
        jobs.run(job.pk, turn_s=2 * SLICE_S)
    except OperationalError as error:
        log.info("plan_left_to_a_worker", reason=str(error).partition("\n")[0])
    job.refresh_from_db()


def _selection(user: User, filters: Filters, chosen: Sequence[str]) -> dict[str, Any]:
    newest = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    params: dict[str, Any] = {"upto": newest}
    if chosen:
        if len(chosen) > CHOSEN:
            raise NoPlan(
                "too_many", f"At most {CHOSEN} messages are chosen one by one: use a filter."
            )
        return params | {"chosen": list(chosen)}
    if not filters.any:
        raise NoPlan(
            "no_filter", "Choose messages, or narrow them by partner, status, reason or time."
        )
    if filters.payload:  # looked up once: the bytes are in no index
        rows, says = searching.narrowed(user, filters)
        if says:
            raise NoPlan("not_all_searched", says)
        return params | {"chosen": list(rows.values_list("public_id", flat=True))}
    return params | {"filters": filters.as_dict()}


def _chosen(user: User, params: dict[str, Any]) -> QuerySet[Message]:
    """The messages of a plan as the person may see them now, in the order they came."""
    if "chosen" in params:
        rows = messages_of(user).filter(public_id__in=params["chosen"])
    else:
        rows, _ = searching.narrowed(user, Filters.from_dict(params["filters"]))
    return rows.filter(pk__lte=params["upto"]).order_by("pk")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a plan or a replay is of: the first messages that were chosen, or the query of the filter."""

    messages: list[Message]
    more: int
    query: str


def chosen_by(user: User, job: Job) -> Chosen:
    """What a plan or a replay is of, as far as the person may see it now."""
    if "chosen" not in job.params:
        return Chosen([], 0, Filters.from_dict(job.params.get("filters", {})).query)
    rows = list(_chosen(user, job.params).select_related("partner")[:_NAMED])
    return Chosen(rows, max((job.total or 0) - len(rows), 0), "")


def _actor(job: Job) -> User:
    user = User.objects.filter(public_id=job.actor, is_active=True).first()
    if user is None or not user.may("messages.replay"):
        raise Impossible("Who began it may no longer replay messages.")
    return user


@handler(PLAN, "Plan of a replay")
def plan_slice(job: Job) -> Slice:
    """Read messages again for SLICE_S seconds; at the end apply those that differ, and roll back."""
    user, until = _actor(job), time.monotonic() + SLICE_S
    after, differing = job.cursor.get("after", 0), list(job.cursor.get("differing", []))
    report = dict(job.report)
    done, ended = 0, False
    while not ended and time.monotonic() < until:
        rows = list(_chosen(user, job.params).filter(pk__gt=after)[:_LOOK])
        if not rows:
            ended = True
            break
        after = rows[-1].pk
        found = dry_runs.look(rows)
        done += len(rows)
        room = dry_runs.APPLIED - len(differing)
        differing += found.differing[:room]
        _add(report, found)
    if ended:
        applied = list(messages_of(user).filter(pk__in=differing).order_by("pk"))
        report["outlook"] = dry_runs.outlook(applied, user).as_dict()
        report["applied"] = len(applied)
    cursor = {"after": after, "differing": differing}
    return Slice(cursor=cursor, done=done, finished=ended, report=report)


def _add(report: dict[str, Any], found: dry_runs.Looked) -> None:
    for name in ("unchanged", "would_differ", "not_readable", "bytes_gone", "waiting"):
        report[name] = report.get(name, 0) + getattr(found, name)
    kept = report.get("refusals", [])
    report["refusals"] = [*kept, *found.refusals][:50]
    report["versions"] = report.get("versions", {}) | found.versions


@transaction.atomic
def carry_out(plan_job: Job, *, by: User) -> Job:
    """Replay what a plan looked at. Carrying out the same plan again answers the first replay.

    Raises NoPlan when the plan is somebody else's, not ready, or no longer true (another mapping is in force).
    """
    found = Job.objects.select_for_update(of=("self",)).get(pk=plan_job.pk)
    if found.kind != PLAN or found.actor != by.public_id:
        raise NoPlan("no_plan", "This is no plan of yours.")
    begun = Job.objects.filter(kind=KIND, params__plan=found.public_id).first()
    if begun is not None:
        return begun
    if found.state != JobState.DONE:
        raise NoPlan("not_ready", "The plan is not ready yet.")
    versions = found.report.get("versions", {})
    if dry_runs.versions_now(list(versions)) != versions:
        raise NoPlan("stale", "Another mapping is in force since the plan was made: make it again.")
    count = found.total or 0
    return jobs.start(
        KIND,
        f"Replay of {count} message{'' if count == 1 else 's'}",
        actor=by.public_id,
        params={**found.params, "plan": found.public_id},
        total=count,
    )


@handler(KIND, "Replay")
def replay_slice(job: Job) -> Slice:
    """Put messages back into the inbox for SLICE_S seconds, in the order they came."""
    user, until = _actor(job), time.monotonic() + SLICE_S
    after, done, again = job.cursor.get("after", 0), 0, job.report.get("put_back", 0)
    ended = False
    while not ended and time.monotonic() < until:
        rows = _chosen(user, job.params).filter(pk__gt=after)
        ids = list(rows.values_list("pk", flat=True)[:_BACK])
        ended = not ids
        if ids:
            again += messages.replay_many(ids, actor=job.actor)
            after, done = ids[-1], done + len(ids)
    return Slice(cursor={"after": after}, done=done, finished=ended, report={"put_back": again})


def plans_of(user: User) -> QuerySet[Job]:
    """Plans and replays a person began; nobody else's, because they tell of goods in that person's sight."""
    return Job.objects.filter(kind__in=[PLAN, KIND], actor=user.public_id).order_by("-pk")


def replay_of(plan_job: Job) -> Job | None:
    """The replay that carried out a plan."""
    return Job.objects.filter(kind=KIND, params__plan=plan_job.public_id).first()
