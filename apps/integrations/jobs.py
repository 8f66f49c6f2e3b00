"""Long work in slices: claim a job, do a slice of it, commit its progress with it, go on, until it is done.

A worker holds a session's advisory lock on the job while it works, so two never do the same slice; whoever dies
lets go of it, and the next `jobs.run` goes on after the last committed slice. Screens never wait for a worker:
cancelling is an ordinary UPDATE, and a slice whose job was cancelled meanwhile is undone.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.integrations.models import Job, JobFault, Partner
from apps.integrations.models.jobs import UNDER_WAY, JobState
from apps.journal.correlation import bound, current
from apps.journal.services import NewEntry, append
from apps.journal.wake import wake

log = structlog.get_logger(__name__)

SLICE_S: Final = 2.0
"""How long a handler may take for one slice, in seconds: it looks at the clock and stops (5 s are the limit)."""
ATTEMPTS: Final = 5
DEATHS: Final = 20
"""So often may a worker die in one slice: more than an error's attempts, because machines are stopped for a
hundred reasons, but a slice that eats all memory must not be taken up for ever.
"""
_OUTSIDE: Final = frozenset({"08", "40", "53", "55", "57"})
_TURN_S: Final = 20.0  # then other tasks of the queue have their turn, and this one is woken again
_LOCK: Final = 7312  # our own first key of PostgreSQL's advisory locks
_RESTS_S: Final = (2, 10, 60, 300)
_DIED: Final = "The worker died in the middle of a slice."


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing a slice could not do, for the list that a person downloads (models.jobs.JobFault)."""

    place: int
    reason: str
    detail: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What one slice did: how many things it did and could not do, and where the next one goes on.

    total is set once it is known. report is laid over the job's report, key by key.
    """

    cursor: dict[str, Any]
    done: int = 0
    failed: int = 0
    finished: bool = False
    total: int | None = None
    report: dict[str, Any] = field(default_factory=dict)
    faults: Sequence[Fault] = ()


class Impossible(Exception):
    """A job that no further attempt can help; the text is one sentence for a person."""


Work = Callable[[Job], Slice]
Ended = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """How a kind of job is done: work does one slice in the caller's transaction; ended tidies up after the job."""

    kind: str
    title: str
    work: Work
    ended: Ended | None = None


HANDLERS: dict[str, Handler] = {}


def handler(kind: str, title: str, *, ended: Ended | None = None) -> Callable[[Work], Work]:
    """Declare who does jobs of a kind: `@handler("import", "Import")` above a function Job → Slice.

    The function runs in a transaction, for SLICE_S seconds at most, and starts at job.cursor. It may raise
    Impossible; any other error is tried again ATTEMPTS times. ended(job) runs once, after the last commit,
    when the job is done, failed or cancelled; it must bear being missed (a crash) and being repeated.
    """

    def register(work: Work) -> Work:
        if kind in HANDLERS:
            raise ValueError(f"jobs of kind {kind} have a handler already")
        HANDLERS[kind] = Handler(kind, title, work, ended)
        return work

    return register


@transaction.atomic
def start(
    kind: str,
    title: str,
    *,
    actor: str,
    params: dict[str, Any] | None = None,
    partner: Partner | None = None,
    total: int | None = None,
) -> Job:
    """Make a job and wake a worker after the commit. Raises KeyError for a kind without handler."""
    HANDLERS[kind]
    job = Job.objects.create(
        kind=kind,
        title=title[:200],
        params=params or {},
        partner=partner,
        total=total,
        actor=actor,
        correlation_id=current(),
    )
    append(NewEntry("job.started", job.public_id, {"kind": kind}, actor=actor))
    transaction.on_commit(lambda: wake("jobs.run"))
    return job


@transaction.atomic
def cancel(job: Job, *, actor: str) -> bool:
    """Stop a job after its last committed slice; what it did stays. False when it had ended before."""
    ended = Job.objects.filter(pk=job.pk, state__in=UNDER_WAY).update(
        state=JobState.CANCELLED, ended_at=timezone.now()
    )
    if not ended:
        return False
    job.refresh_from_db()
    _told(job, actor)
    return True


@transaction.atomic
def retry(job: Job, *, actor: str) -> bool:
    """Let a failed or cancelled job go on where it stopped. False when it is done or under way."""
    again = Job.objects.filter(pk=job.pk, state__in=[JobState.FAILED, JobState.CANCELLED]).update(
        state=JobState.WAITING, ended_at=None, attempts=0, next_attempt_at=None, says=""
    )
    if again:
        append(NewEntry("job.started", job.public_id, {"kind": job.kind}, actor=actor))
        transaction.on_commit(lambda: wake("jobs.run"))
    return bool(again)


def run(only: int | None = None, *, turn_s: float = _TURN_S) -> bool:
    """Work on what is due, slice by slice and job by job in turns, until nothing is or the turn is over
    (one slice is always done).

    Returns whether work is left. Raises OperationalError when the database was lost: nobody's fault, and the
    next wake-up finds the same rows.
    """
    until = time.monotonic() + turn_s
    while ids := _due(only):
        worked = False
        for job_id in ids:
            with _mine(job_id) as is_mine:
                worked |= is_mine and _slice(job_id)
            if time.monotonic() > until:
                return bool(_due(only))
        if not worked:
            return False
    return False


