"""Long work as a person may see it: jobs of the partners of their companies, and those of no partner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.integrations.jobs import HANDLERS
from apps.integrations.models import Job, JobFault
from apps.integrations.queries import partners_of

PAGE: Final = 50
FAULTS_SHOWN: Final = 100


def jobs_of(user: User) -> QuerySet[Job]:
    """Jobs a person may see, the newest first; nobody's for a person without a company."""
    if not user.scope.companies:
        return Job.objects.none()
    partners = partners_of(user).order_by().values("pk")
    rows = Job.objects.filter(Q(partner=None) | Q(partner__in=partners))
    return rows.select_related("partner").order_by("-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class Shown:
    """A job as its page says it: how far, how fast, how long still, and what it could not do."""

    job: Job
    kind: str
    who: str
    share: float | None  # 0 to 1; None: nobody knows the whole
    rate: float | None  # things a second since it began
    left_s: float | None
    counts: list[tuple[str, int]]
    faults: list[JobFault]

    @property
    def tone(self) -> str:
        """The colour of its state."""
        tones = {"done": "done", "failed": "act", "cancelled": ""}
        if self.job.state == "done" and self.job.failed:
            return "risk"
        return tones.get(self.job.state, "wait")


def shown(job: Job, *, with_faults: bool = False) -> Shown:
    """What a screen says of a job."""
    return _shown(job, _names([job]), with_faults=with_faults)


def page_of(user: User) -> list[Shown]:
    """The newest jobs as the list shows them."""
    rows = list(jobs_of(user)[:PAGE])
    names = _names(rows)
    return [_shown(job, names) for job in rows]


def _names(rows: Sequence[Job]) -> dict[str, str]:
    """The names of who began them, by public id."""
    people = User.objects.filter(public_id__in={job.actor for job in rows})
    return {person.public_id: person.name for person in people}


def _shown(job: Job, names: dict[str, str], *, with_faults: bool = False) -> Shown:
    began, ended = job.started_at, job.ended_at or timezone.now()
    so_far = job.done + job.failed
    passed = max((ended - began).total_seconds(), 0.001) if began else None
    share = _share(job)
    rate = so_far / passed if passed and so_far else None
    left = None
    if job.is_under_way and passed and share:
        left = passed * (1 - share) / share
    known = HANDLERS.get(job.kind)
    faults = list(job.faults.order_by("place", "pk")[:FAULTS_SHOWN]) if with_faults else []
    return Shown(
        job, known.title if known else job.kind, names.get(job.actor, job.actor), share, rate, left,
        [
            (name, value)
            for name, value in job.report.items()
            if name not in ("bytes", "size") and isinstance(value, int)
        ],
        faults,
    )  # fmt: skip


def _share(job: Job) -> float | None:
    """How much is done: by the handler's bytes where it says so, else by its count."""
    size = job.report.get("size")
    if size:
        return min(1.0, float(job.report.get("bytes", 0)) / float(size))
    return min(1.0, (job.done + job.failed) / job.total) if job.total else None


def fault_rows(job: Job) -> Iterator[list[Any]]:
    """Everything a job could not do, as rows of a table with a heading."""
    yield ["row", "reason", "detail", "excerpt"]
    for fault in job.faults.order_by("place", "pk").iterator(chunk_size=2000):
        yield [fault.place, fault.reason, fault.detail, fault.about]
