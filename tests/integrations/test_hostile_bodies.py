"""What no source should send, to every format, signed and in files: each body has its answer, none a failure, none is lost."""

import io
import json
import zipfile

import pytest

from apps.integrations import formats, inbox, jobs
from apps.integrations.imports import services
from apps.integrations.models import Message
from tests.integrations.factories import make_partner, post
from tests.integrations.formats.recorded import body, each

pytestmark = pytest.mark.django_db
OF_EACH_FORMAT = pytest.mark.parametrize("name", sorted(formats.FORMATS))
ISA = (
    b"ISA*00*          *00*          *02*OWNC           *ZZ*CONTROLTOWER   *260401*1200*U*00401"
    b"*000000001*0*T*>~"
)
BODIES = {
    "nothing.txt": b" ",
    "a_null.json": b"null",
    "a_word.json": b'"DELIVERED"',
    "a_number.json": b"1e999",
    "an_empty_object.json": b"{}",
    "a_key_twice.json": b'{"id": 1, "id": 2}',
    "not_a_number.json": b'{"id": NaN}',
    "digits.json": b'{"id": ' + b"9" * 5000 + b"}",
    "depth.json": b'{"a":' * 100_000,
    "closed_depth.json": b'{"a":' * 500 + b"1" + b"}" * 500,
    "utf_16.json": '{"id": "1"}'.encode("utf-16"),
    "latin_1.json": '{"id": "\xe9"}'.encode("latin-1"),
    "nul.bin": b"\x00" * 1000,
    "brackets.bin": b"[" * 500_000,
    "page.html": b"<!doctype html><html><body>502 Bad Gateway</body></html>",
    "entities.xml": b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "outside.xml": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "depth.xml": b"<a>" * 5000,
    "isa_alone.edi": ISA,
    "isa_cut.edi": ISA[:60],
    "isa_of_letters.edi": b"ISA" + b"A" * 200,
    "isa_wrong_end.edi": ISA + b"IEA*9*000000009~",
    "una_of_one_sign.edi": b"UNA''''''UNB'UNZ'",
    "unb_alone.edi": b"UNB+UNOC:3+A+B+260401:1200+1'",
    "unz_counts.edi": b"UNB+UNOC:3+A+B+260401:1200+1'UNZ+99999999999999999999+1'",
}


def bodies(name: str) -> dict[str, bytes]:
    """The bodies above, and a recorded one cut off and blown up."""
    recorded = next(body(one["file"]) for one in each(name) if "refused" not in one)
    blown = recorded
    if recorded.lstrip()[:1] in (b"{", b"["):
        blown = json.dumps(_blown(json.loads(recorded))).encode()
    return {
        **BODIES,
        "cut.bin": recorded[: len(recorded) // 2],
        "twice.bin": recorded + recorded,
        "blown.json": blown,
    }


def _blown(node: object) -> object:
    """Every text of a document twenty thousand characters long."""
    if isinstance(node, dict):
        return {key: _blown(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_blown(value) for value in node]
    return (node * 20_000)[:20_000] if isinstance(node, str) and node else node


@OF_EACH_FORMAT
def test_whatever_is_signed_is_kept_and_meets_a_fate_with_a_reason(name):
    partner = make_partner(name)
    media = formats.get(name).media_types[0]
    for label, raw in bodies(name).items():
        answer = post(partner, raw, content_type=media)
        assert answer.status_code in {200, 202, 400, 422}, (label, answer.content)
        inbox.drain()
        message = Message.objects.get(public_id=answer.json()["message_id"])
        assert message.status in {"processed", "duplicate", "conflict", "rejected"}, label
        assert message.attempts == 0
        if answer.status_code >= 400:
            assert (message.status, message.reason) == ("rejected", answer.json()["reason"])
            assert message.detail, label


@OF_EACH_FORMAT
def test_a_zip_of_them_names_a_reason_for_each_and_takes_the_good_one_beside_them(
    name, settings, tmp_path
):
    settings.IMPORT_DIR = str(tmp_path)
    partner = make_partner(name)
    good = next(one for one in each(name) if one["events"] and "refused" not in one)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for label, raw in bodies(name).items():
            archive.writestr(label, raw)
        archive.writestr(good["file"], body(good["file"]))
    job = services.begin(partner, [file.getvalue()], name="all.zip", actor="usr_1").job
    for _ in range(20):
        jobs.run()
        job.refresh_from_db()
        if job.state == "done":
            break
    inbox.drain()

    assert (job.state, job.total) == ("done", job.done + job.failed)
    faults = list(job.faults.values_list("about", "reason", "detail"))
    assert all(reason and detail for _, reason, detail in faults)
    assert job.done >= 1
    statuses = set(Message.objects.values_list("status", flat=True))
    assert statuses <= {"processed", "duplicate", "conflict", "rejected"}
    # Each file is told about or kept: an empty one, which holds no message, is the only one that is neither.
    kept = Message.objects.values_list("correlation_id", flat=True)
    assert len(faults) + len(kept) >= len(BODIES)