def _due(only: int | None) -> list[int]:
    rows = Job.objects.filter(state__in=UNDER_WAY).filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=timezone.now())
    )
    if only is not None:
        rows = rows.filter(pk=only)
    return list(rows.order_by("touched_at", "pk").values_list("pk", flat=True)[:50])


@contextmanager
def _mine(job_id: int) -> Iterator[bool]:
    """Whether the job is ours; nobody else works on it inside."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s::int)", [_LOCK, job_id])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            _let_go(job_id)


def _let_go(job_id: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s::int)", [_LOCK, job_id])
    except (OperationalError, InterfaceError) as error:
        log.warning("job_lock_lost", reason=str(error))  # the session is gone, and the lock with it


def _slice(job_id: int) -> bool:
    """One slice; False when it was not the job's turn after all."""
    job = _begin(job_id)
    if job is None:
        return False
    with bound(job.correlation_id):
        try:
            _work(job)
        except Exception as error:  # whatever it was, it is recorded on the job
            if _is_nobodys_fault(error):
                _take_back(job_id)
                raise
            _failed(job, error)
    return True


@transaction.atomic
def _begin(job_id: int) -> Job | None:
    """Count the attempt before it is made, committed: should it kill the worker, it has been counted."""
    job = (
        Job.objects.select_for_update(of=("self",))
        .select_related("partner")
        .filter(pk=job_id, state__in=UNDER_WAY)
        .first()
    )
    if job is None:
        return None
    now = timezone.now()
    if job.attempts >= DEATHS:
        _end(job, JobState.FAILED, now, says=job.says or _DIED)
        return None
    job.attempts += 1
    job.state, job.started_at = JobState.RUNNING, job.started_at or now
    job.save(update_fields=["attempts", "state", "started_at"])
    return job


def _is_nobodys_fault(error: Exception) -> bool:
    """Whether the database was lost, shut down, out of room or locked elsewhere (by SQLSTATE class)."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in _OUTSIDE


def _take_back(job_id: int) -> None:
    """The attempt was no failure of the job's, as far as the database lets us say so."""
    try:
        Job.objects.filter(pk=job_id, attempts__gt=0).update(attempts=F("attempts") - 1)
    except (OperationalError, InterfaceError) as error:
        log.warning("job_attempt_not_taken_back", reason=str(error))


class _Cancelled(Exception):
    pass


def _work(job: Job) -> None:
    known = HANDLERS.get(job.kind)
    if known is None:
        raise Impossible(f"Nobody does jobs of kind {job.kind}.")
    try:
        with transaction.atomic():
            _keep(job, known.work(job))
    except _Cancelled:
        log.info("job_slice_undone", job=job.public_id)


def _keep(job: Job, slice_: Slice) -> None:
    """Store a slice's progress in its own transaction. Raises _Cancelled when somebody stopped the job meanwhile."""
    now = timezone.now()
    JobFault.objects.bulk_create(
        JobFault(
            job=job,
            place=fault.place,
            about=fault.about[:200],
            reason=fault.reason[:60],
            detail=fault.detail[:300],
        )
        for fault in slice_.faults
    )
    job.done += slice_.done
    job.failed += slice_.failed
    job.report = {**job.report, **slice_.report}
    job.cursor = slice_.cursor
    job.total = job.total if slice_.total is None else slice_.total
    kept = Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(
        done=job.done, failed=job.failed, total=job.total, cursor=job.cursor, report=job.report,
        touched_at=now, attempts=0, next_attempt_at=None, says="",
    )  # fmt: skip
    if not kept:
        raise _Cancelled
    if slice_.finished:
        _end(job, JobState.DONE, now)


def _failed(job: Job, error: Exception) -> None:
    log.warning("job_slice_failed", job=job.public_id, exc_info=error)
    now = timezone.now()
    says = str(error) if isinstance(error, Impossible) else f"{type(error).__name__}: {error}"
    says = says.replace("\x00", "")[:500]
    with transaction.atomic():
        fresh = Job.objects.select_for_update().filter(pk=job.pk, state=JobState.RUNNING).first()
        if fresh is None:
            return
        if isinstance(error, Impossible) or fresh.attempts >= ATTEMPTS:
            _end(fresh, JobState.FAILED, now, says=says)
            return
        fresh.says = says
        fresh.next_attempt_at = now + timedelta(
            seconds=_RESTS_S[min(fresh.attempts, len(_RESTS_S)) - 1]
        )
        fresh.save(update_fields=["says", "next_attempt_at"])


def _end(job: Job, state: JobState, now: datetime, *, says: str = "") -> None:
    job.state, job.ended_at, job.says = state, now, says
    job.save(update_fields=["state", "ended_at", "says"])
    _told(job, job.actor)


def _told(job: Job, actor: str) -> None:
    append(
        NewEntry(
            "job.ended",
            job.public_id,
            {"kind": job.kind, "state": str(job.state), "done": job.done, "failed": job.failed},
            actor=actor,
            correlation_id=job.correlation_id,
        )
    )
    known = HANDLERS.get(job.kind)
    if known is not None and known.ended is not None:
        tidy = known.ended
        transaction.on_commit(lambda: tidy(job))
