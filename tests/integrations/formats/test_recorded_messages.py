"""Every recorded message gives the events it must give, and its signature holds."""

from datetime import UTC, datetime

import pytest

from apps.integrations import formats
from apps.integrations.formats.base import as_sample
from tests.integrations.formats.recorded import (
    FOLDER,
    NOW,
    SAMPLES,
    SECRETS,
    body,
    each,
    parsed,
    refusal,
)

BY_FILE = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["file"])


def clock(sample):
    return datetime.fromisoformat(sample["received_at"]) if "received_at" in sample else NOW


def replay(format_name):
    """For each message of a format, in order: the sample and the events nobody has seen before."""
    seen = set()
    for sample in each(format_name):
        fresh = []
        for event in parsed(format_name, body(sample["file"]), now=clock(sample)).events:
            if event.identity not in seen:
                seen.add(event.identity)
                fresh.append(event)
        yield sample, fresh


def test_every_file_is_in_the_index():
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*")}

    assert files == {sample["file"] for sample in SAMPLES}


@pytest.mark.parametrize("format_name", sorted(formats.FORMATS))
def test_the_messages_in_order_give_exactly_the_expected_new_events(format_name):
    compared = 0
    for sample, fresh in replay(format_name):
        found = [as_sample(event) for event in fresh]
        assert len(found) == len(sample["events"]), sample["file"]
        for event, expected in zip(found, sample["events"], strict=True):
            rest = {name: event[name] for name in event.keys() - expected.keys()}
            assert event | expected == event, sample["file"]
            assert not rest.keys() & {"time_basis", "unmapped", "flags", "details", "voids"}
        compared += 1
    assert compared >= 4


@BY_FILE
def test_proof_and_promise_stand_on_one_of_the_events(sample):
    events = parsed(sample["format"], body(sample["file"]), now=clock(sample)).events

    assert any(sample.get("pod", {}).items() <= (event.pod or {}).items() for event in events)
    assert sample.get("eta") in {event.eta for event in events}


@BY_FILE
def test_the_recorded_headers_are_accepted_at_the_receivers_clock(sample):
    format_ = formats.get(sample["format"])
    secrets = ["whsec_b2xk", SECRETS[sample["format"]]]
    shouted = {name.upper(): value for name, value in sample["headers"].items()}

    format_.verify(body(sample["file"]), sample["headers"], secrets, clock(sample))
    format_.verify(body(sample["file"]), shouted, secrets, clock(sample))


@BY_FILE
def test_no_recorded_header_works_with_another_secret_or_none(sample):
    format_ = formats.get(sample["format"])
    raw, headers, now = body(sample["file"]), sample["headers"], clock(sample)

    for secrets in (["whsec_b2xk"], ["not base64 é"], [""], []):
        error = refusal(format_.verify, raw, headers, secrets, now)
        assert (error.reason, error.status) == ("invalid_signature", 401)


@BY_FILE
def test_every_missing_header_is_named(sample):
    format_ = formats.get(sample["format"])
    for name in sample["headers"]:
        fewer = {key: value for key, value in sample["headers"].items() if key != name}
        blank = fewer | {name: "  "}
        for headers in (fewer, blank):
            error = refusal(
                format_.verify, b"{}", headers, [SECRETS[sample["format"]]], clock(sample)
            )
            assert error.reason == "missing_signature"
            assert name.lower() in error.detail.lower()


@BY_FILE
def test_what_sign_makes_verify_accepts(sample):
    format_ = formats.get(sample["format"])
    secret, raw = SECRETS[sample["format"]], b"\xff not even text"
    now = datetime(2027, 1, 1, 12, tzinfo=UTC)

    format_.verify(raw, format_.sign(raw, secret, now, "msg-1"), [secret], now)


@BY_FILE
def test_a_recorded_message_passes_the_check_with_its_own_key(sample):
    checked = formats.get(sample["format"]).check(body(sample["file"]))

    names = {"ups_track_alert": "", "easypost": "id", "tpl_generic": "message_id"}
    assert checked.key == checked.document.get(names[sample["format"]])
    assert checked.ignored is None
