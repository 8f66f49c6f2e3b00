"""Long work as rows: a job is done in slices, each committed with its progress, so that a crash costs one slice."""

from django.db import models

from apps.integrations.models.partners import Partner
from apps.journal.ids import PublicIdField


class JobState(models.TextChoices):
    """A job's way. What waits or runs is taken up by the next `jobs.run`."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNDER_WAY = (JobState.WAITING, JobState.RUNNING)


class Job(models.Model):
    """One piece of long work: an import, a replay, a counterfactual. `kind` is a key of jobs.HANDLERS.

    total, done and failed count the handler's own things (rows, messages); total is null until it is known.
    cursor is where the next slice goes on, report what the screen shows at the end: both are the handler's words.
    """

    public_id = PublicIdField("job")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    params = models.JSONField(default=dict)
    partner = models.ForeignKey(Partner, null=True, on_delete=models.PROTECT, related_name="jobs")
    total = models.PositiveBigIntegerField(null=True)
    done = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    cursor = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    says = models.CharField(max_length=500, blank=True)  # why it failed, or rests
    attempts = models.PositiveSmallIntegerField(default=0)  # of the slice at hand
    next_attempt_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=120)
    correlation_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(null=True)  # when its last slice was committed
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="job_under_way", condition=models.Q(state__in=UNDER_WAY)
            ),
            models.Index(fields=["kind", "-created_at"], name="job_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    @property
    def is_under_way(self) -> bool:
        """Whether a worker may still take it up."""
        return self.state in UNDER_WAY


class JobFault(models.Model):
    """One thing a job could not do. place counts from 1 in the job's own list: a line of a file, a message."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="faults", db_index=False)
    place = models.PositiveBigIntegerField()
    about = models.CharField(max_length=200, blank=True)  # a key, a number: what a person looks for
    reason = models.CharField(max_length=60)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["job", "place"], name="job_fault_place")]

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"
