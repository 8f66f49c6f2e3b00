"""Begin an import: who may, of which partner, which file; the same file under way is not begun twice."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from apps.integrations import formats, jobs
from apps.integrations.imports import keeping
from apps.integrations.imports.errors import BadFile
from apps.integrations.imports.records import SHAPES, shape_of
from apps.integrations.models import Job, Partner
from apps.integrations.models.jobs import UNDER_WAY, JobState
from apps.shipments.models.events import is_by_hand

KIND = "import"
_NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Begun:
    """The job of a file; is_resumed when it was under way, or had stopped, before this call."""

    job: Job
    is_resumed: bool


def begin(
    partner: Partner, chunks: Iterable[bytes], *, name: str, actor: str, shape: str = ""
) -> Begun:
    """Keep the file and let it be read as messages of the partner, in the background.

    shape is a key of SHAPES, empty: as the file looks. The same file of the same partner that is under way,
    failed or was cancelled goes on where it stopped; one that was done is read again, and everything in it is
    known. Raises BadFile with a sentence for the person. The caller has checked that actor may.
    """
    if is_off(partner):
        raise BadFile(f"{partner.name} is switched off: nothing of it is taken, files neither.")
    if partner.format not in formats.FORMATS:
        raise BadFile(f"Nobody here reads the format {partner.format}.")
    if shape and shape not in SHAPES:
        raise BadFile(f"A file is one of {', '.join(SHAPES)}.")
    if is_by_hand(partner.slug):
        raise BadFile("What a person read is recorded one by one, with its source: no file is.")
    kept = keeping.keep(chunks)
    shape = shape or shape_of(name, keeping.path_of(kept.digest))
    _check_shape(shape, partner, kept.digest)
    return _begin(partner, kept, name=name, actor=actor, shape=shape)


def _check_shape(shape: str, partner: Partner, digest: str) -> None:
    """Raise BadFile for what is seen to be wrong before anything is read."""
    if shape == "csv" and partner.format != "canonical":
        raise BadFile(
            "A CSV file holds canonical events: it needs a partner of the format canonical."
        )
    if shape == "zip":
        keeping.members(keeping.path_of(digest))


def is_off(partner: Partner) -> bool:
    """Whether nothing of this partner is taken."""
    return partner.switch == "off"


@transaction.atomic
def _begin(partner: Partner, kept: keeping.Kept, *, name: str, actor: str, shape: str) -> Begun:
    Partner.objects.select_for_update().get(
        pk=partner.pk
    )  # one at a time decides what is under way
    unfinished = (
        Job.objects.filter(
            kind=KIND, partner=partner, params__digest=kept.digest, params__shape=shape
        )
        .exclude(state=JobState.DONE)
        .order_by("-pk")
        .first()
    )
    if unfinished is not None:
        if unfinished.state not in UNDER_WAY:
            jobs.retry(unfinished, actor=actor)
            unfinished.refresh_from_db()
        return Begun(unfinished, True)
    short = name.replace("\\", "/").rpartition("/")[2][-_NAME_LENGTH:] or "file"
    params = {"file": short, "digest": kept.digest, "size": kept.size, "shape": shape}
    title = f"{short} for {partner.name}"
    job = jobs.start(KIND, title, actor=actor, params=params, partner=partner)
    keeping.hold(kept.digest)
    if not keeping.path_of(kept.digest).exists():
        raise BadFile("Another import of this file ended this moment: send it once more.")
    return Begun(job, False)


@transaction.atomic
def drop_unneeded(digest: str) -> None:
    """Remove a file that has been read, unless another import (of another partner) still needs it."""
    keeping.hold(digest)
    needed = Job.objects.filter(kind=KIND, params__digest=digest).exclude(state=JobState.DONE)
    if not needed.exists():
        keeping.drop(digest)
