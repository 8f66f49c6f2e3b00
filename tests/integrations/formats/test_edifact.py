"""EDIFACT beyond the recorded messages: service characters, charsets, counts, odd and hostile input."""

import pytest

from apps.integrations import formats
from apps.integrations.formats.edifact.syntax import MAX_SEGMENTS
from tests.integrations.formats.recorded import body, only, parsed, refusal

COLLECTED = body("edifact_iftsta/01_collected_delivered.edi")
CLOSED = body("edifact_iftsta/02_not_delivered_closed.edi")
ADVICE = body("edifact_desadv/01_two_levels.edi")


def iftsta(*segments, charset="UNOC", encoding="utf-8"):
    """One interchange with one message around the segments, its counts right."""
    head = [f"UNB+{charset}:3+SENDER:ZZ+CONTROLTOWER:ZZ+260310:1200+REF9", "UNH+1+IFTSTA:D:01B:UN"]
    tail = [f"UNT+{len(segments) + 2}+1", "UNZ+1+REF9"]
    return "".join(part + "'" for part in (*head, *segments, *tail)).encode(encoding)


def status(sts="STS+1+21", dtm="DTM+334:202603101105:203", *more, **options):
    return iftsta("CNI+1+CN-1", sts, dtm, *more, **options)


def check(name, raw):
    return refusal(formats.get(name).check, raw)


def test_line_ends_and_a_byte_order_mark_change_nothing():
    wanted = parsed("edifact_iftsta", CLOSED).events

    for raw in (
        CLOSED.replace(b"\n", b""), CLOSED.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + CLOSED,
        CLOSED + b"\r\n\x1a", CLOSED.replace(b"UNA:+.? '\n", b""),
    ):  # fmt: skip
        assert parsed("edifact_iftsta", raw).events == wanted


def test_other_service_characters_hold_from_una_on():
    table = bytes.maketrans(b":+?'", b">*!~")
    raw = CLOSED.translate(table)

    assert parsed("edifact_iftsta", raw).events == parsed("edifact_iftsta", CLOSED).events


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5?'7 nass", "5'7 nass"),
        ("a?+b?:c", "a+b:c"),
        ("was??", "was?"),
        ("was???'so", "was?'so"),
        ("?x", "x"),
        ("a:b", "a b"),
        ("Tor\ue001zu", "Tor\ufffdzu"),
    ],
)
def test_the_release_character_protects_exactly_the_next_one(written, read):
    event = only(parsed("edifact_iftsta", status(more := "STS+1+23", "DTM+334:20260310:102", f"FTX+AAI+++{written}")))  # fmt: skip

    assert more
    assert event.description == read


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        ("UNOC", "iso8859-1", "Größe"),
        ("UNOC", "utf-8", "Größe"),
        ("UNOD", "iso8859-2", "Łódź"),
        ("UNOE", "iso8859-5", "Москва"),
        ("UNOY", "utf-8", "東京"),
        ("UNOA", "utf-8", "Größe"),
    ],
)
def test_utf_8_is_tried_first_then_the_declared_charset(charset, encoding, text):
    raw = status("STS+1+23", "DTM+334:20260310:102", f"FTX+AAI+++{text}", charset=charset, encoding=encoding)  # fmt: skip

    assert only(parsed("edifact_iftsta", raw)).description == text


