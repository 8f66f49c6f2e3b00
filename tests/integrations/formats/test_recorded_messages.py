"""Every recorded message gives the events it must give, and its signature holds."""

from datetime import UTC, datetime

import pytest

from apps.integrations import formats
from apps.integrations.formats.base import as_sample
from tests.integrations.formats.recorded import (
    FOLDER,
    LATER,
    SAMPLES,
    SECRETS,
    body,
    each,
    parse_sample,
    refusal,
    scheme,
)

READ = [sample for sample in SAMPLES if "refused" not in sample]
REFUSED = [sample for sample in SAMPLES if "refused" in sample]
BY_FILE = pytest.mark.parametrize("sample", READ, ids=lambda sample: sample["file"])
SIGNED = pytest.mark.parametrize(
    "sample", [sample for sample in SAMPLES if sample["headers"]], ids=lambda sample: sample["file"]
)
KEYS = {
    "easypost": "id",
    "tpl_generic": "message_id",
    "aftership": "event_id",
    "wms_generic": "id",
}
# What these say beside the fact itself (lines, charges, numbers) is theirs to match, not in the index.
DOCUMENTS = {"x12_856", "x12_210", "edifact_desadv", "wms_generic", "canonical"}


def clock(sample):
    return datetime.fromisoformat(sample["received_at"]) if "received_at" in sample else LATER


def replay(format_name):
    """For each message of a format, in order: the sample and the events nobody has seen before."""
    seen = set()
    for sample in each(format_name):
        if "refused" in sample:
            continue
        fresh = []
        for event in parse_sample(sample).events:
            if event.identity not in seen and not event.voids:
                seen.add(event.identity)
                fresh.append(event)
        yield sample, fresh


def test_every_file_is_in_the_index():
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*")}

    assert files == {sample["file"] for sample in SAMPLES}


@pytest.mark.parametrize("format_name", sorted({sample["format"] for sample in SAMPLES}))
def test_the_messages_in_order_give_exactly_the_expected_new_events(format_name):
    compared = 0
    for sample, fresh in replay(format_name):
        found = [as_sample(event) for event in fresh]
        assert len(found) == len(sample["events"]), sample["file"]
        for event, expected in zip(found, sample["events"], strict=True):
            rest = {name: event[name] for name in event.keys() - expected.keys()}
            assert event | expected == event, sample["file"]
            assert not rest.keys() & {"time_basis", "unmapped", "flags", "voids"}
            assert "details" not in rest or format_name in DOCUMENTS
        compared += 1
    assert compared >= 3


@BY_FILE
def test_what_could_not_be_read_is_counted(sample):
    result = parse_sample(sample)

    assert len(result.skipped) == sample.get("skipped", 0), result.skipped
    assert bool(result.ignored) == sample.get("ignored", False)
    assert len({skip.index for skip in result.skipped}) == len(result.skipped)


@pytest.mark.parametrize("sample", REFUSED, ids=lambda sample: sample["file"])
def test_a_message_that_is_none_is_refused_by_check_and_parse_alike(sample):
    format_ = formats.get(sample["format"])
    at_the_door = refusal(format_.check, body(sample["file"]))

    assert (at_the_door.reason, at_the_door.status) == (sample["refused"], 400)
    assert refusal(parse_sample, sample).reason == sample["refused"]


@BY_FILE
def test_proof_and_promise_stand_on_one_of_the_events(sample):
    events = parse_sample(sample).events

    if "pod" in sample:
        assert any(sample["pod"].items() <= (event.pod or {}).items() for event in events)
    if "eta" in sample:
        assert sample["eta"] in {event.eta for event in events}


@BY_FILE
def test_a_document_says_what_matching_needs_and_a_correction_names_what_it_takes_back(sample):
    events = parse_sample(sample).events
    wanted = sample.get("details", {}).items()

    assert not wanted or any(wanted <= event.details.items() for event in events)
    assert [event.voids for event in events if event.voids] == sample.get("voids", [])


@SIGNED
def test_the_recorded_headers_are_accepted_at_the_receivers_clock(sample):
    secrets = ["whsec_b2xk", SECRETS[sample["format"]]]
    shouted = {name.upper(): value for name, value in sample["headers"].items()}

    for headers in (sample["headers"], shouted):
        scheme(sample["format"]).verify(body(sample["file"]), headers, secrets, clock(sample))


@SIGNED
def test_no_recorded_header_works_with_another_secret_or_none(sample):
    raw, headers, now = body(sample["file"]), sample["headers"], clock(sample)

    for secrets in (["whsec_b2xk"], ["not base64 é"], [""], []):
        error = refusal(scheme(sample["format"]).verify, raw, headers, secrets, now)
        assert (error.reason, error.status) == ("invalid_signature", 401)


@SIGNED
def test_every_missing_header_is_named(sample):
    signs = scheme(sample["format"])
    for name in signs.header_names:
        fewer = {key: value for key, value in sample["headers"].items() if key != name}
        blank = fewer | {name: "  "}
        for headers in (fewer, blank):
            error = refusal(
                signs.verify, b"{}", headers, [SECRETS[sample["format"]]], clock(sample)
            )
            assert error.reason == "missing_signature"
            assert name.lower() in error.detail.lower()


@BY_FILE
def test_what_sign_makes_verify_accepts(sample):
    signs = scheme(sample["format"])
    secret, raw = SECRETS[sample["format"]], b"\xff not even text"
    now = datetime(2027, 1, 1, 12, tzinfo=UTC)

    signs.verify(raw, signs.sign(raw, secret, now, "msg-1"), [secret], now)


@BY_FILE
def test_a_recorded_message_passes_the_check_with_its_own_key(sample):
    checked = formats.get(sample["format"]).check(body(sample["file"]))

    if sample["format"] in KEYS:
        assert checked.key == checked.document[KEYS[sample["format"]]]
    assert bool(checked.ignored) == sample.get("ignored", False)
