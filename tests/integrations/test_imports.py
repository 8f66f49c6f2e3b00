"""Files as many messages: every shape, resumed after a kill, idempotent, each bad row with its reason."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.integrations import inbox, jobs
from apps.integrations.imports import keeping, services
from apps.integrations.imports.errors import BadFile
from apps.integrations.imports.records import read, shape_of
from apps.integrations.models import Job, Message, MessageBody
from apps.integrations.queries import messages_of
from apps.shipments.models import Event
from tests.integrations.factories import batch, make_partner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    """Files of this test alone."""
    settings.IMPORT_DIR = str(tmp_path / "imports")
    return Path(settings.IMPORT_DIR)


def ndjson(count: int, first: int = 0) -> bytes:
    """3PL batches of one event each, one a line."""
    return b"".join(
        json.dumps(batch(f"m{number}", f"AB{number}")).encode() + b"\n"
        for number in range(first, first + count)
    )


def run(partner, content: bytes, name: str = "events.ndjson", **more) -> Job:
    """Import a file to its end."""
    job = services.begin(partner, [content], name=name, actor="usr_1", **more).job
    jobs.run()
    job.refresh_from_db()
    return job


def records(path: Path, shape: str, at: int = 0, place: int = 0, limit: int = 10_000) -> list:
    return list(read(path, shape, at=at, place=place, limit=limit, source="s"))


def test_each_line_becomes_a_message_that_notes_file_line_and_person():
    partner = make_partner()
    job = run(partner, ndjson(3))

    assert (job.state, job.done, job.failed, job.total) == ("done", 3, 0, 3)
    assert job.report["new"] == 3
    message = Message.objects.get(key="m1")
    headers = MessageBody.objects.get(message_id=message.pk).headers
    assert headers["x-import"] == job.public_id
    assert headers["x-import-file"] == "events.ndjson"
    assert headers["x-import-place"] == "2"
    assert headers["x-import-by"] == "usr_1"
    assert message.correlation_id == f"{job.correlation_id}.2"

    assert inbox.drain() == 3
    assert Event.objects.count() == 3


def test_the_same_file_again_brings_nothing_new():
    partner = make_partner()
    run(partner, ndjson(3))
    again = run(partner, ndjson(3))

    assert (again.state, again.report["new"], again.report["known"]) == ("done", 0, 3)
    assert Message.objects.count() == 3
    assert set(Message.objects.values_list("repeats", flat=True)) == {1}


def test_the_same_document_written_otherwise_is_known_too():
    partner = make_partner()
    run(partner, ndjson(1))
    spaced = json.dumps(batch("m0", "AB0"), separators=(" ,", " : ")).encode()

    assert run(partner, spaced, "one.json").report["known"] == 1


def test_a_known_id_with_other_content_is_a_conflict_in_the_file_and_at_the_door():
    partner = make_partner()
    run(partner, ndjson(1))
    job = run(partner, json.dumps(batch("m0", "ZZ9")).encode(), "one.json")

    assert (job.done, job.failed) == (0, 1)
    assert job.faults.get().reason == "same_id_other_content"
    assert Message.objects.get(status="conflict").first.key == "m0"


def test_one_id_twice_in_a_file_is_one_message():
    partner = make_partner()
    job = run(partner, ndjson(1) + ndjson(1))
    assert (job.report["new"], job.report["known"]) == (1, 1)


def test_bad_rows_are_told_with_line_and_reason_and_the_others_are_taken():
    partner = make_partner()
    content = ndjson(1) + b"{broken\n\n" + b'{"message_id": "x"}\n' + ndjson(1, 5)
    job = run(partner, content)

    assert (job.state, job.done, job.failed) == ("done", 2, 2)
    faults = list(job.faults.order_by("place"))
    assert [(fault.place, fault.reason) for fault in faults] == [
        (2, "malformed_payload"),
        (4, "malformed_payload"),
    ]
    assert faults[0].about == "{broken"


def test_a_json_array_is_as_many_messages_as_it_has_elements():
    partner = make_partner()
    document = [batch(f'm{n} "]}},[', f"AB{n}", note='a "quote\\" ]} , [') for n in range(3)]
    job = run(partner, json.dumps(document, indent=2).encode(), "all.json")

    assert (job.done, job.failed) == (3, 0)
    assert Message.objects.filter(key='m2 "]},[').exists()


def test_a_json_array_that_ends_in_the_middle_gives_what_is_whole(tmp_path):
    path = tmp_path / "cut.json"
    path.write_bytes(b'[{"a": 1}, {"b": [2, "')

    whole, cut = records(path, "json")
    assert json.loads(whole.raw) == {"a": 1}
    assert (cut.place, cut.reason) == (2, "malformed_payload")
    assert records(path, "json", at=cut.next, place=cut.place) == []


def test_a_reader_that_stopped_goes_on_at_the_next_record(tmp_path):
    shapes = {
        "ndjson": b'{"a": 1}\n{"a": 2}\r\n\n{"a": 3}',
        "json": b' [ {"a": 1} , {"a": [2, {}]},{"a": 3}\n] ',
        "csv": b'type;occurred_at;tracking_number\ndelivered;2026-01-01;"A\n1"\n'
        b"delivered;2026-01-02;B\n\ndelivered;2026-01-03;C\n",
        "edi": b"UNB+1'X?'UNZ+9'UNZ+1'\nUNB+2'UNZ+1'\nUNA:+.? 'UNB+3'UNZ+1'",
    }
    for shape, content in shapes.items():
        path = tmp_path / shape
        path.write_bytes(content)
        whole = records(path, shape)
        assert len(whole) == 3, shape
        for index, record in enumerate(whole):
            rest = records(path, shape, at=record.next, place=record.upto)
            assert rest == whole[index + 1 :], shape


def test_interchanges_are_parted_by_the_delimiters_they_declare(tmp_path):
    isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260301*1200*U*00401*00000000{}*0*P*>~"
    first = isa.format(1) + "GS*QM~IEAX*1~IEA*1*000000001~\n"
    other = isa.format(2).replace("*", "|").replace("~", "\n") + "GS|QM\nIEA|1|000000002\n"
    path = tmp_path / "two.edi"
    path.write_text(first + other)

    assert shape_of("two.edi", path) == "edi"
    one, two = records(path, "edi")
    assert one.raw.decode() == first
    assert two.raw.decode() == other


def test_a_record_over_the_limit_is_told_and_the_rest_is_read(tmp_path):
    path = tmp_path / "big"
    path.write_bytes(b"{" + b"x" * 50_000 + b"}\n{}\n")
    big, small = records(path, "ndjson")
    assert (big.place, big.reason) == (1, "payload_too_large")
    assert (small.place, small.raw) == (2, b"{}")

    path.write_bytes(b"[" + b'"' + b"x" * 50_000 + b'", {}]')
    only = records(path, "json")
    assert [record.reason for record in only] == ["payload_too_large"]


def test_a_table_becomes_canonical_events():
    partner = make_partner("canonical", "Middleware")
    content = (
        "type,occurred_at,tracking_number,carrier,location.name,pod.received_by,details.dock\n"
        "delivered,2026-03-10T09:00:00+01:00,AB1,dhl,Gent,Bo,7\n"
        "in_transit,2026-03-09T09:00:00Z,AB2,,,,\n"
        "in_transit,yesterday,AB3,,,,\n"
        "in_transit,2026-03-09T09:00:00Z\n"
    )
    job = run(partner, content.encode(), "events.csv")
    again = run(partner, content.encode(), "events.csv")
    inbox.drain()

    assert (job.done, job.failed, again.report["known"]) == (2, 2, 2)
    assert list(job.faults.order_by("place").values_list("place", flat=True)) == [4, 5]
    event = Event.objects.get(tracking_number="AB1")
    assert (event.milestone, event.location, event.details["dock"]) == ("delivered", "Gent", "7")
    assert event.occurred_at.isoformat() == "2026-03-10T08:00:00+00:00"
    assert event.pod["received_by"] == "Bo"


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("occurred_at,tracking_number", "missing: type"),
        ("type,occurred_at", "about"),
        ("type,occurred_at,order,colour", "colour"),
        ("type,occurred_at,order,order", "twice"),
    ],
)
def test_a_table_with_other_columns_fails_in_words(header, says):
    job = run(make_partner("canonical", "Middleware"), f"{header}\nx,y,z\n".encode(), "x.csv")
    assert job.state == "failed"
    assert says in job.says


def test_a_zip_is_read_file_by_file():
    partner = make_partner()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one.ndjson", ndjson(2))
        archive.writestr("two.json", json.dumps([batch("x", "ZZ1"), {"message_id": 7}]))
        archive.writestr("three.csv", "type,occurred_at,tracking_number\n")
        archive.writestr("__MACOSX/._one", "junk")
    job = run(partner, packed.getvalue(), "all.zip")

    assert (job.state, job.done, job.failed) == ("done", 3, 2)
    about = sorted(job.faults.values_list("about", "reason"))
    assert about[0][0].startswith("three.csv")
    assert about[1] == ('two.json: {"message_id": 7}', "malformed_payload")
    assert job.report["bytes"] == job.report["size"]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "x.ndjson", "empty"),
        (b"x" * 3000, "x.ndjson", "larger"),
        (b"PK\x03\x04 nothing", "x.zip", "no zip"),
        (b"type,occurred_at,order\n", "x.csv", "canonical"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_in_words(content, name, says, settings, folder):
    settings.IMPORT_MAX_BYTES = 2000
    with pytest.raises(BadFile, match=says):
        services.begin(make_partner(), [content], name=name, actor="usr_1")
    assert not Job.objects.exists()
    assert not list(folder.glob("*.part"))


def test_a_partner_that_is_switched_off_has_nothing_imported(monkeypatch):
    monkeypatch.setattr(services, "is_off", lambda partner: True)
    with pytest.raises(BadFile, match="switched off"):
        services.begin(make_partner(), [ndjson(1)], name="x", actor="usr_1")


def test_the_same_file_under_way_is_the_same_job():
    partner = make_partner()
    first = services.begin(partner, [ndjson(1)], name="a", actor="usr_1")
    second = services.begin(partner, [ndjson(1)], name="b", actor="usr_2")
    assert (second.job.pk, second.is_resumed) == (first.job.pk, True)


def test_the_file_of_a_finished_import_is_gone(folder, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = run(make_partner(), ndjson(2))
    assert job.state == "done"
    assert list(folder.iterdir()) == []


def test_an_import_whose_file_is_elsewhere_fails_in_words(folder):
    job = services.begin(make_partner(), [ndjson(1)], name="a", actor="usr_1").job
    for path in folder.iterdir():
        path.unlink()
    jobs.run()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "IMPORT_DIR" in job.says


def test_the_command_imports_and_tells_what_was_not_taken(tmp_path, capsys):
    make_partner("tpl_generic", "Gent")
    path = tmp_path / "events.ndjson"
    path.write_bytes(ndjson(2) + b"{\n")
    call_command("import", "gent", str(path), "--apply")

    said = capsys.readouterr()
    assert "2 new, 0 known, 1 not taken" in said.out
    assert "row 3: malformed_payload" in said.err
    assert Event.objects.count() == 2
    assert Job.objects.get().actor.startswith("shell:")


def test_the_command_refuses_unknown_partners_files_and_people(tmp_path, olga):
    make_partner("tpl_generic", "Gent")
    path = tmp_path / "events.ndjson"
    path.write_bytes(ndjson(1))
    for arguments in (
        ["nobody", str(path)],
        ["gent", str(tmp_path / "none")],
        ["gent", str(path), "--by", "no@example.com"],
        ["gent", str(path), "--by", olga.email],
    ):
        with pytest.raises(CommandError):
            call_command("import", *arguments)
    assert not Job.objects.exists()


def test_imported_messages_are_seen_by_whom_the_partner_reports_for(company, ines, stranger):
    run(make_partner("tpl_generic", "Gent", company), ndjson(1))
    inbox.drain()
    assert messages_of(ines).count() == 1
    assert messages_of(stranger).count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_in_the_middle_and_run_again_loses_nothing_and_doubles_nothing(
    tmp_path, folder
):
    rows = int(os.environ.get("IMPORT_ROWS", "4000"))
    make_partner("tpl_generic", "Gent")
    path = tmp_path / "events.ndjson"
    path.write_bytes(ndjson(rows))
    database = connection.settings_dict["NAME"]
    script = (
        "import django; from django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {database!r}\n"
        "django.setup(); settings.WAKE_UPS = False\n"
        "from django.core.management import call_command\n"
        "from apps.integrations.imports import work; work.SLICE_S = 0.05\n"
        f"call_command('import', 'gent', {str(path)!r})\n"
    )
    environment = {**os.environ, "IMPORT_DIR": str(folder)}
    kills = 0
    while True:
        worker = subprocess.Popen([sys.executable, "-c", script], env=environment)
        already = Message.objects.count()
        while worker.poll() is None and (kills >= 2 or Message.objects.count() <= already):
            continue
        if worker.poll() is not None:
            break
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(10)
        kills += 1
    assert worker.returncode == 0
    assert kills == 2

    job = Job.objects.get()
    assert (job.state, job.done, job.failed, job.report["new"]) == ("done", rows, 0, rows)
    assert Message.objects.count() == MessageBody.objects.count() == rows
    assert set(Message.objects.values_list("repeats", flat=True)) == {0}


def test_a_file_that_another_partners_import_still_needs_stays(django_capture_on_commit_callbacks):
    quick, slow = make_partner(name="Quick"), make_partner(name="Slow")
    other = services.begin(slow, [ndjson(2)], name="a.ndjson", actor="usr_1").job
    with django_capture_on_commit_callbacks(execute=True):
        jobs.run(only=services.begin(quick, [ndjson(2)], name="a.ndjson", actor="usr_1").job.pk)
    with django_capture_on_commit_callbacks(execute=True):
        jobs.run(only=other.pk)
    other.refresh_from_db()
    assert (other.state, other.done) == ("done", 2)


def test_a_file_that_went_while_it_was_sent_is_asked_for_again(monkeypatch):
    keep = keeping.keep

    def gone(chunks):
        kept = keep(chunks)
        keeping.drop(kept.digest)
        return kept

    monkeypatch.setattr(services.keeping, "keep", gone)
    with pytest.raises(BadFile, match="once more"):
        services.begin(make_partner(), [ndjson(1)], name="a", actor="usr_1", shape="ndjson")
    assert not Job.objects.exists()


def test_one_broken_file_of_a_zip_is_a_fault_and_the_others_are_read():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bad.ndjson", ndjson(50))
        archive.writestr("good.ndjson", ndjson(1, first=90))
    raw = bytearray(packed.getvalue())
    raw[60:90] = b"\xff" * 30  # inside of the first file's compressed bytes
    job = run(make_partner(), bytes(raw), "all.zip")
    assert (job.state, job.done, job.failed) == ("done", 1, 1)
    assert job.faults.get().about.startswith("bad.ndjson")


def test_two_files_of_one_name_are_no_zip_that_is_read():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.ndjson", ndjson(1))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.ndjson", ndjson(1, first=5))
    with pytest.raises(BadFile, match="one name"):
        services.begin(make_partner(), [packed.getvalue()], name="x.zip", actor="usr_1")