@pytest.mark.parametrize("charset", ["UNOA", "UNOB", "UNOW", "UNOY", "UNOX"])
def test_bytes_outside_utf_8_and_the_declared_charset_are_malformed(charset):
    raw = status("STS+1+23", "DTM+334:20260310:102", "FTX+AAI+++\xe4", charset=charset, encoding="iso8859-1")  # fmt: skip

    assert check("edifact_iftsta", raw).reason == "malformed_payload"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"UNT+9+", b"UNT+8+"),
        (b"UNT+9+", b"UNT++"),
        (b"UNT+9+MSG2", b"UNT+9+MSG3"),
        (b"UNT+9+MSG2'\n", b""),
        (b"UNZ+1+", b"UNZ+2+"),
        (b"UNZ+1+REFMSG2", b"UNZ+1+REFMSG3"),
        (b"UNZ+1+REFMSG2'\n", b""),
        (b"+REFMSG2'\nUNH", b"+'\nUNH"),
        (b"UNH+MSG2", b"UNX+MSG2"),
        (b"UNA:+.? '", b"UNA:+.: '"),
        (b"UNA:+.? '", b"UNA:A.? '"),
        (b"CNI+1+CN-5002", b"CNI+1"),
        (b"CNI+1+CN-5002", b"CNI+1+" + b"9" * 101),
        (b"STS+1+23+7", b"STS+1"),
        (b"STS+1+23+7", b"sts+1"),
        (b"STS+1+23+7", b"STS" + b"+" * 300),
        (b"203'\nFTX", b"102'\nFTX"),
        (b"DTM+334:202603100915", b"DTM+334:202613100915"),
        (b"DTM+334:202603100915", b"DTM+137:202603100915"),
        (b"geschlossen'\n", b"geschlossen?'\n"),
    ],
)
def test_a_structure_that_does_not_agree_is_malformed(old, new):
    assert old in CLOSED

    error = check("edifact_iftsta", CLOSED.replace(old, new))

    assert (error.reason, error.status) == ("malformed_payload", 400)
    assert refusal(parsed, "edifact_iftsta", CLOSED.replace(old, new)).detail == error.detail


@pytest.mark.parametrize(
    "raw", [b"", b" \n", b"UNA", b"UNA:+.? '", b"UNB+", b"UNH+1+IFTSTA'", b"{}", b"ISA*00*", CLOSED[:-30]]
)  # fmt: skip
def test_what_is_no_interchange_is_malformed(raw):
    assert check("edifact_iftsta", raw).reason == "malformed_payload"


@pytest.mark.parametrize(
    ("dtm", "told", "basis"),
    [
        ("334:20260310:102", "2026-03-09T23:00:00", "date_only"),
        ("334:202603101105:203", "2026-03-10T10:05:00", "assumed_zone"),
        ("334:20260310110559:204", "2026-03-10T10:05:59", "assumed_zone"),
        ("334:202603101105?+01:303", "2026-03-10T10:05:00", None),
        ("334:202603101105UTC:303", "2026-03-10T11:05:00", None),
        ("334:202603101105EST:303", "2026-03-10T16:05:00", None),
        ("334:202603101105XYZ:303", "2026-03-10T10:05:00", "assumed_zone"),
        ("334:202603101105-0530:205", "2026-03-10T16:35:00", None),
        ("334:2603101105:201", "2026-03-10T10:05:00", "assumed_zone"),
        ("178:202603101105:203", "2026-03-10T10:05:00", "assumed_zone"),
    ],
)
def test_times_in_their_formats(dtm, told, basis):
    event = only(parsed("edifact_iftsta", status(dtm=f"DTM+{dtm}"), timezone="Europe/Berlin"))

    assert (event.occurred_at.isoformat()[:19], event.time_basis) == (told, basis)


def test_several_messages_and_groups_are_counted_and_read():
    text = COLLECTED.decode().replace("\n", "")
    head, message = text[: text.index("UNH")], text[text.index("UNH") : text.index("UNZ")]
    two = message + message.replace("MSG1", "MSG2").replace("CN-5001", "CN-6001")
    grouped = f"{head}UNG+IFTSTA+A+B+260310:1200+7'{two}UNE+2+7'UNZ+1+REFMSG1'".encode()
    plain = f"{head}{two}UNZ+2+REFMSG1'".encode()

    for raw in (grouped, plain):
        numbers = {event.tracking_number for event in parsed("edifact_iftsta", raw).events}
        assert numbers == {"CN-5001", "CN-6001"}
    assert check("edifact_iftsta", grouped.replace(b"UNE+2", b"UNE+1")).detail
    assert check("edifact_iftsta", plain.replace(b"UNH+MSG2", b"UNH+MSG1").replace(b"+MSG2'", b"+MSG1'"))  # fmt: skip


def test_several_interchanges_may_follow_each_other_each_with_its_una():
    raw = CLOSED + body("edifact_iftsta/03_two_consignments.edi").translate(
        bytes.maketrans(b":+'", b">*~")
    ).replace(b"?~", b"'")  # fmt: skip

    numbers = [event.tracking_number for event in parsed("edifact_iftsta", raw).events]

    assert numbers == ["CN-5002", "CN-5003", "CN-5004"]
    assert formats.get("edifact_iftsta").check(raw).key is None


