"""Every recorded message of every format as a file: the same events, refusals and repetitions as by HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.integrations import formats, inbox, jobs
from apps.integrations.imports import services
from apps.integrations.models import Job, Message, Partner
from tests.integrations.factories import make_partner
from tests.integrations.formats.recorded import body, each
from tests.integrations.outcomes import as_recorded, receive_as_recorded, repeated

pytestmark = pytest.mark.django_db
OF_EACH_FORMAT = pytest.mark.parametrize("name", sorted(formats.FORMATS))


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.IMPORT_DIR = str(tmp_path)


def imported(partner: Partner, sample: dict[str, Any], shape: str = "") -> Job:
    """A recorded file, brought by a person, read to its end and applied."""
    content, name = body(sample["file"]), Path(sample["file"]).name
    job = services.begin(partner, [content], name=name, actor="usr_1", shape=shape).job
    jobs.run()
    inbox.drain()
    job.refresh_from_db()
    assert job.state == "done", (sample["file"], job.says)
    return job


def entries(sample: dict[str, Any]) -> int:
    """How many messages a file of several holds."""
    raw = body(sample["file"])
    lines = [line for line in raw.splitlines() if line.strip()]
    return len(lines) if sample["file"].endswith(".ndjson") else len(json.loads(raw))


@OF_EACH_FORMAT
def test_each_file_gives_exactly_its_new_events_and_tells_what_it_could_not_take(name, monkeypatch):
    partner = make_partner(name)
    for sample in each(name):
        receive_as_recorded(sample, partner, monkeypatch)
        before = set(Message.objects.values_list("pk", flat=True))
        # Of an array a file makes a message of each element; where the array itself is wrong, it is one message.
        is_array = "refused" in sample and body(sample["file"]).startswith(b"[")
        job = imported(partner, sample, "whole" if is_array else "")
        new = list(Message.objects.exclude(pk__in=before))
        faults = list(job.faults.values_list("reason", flat=True))
        if "refused" in sample:
            assert set(faults) == {sample["refused"]}, sample["file"]
            assert not new
            continue
        assert as_recorded(sample, new)
        if not new:
            assert job.report["known"] == 1, sample["file"]
            continue
        assert {message.status for message in new} <= {"processed", "duplicate"}
        assert not any(message.conflicts for message in new), sample["file"]
        if (job.total, job.failed) == (1, 0):
            assert new[0].duplicates == repeated(sample), sample["file"]
            assert new[0].skipped_events == sample.get("skipped", 0), sample["file"]
        else:  # an array or lines: each entry is a message, or a fault with its reason
            assert len(new) + len(faults) == job.total == entries(sample), sample["file"]
            assert all(faults)
