"""The import as a job: some seconds of a file at a time, from where the last slice stopped."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.integrations import formats, mappings
from apps.integrations.formats.base import Format
from apps.integrations.formats.codes import Codes
from apps.integrations.imports import keeping
from apps.integrations.imports.errors import BadFile
from apps.integrations.imports.records import Record, read, shape_of
from apps.integrations.imports.services import KIND, drop_unneeded, is_off
from apps.integrations.imports.storing import Origin, Stored, store_records
from apps.integrations.jobs import SLICE_S, Fault, Impossible, Slice, handler
from apps.integrations.models import Job, Partner
from apps.integrations.models.jobs import JobState
from apps.journal.wake import wake

_BATCH: Final = 500
_BATCH_BYTES: Final = 8 * 1024 * 1024
_STOPPED_DAYS: Final = 7
"""How long the file of an import that failed or was cancelled is kept, so that it can go on, in days."""


def _tidy(job: Job) -> None:
    """The file of a finished import is not needed any more; that of a stopped one waits for a person."""
    if job.state == JobState.DONE:
        drop_unneeded(job.params["digest"])


@handler(KIND, "Import", ended=_tidy)
def import_slice(job: Job) -> Slice:
    """Read records for SLICE_S seconds and store them. Raises Impossible when the file cannot be read at all."""
    path = keeping.path_of(job.params["digest"])
    if not path.exists():
        raise Impossible(
            "The file is not on this machine: IMPORT_DIR must be shared by web and workers."
        )
    if job.partner is None or is_off(job.partner):
        raise Impossible("The partner is switched off.")
    try:
        return _slice(job, path, job.partner)
    except BadFile as error:
        raise Impossible(str(error)) from error


def _slice(job: Job, path: Path, partner: Partner) -> Slice:
    until = time.monotonic() + SLICE_S
    cursor = {"member": 0, "at": 0, "place": 0, "before": 0, **job.cursor}
    found = keeping.members(path) if _is_zip(job) else []
    names = [info.filename for info in found] or [""]
    size = sum(info.file_size for info in found) or job.params["size"]
    told = Stored()
    while cursor["member"] < len(names) and time.monotonic() < until:
        member = names[cursor["member"]]
        file = _unpacked(path, member, told) if member else path
        shape = job.params["shape"] if not member or file is None else shape_of(member, file)
        if file is None or _refused(shape, partner, member, told):
            has_ended = True
        else:
            has_ended = _read(job, file, shape, member, cursor, told, until)
        if has_ended:
            size = file.stat().st_size if file else found[cursor["member"]].file_size
            before = cursor["before"] + size
            cursor = {"member": cursor["member"] + 1, "at": 0, "place": 0, "before": before}
            if member and file:
                file.unlink(missing_ok=True)
    transaction.on_commit(lambda: wake("inbox.drain"))
    return _as_slice(job, cursor, told, size, is_end=cursor["member"] >= len(names))


def _unpacked(path: Path, member: str, told: Stored) -> Path | None:
    """A file of a zip; None, and a fault, when it is broken: the others are read all the same."""
    try:
        return keeping.unpack(path, member)
    except BadFile as error:
        told.faults.append(Fault(0, "not_read", str(error), member))
        return None


def _is_zip(job: Job) -> bool:
    return bool(job.params["shape"] == "zip")


def _refused(shape: str, partner: Partner, member: str, told: Stored) -> bool:
    """Whether a file of a zip cannot be read at all: a fault, not the end of the others."""
    why = ""
    if shape == "zip":
        why = "A zip within a zip is not read."
    elif shape == "csv" and partner.format != "canonical":
        why = "A CSV file holds canonical events: it needs a partner of the format canonical."
    if why:
        told.faults.append(Fault(0, "not_read", why, member))
    return bool(why)


def _read(
    job: Job,
    file: Path,
    shape: str,
    member: str,
    cursor: dict[str, Any],
    told: Stored,
    until: float,
) -> bool:
    """Store records until the time is over (False) or the file ends (True); moves the cursor along."""
    assert job.partner is not None
    partner = job.partner
    format_ = formats.get(partner.format)
    origin = _origin(job, partner, format_, shape, member)
    limit = min(format_.max_bytes, settings.MAX_MESSAGE_BYTES)
    found = read(
        file, shape, at=cursor["at"], place=cursor["place"], limit=limit, source=partner.slug
    )
    try:
        for batch in _batches(found):
            _add(told, store_records(batch, origin), member)
            cursor["at"], cursor["place"] = batch[-1].next, batch[-1].upto
            if time.monotonic() >= until:
                return False
    except BadFile as error:
        if not member:
            raise
        told.faults.append(Fault(cursor["place"], "not_read", str(error), member))
    return True


def _batches(found: Iterator[Record]) -> Iterator[list[Record]]:
    """Records in lists of some hundred, of some MiB at most."""
    batch: list[Record] = []
    size = 0
    for record in found:
        batch.append(record)
        size += len(record.raw)
        if len(batch) >= _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _origin(job: Job, partner: Partner, format_: Format, shape: str, member: str) -> Origin:
    name = f"{job.params['file']}: {member}" if member else job.params["file"]
    media = "application/json" if shape in ("ndjson", "json", "csv") else format_.media_types[0]
    headers = {
        "x-import": job.public_id,
        "x-import-file": name,
        "x-import-sha256": job.params["digest"],
        "x-import-by": job.actor,
    }
    place = f"{job.correlation_id}.{job.cursor.get('member', 0)}" if member else job.correlation_id
    return Origin(
        partner.pk, partner.slug, format_, media if media != "+json" else "application/json",
        place, headers, timezone.now(), _codes(partner, format_),
    )  # fmt: skip


def _codes(partner: Partner, format_: Format) -> Codes | None:
    wanted = (format_.name, partner.pk)
    return mappings.active([wanted])[wanted] if format_.key_of else None


def _add(told: Stored, more: Stored, member: str) -> None:
    told.new += more.new
    told.known += more.known
    told.conflicts += more.conflicts
    for fault in more.faults:
        about = f"{member}: {fault.about}" if member else fault.about
        told.faults.append(Fault(fault.place, fault.reason, fault.detail, about))


def _as_slice(job: Job, cursor: dict[str, Any], told: Stored, size: int, *, is_end: bool) -> Slice:
    report = {
        name: job.report.get(name, 0) + count
        for name, count in (
            ("new", told.new),
            ("known", told.known),
            ("conflicts", told.conflicts),
        )
    }
    report |= {"bytes": size if is_end else cursor["before"] + cursor["at"], "size": size}
    done, failed = told.new + told.known, len(told.faults)
    total = job.done + job.failed + done + failed if is_end else None
    return Slice(
        cursor=cursor, done=done, failed=failed, finished=is_end, total=total, report=report,
        faults=told.faults,
    )  # fmt: skip


def forget_files() -> int:
    """Remove files that no import under way needs, seven days after they were last touched; returns how many."""
    now = timezone.now()
    needed = Job.objects.filter(kind=KIND, ended_at=None).values_list("params__digest", flat=True)
    old = (now - timedelta(days=_STOPPED_DAYS)).timestamp()
    return keeping.sweep(still_needed=set(needed), older_than=old)