def test_the_identity_is_the_reference_with_consignment_status_and_time():
    first = only(parsed("edifact_iftsta", CLOSED))
    again = only(parsed("edifact_iftsta", CLOSED.replace(b"geschlossen", b"zu")))
    other = only(parsed("edifact_iftsta", CLOSED.replace(b"REFMSG2", b"REFMSG9")))

    assert formats.get("edifact_iftsta").check(CLOSED).key == "edifact:4012345000009:14:REFMSG2"
    assert first.identity == again.identity != other.identity
    assert first.content != again.content


def test_a_status_without_a_time_costs_the_others_nothing():
    result = parsed(
        "edifact_iftsta", iftsta("CNI+1+C", "STS+1+13", "STS+1+21", "DTM+334:20260310:102")
    )

    assert (len(result.events), [skip.index for skip in result.skipped]) == (1, [0])


def test_a_name_is_a_proof_only_at_the_end_of_the_way():
    proof = ["NAD+AP+++H. Gruber"]

    assert (
        only(parsed("edifact_iftsta", status("STS+1+13", "DTM+334:20260310:102", *proof))).pod
        is None
    )
    assert only(parsed("edifact_iftsta", status("STS+1+21", "DTM+334:20260310:102", *proof))).pod


def test_an_unlisted_status_stays_unmapped_and_a_promise_is_told():
    raw = status("STS+1+999+888", "DTM+334:20260310:102", "DTM+132:202603121000?+00:303")

    event = only(parsed("edifact_iftsta", raw))

    assert (event.milestone, event.unmapped, event.eta) == (
        "info_only",
        True,
        "2026-03-12T10:00:00Z",
    )


def test_other_messages_are_acknowledged_and_not_used():
    raw = status().replace(b"IFTSTA", b"COARRI")

    assert (
        formats.get("edifact_iftsta").check(raw).ignored
        == "edifact_iftsta: holds COARRI, no IFTSTA"
    )


def test_a_text_of_a_mebibyte_and_a_hundred_thousand_segments_are_read():
    long = status("STS+1+23", "DTM+334:20260310:102", "FTX+AAI+++" + "x" * 2**20)
    many = status("STS+1+23", "DTM+334:20260310:102", *["FTX+AAI+++x"] * 100_000)

    assert len(only(parsed("edifact_iftsta", long)).description) == 500
    assert len(only(parsed("edifact_iftsta", many)).description) == 500


@pytest.mark.parametrize(
    "raw",
    [
        iftsta(*["AAA"] * (MAX_SEGMENTS + 1)),
        b"UNB+UNOA:3+A+B+260310:1200+R'" + b"'" * 2**20,
        b"UNB+UNOA:3+A+B+260310:1200+R'" + b"UNA:+.? 'UNB" * 2**17,
        iftsta("CNI+1+C", *["STS+1+13"] * 20_001),
    ],
    ids=["segments", "terminators", "una", "statuses"],
)
def test_more_than_anybody_needs_is_malformed(raw):
    assert check("edifact_iftsta", raw).reason == "malformed_payload"


def test_an_advice_lists_its_items_with_order_and_label():
    assert only(parsed("edifact_desadv", ADVICE)).details["items"] == [
        {"item": "DESK-1", "sscc": "340123450000000017", "text": "Tisch, Buche", "quantity": "24",
         "unit": "PCE", "order": "P00007"},
        {"item": "4012345000023", "sscc": "340123450000000024", "quantity": "12", "unit": "PCE"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"CNT+2:2", b"CNT+2:3"),
        (b"CPS+3+1", b"CPS+3+7"),
        (b"CPS+3+1", b"CPS+2+1"),
        (b"BGM+351+DES-77001", b"BGM+351+"),
        (b"DTM+137:202603101130", b"DTM+137:202613101130"),
        (b"DTM+137:", b"DTM+138:"),
    ],
)
def test_an_advice_without_its_levels_number_or_date_is_malformed(old, new):
    assert old in ADVICE
    assert check("edifact_desadv", ADVICE.replace(old, new)).reason == "malformed_payload"


def test_an_advice_without_a_carrier_number_is_filed_under_its_own():
    raw = ADVICE.replace(b"RFF+CN:CN-7001", b"RFF+ZZ:CN-7001")

    assert only(parsed("edifact_desadv", raw)).tracking_number == "DES-77001"
