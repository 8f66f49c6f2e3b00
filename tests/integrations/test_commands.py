"""manage.py partner_add and message_parse."""

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.integrations.models import Partner
from apps.journal.models import Entry
from tests.factories import make_company
from tests.integrations.factories import batch, post
from tests.integrations.formats.recorded import FOLDER, SAMPLES


def run(*args: str, **options: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.mark.django_db
def test_a_partner_can_post_with_what_partner_add_printed():
    printed = dict(
        line.split(maxsplit=1)
        for line in run("partner_add", "Gent 3PL", "--format", "tpl_generic").splitlines()
    )

    assert printed["slug:"] == "gent-3pl"
    assert printed["url:"].endswith("/api/v1/messages/gent-3pl")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", printed["secret:"])
    partner = Partner.objects.get(slug="gent-3pl")
    assert post(partner, batch("m1", "AB1"), secret=printed["secret:"]).status_code == 202
    assert Entry.objects.get(kind="partner.added").payload == {
        "partner": "gent-3pl",
        "format": "tpl_generic",
    }


@pytest.mark.django_db
def test_a_partner_takes_what_it_is_given():
    company = make_company("Northwind")
    run(
        "partner_add", "UPS", "--format", "ups_track_alert", "--timezone", "America/New_York",
        "--secret", "given", "--carrier", "ups", "--company", "Northwind", "--email", "desk@ups.example",
    )  # fmt: skip

    partner = Partner.objects.get(slug="ups")
    assert (partner.timezone, partner.carrier.slug, partner.contact_email) == (
        "America/New_York", "ups", "desk@ups.example",
    )  # fmt: skip
    assert list(partner.companies.all()) == [company]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("X", "--format", "nope"), "no format nope"),
        (("X", "--format", "easypost", "--timezone", "Mars/Base"), "no time zone Mars/Base"),
        (("X", "--format", "easypost", "--company", "Nobody"), "no company Nobody"),
        (("X", "--format", "tpl_generic", "--secret", "whsec_"), "secret cannot be used"),
        (("!!!", "--format", "easypost"), "at least one letter"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_nothing_is_made(args, says):
    with pytest.raises(CommandError, match=says):
        run("partner_add", *args)
    assert not Partner.objects.exists()


@pytest.mark.django_db
def test_the_same_name_twice_is_refused():
    run("partner_add", "UPS", "--format", "easypost")
    with pytest.raises(CommandError, match="already a partner ups"):
        run("partner_add", "UPS", "--format", "easypost")


@pytest.mark.parametrize(
    "sample", [one for one in SAMPLES if one["events"]], ids=lambda one: one["file"]
)
def test_message_parse_prints_the_events_of_a_recorded_message(sample):
    args = ["message_parse", str(FOLDER / sample["file"]), "--format", sample["format"]]
    if "received_at" in sample:
        args += ["--received-at", sample["received_at"]]
    if "source_config" in sample:
        args += ["--timezone", sample["source_config"]["default_timezone"]]

    told = json.loads(run(*args))

    for wanted in sample["events"]:
        assert any(wanted.items() <= event.items() for event in told), wanted


def test_message_parse_uses_the_given_zone(tmp_path: Path):
    message = batch("m1", "AB1", event_time="2026-03-10T09:00:00")
    (tmp_path / "m.json").write_text(json.dumps(message))

    printed = json.loads(
        run(
            "message_parse",
            str(tmp_path / "m.json"),
            format="tpl_generic",
            timezone="Europe/Brussels",
        )
    )

    assert printed[0]["occurred_at"] == "2026-03-10T08:00:00Z"
    assert printed[0]["time_basis"] == "assumed_zone"


def test_message_parse_says_why_it_refuses(tmp_path: Path):
    (tmp_path / "m.json").write_bytes(b'{"message_id": ')
    with pytest.raises(CommandError, match="malformed_payload"):
        run("message_parse", str(tmp_path / "m.json"), format="tpl_generic")
    with pytest.raises(CommandError, match="cannot be read"):
        run("message_parse", str(tmp_path / "absent.json"), format="tpl_generic")


def test_message_parse_works_without_a_database(tmp_path: Path):
    import os

    environment = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    sample = FOLDER / "easypost/01_delivered.json"
    done = subprocess.run(
        [sys.executable, "manage.py", "message_parse", "--format", "easypost", str(sample)],
        capture_output=True, env=environment, cwd=Path(__file__).resolve().parents[2], timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 4
