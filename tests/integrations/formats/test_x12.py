"""X12 beyond the recorded messages: envelopes, delimiters, zones, odd and hostile input."""

import pytest

from apps.integrations import formats
from apps.integrations.formats import x12
from apps.integrations.formats.x12.times import zone_of
from tests.integrations.formats.recorded import body, only, parsed, refusal

STATUS = body("x12_214/02_exception_mechanical.edi")
NOTICE = body("x12_856/01_asn_two_cartons.edi")
INVOICE = body("x12_210/01_invoice_three_charges.edi")


def interchange(*segments, kind="214", group="QM", end="~", control="000000009"):
    """One interchange with one set around the segments, its counts right."""
    isa = (
        "ISA*00*          *00*          *02*TSTC           *ZZ*CONTROLTOWER   *260310*1200*U*00401*"
        f"{control}*0*T*>{end}"
    )
    inner = [f"ST*{kind}*0001", *segments, f"SE*{len(segments) + 2}*0001"]
    lines = [f"GS*{group}*TSTC*CONTROLTOWER*20260310*1200*9*X*004010", *inner, "GE*1*9"]
    return (isa + end.join([*lines, f"IEA*1*{control}"]) + end).encode()


def status(*at7, place="MS1*OMAHA*NE*US", **options):
    scans = [part for one in at7 for part in (one, place)]
    return interchange("B10*PRO1*SHP-1*TSTC", "LX*1", *scans, **options)


def check(name, raw):
    return refusal(formats.get(name).check, raw)


def test_line_feeds_may_end_segments_and_may_follow_them():
    wanted = parsed("x12_214", STATUS).events

    assert wanted[0].exception_reason == "mechanical"
    for raw in (
        STATUS.replace(b"~\n", b"\n"),
        STATUS.replace(b"~\n", b"~"),
        STATUS.replace(b"~\n", b"~\r\n"),
        STATUS.replace(b"~\n", b"\x1c"),
        b"\xef\xbb\xbf\r\n" + STATUS,
    ):
        assert parsed("x12_214", raw).events == wanted


def test_any_delimiters_that_the_isa_shows_are_taken():
    raw = STATUS.replace(b"*", b"|").replace(b">~", b":~").replace(b"~\n", b"!")

    assert parsed("x12_214", raw).events == parsed("x12_214", STATUS).events


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SE*11*0002", b"SE*12*0002"),
        (b"SE*11*0002", b"SE*11*0003"),
        (b"SE*11*0002", b"SE**0002"),
        (b"SE*11*0002~\n", b""),
        (b"GE*1*2", b"GE*2*2"),
        (b"GE*1*2", b"GE*1*3"),
        (b"GE*1*2~\n", b""),
        (b"IEA*1*000000002", b"IEA*2*000000002"),
        (b"IEA*1*000000002", b"IEA*1*000000003"),
        (b"IEA*1*000000002~\n", b""),
        (b"GS*QM*", b"GS*SH*"),
        (b"ST*214*0002", b"ST*214*"),
        (b"LX*1", b""),
        (b"LX*1", b"lx*1"),
        (b"LX*1", b"LX*1~ST*214*0003"),
        (b"LX*1", b"LX" + b"*" * 300),
        (b"*260310*", b"*2603100*"),
        (b">~", b"~~"),
        (b">~", b"A~"),
        (b"OMAHA", b"MONTR\xc9AL"),
        (b"B10*PRO100022*SHP-70031", b"B10**"),
        (b"B10*PRO100022", b"B10*" + b"9" * 101),
        (b"20260310*0920", b"20261310*0920"),
        (b"20260310*0920", b"20260310*9920"),
        (b"AT7*SD*AI", b"AT7**"),
    ],
)
def test_a_structure_that_does_not_agree_is_malformed(old, new):
    assert old in STATUS

    error = check("x12_214", STATUS.replace(old, new))

    assert (error.reason, error.status) == ("malformed_payload", 400)
    assert refusal(parsed, "x12_214", STATUS.replace(old, new)).detail == error.detail


@pytest.mark.parametrize(
    "raw", [b"", b" \r\n", b"ISA", STATUS[:105], STATUS[:-40], b"{}", b"UNB+UNOA"]
)
def test_what_is_no_interchange_is_malformed(raw):
    assert check("x12_214", raw).reason == "malformed_payload"


def test_several_groups_and_sets_are_read_in_their_order():
    one = STATUS.split(b"ST*", 1)[1].split(b"SE*")[0]
    sets = b"".join(
        b"ST*" + one.replace(b"0002", b"%04d" % n, 1).replace(b"PRO100022", b"PRO%d" % n)
        + b"SE*11*%04d~\n" % n
        for n in (1, 2, 3)
    )  # fmt: skip
    head = STATUS[: STATUS.index(b"GS*")]
    gs = b"GS*QM*TSTC*CONTROLTOWER*20260310*1200*%d*X*004010~\n"
    raw = head + gs % 1 + sets + b"GE*3*1~\n" + gs % 2 + sets + b"GE*3*2~\nIEA*2*000000002~\n"

    numbers = [event.tracking_number for event in parsed("x12_214", raw).events]

    assert numbers == ["PRO1", "PRO2", "PRO3"] * 2


def test_several_interchanges_in_one_body_keep_their_own_delimiters_and_have_no_common_key():
    other = body("x12_214/03_appointment.edi").replace(b"*", b"|")

    checked = formats.get("x12_214").check(STATUS + b"\n" + other)

    assert checked.key is None
    assert [one.tracking_number for one in parsed("x12_214", STATUS + other).events] == [
        "PRO100022", "PRO100033",
    ]  # fmt: skip


def test_the_key_is_the_control_number_with_the_sender():
    assert formats.get("x12_214").check(STATUS).key == "x12:02:TSTC:000000002"


def test_other_sets_are_acknowledged_and_not_used():
    raw = interchange("B10*PRO1*S*TSTC", kind="990", group="GF")

    assert formats.get("x12_214").check(raw).ignored == "x12_214: holds 990, no 214"
    assert parsed("x12_214", raw).events == []


def test_a_scan_without_a_usable_time_costs_the_others_nothing():
    result = parsed(
        "x12_214", status("AT7*X6*NS***20260231*0600*MT", "AT7*X6*NS***20260310*0600*MT")
    )

    assert [skip.index for skip in result.skipped] == [0]
    assert len(result.events) == 1


@pytest.mark.parametrize(
    ("clock", "zone", "told", "basis"),
    [
        ("1405", "UT", "2026-03-10T14:05:00+00:00", None),
        ("14053059", "ES", "2026-03-10T19:05:30.590000+00:00", None),
        ("1405", "ET", "2026-03-10T18:05:00+00:00", None),
        ("1405", "01", "2026-03-10T13:05:00+00:00", None),
        ("1405", "13", "2026-03-11T02:05:00+00:00", None),
        ("1405", "24", "2026-03-10T15:05:00+00:00", None),
        ("1405", "", "2026-03-10T19:05:00+00:00", "assumed_zone"),
        ("1405", "??", "2026-03-10T19:05:00+00:00", "assumed_zone"),
        ("", "ES", "2026-03-10T05:00:00+00:00", "date_only"),
        ("", "", "2026-03-10T05:00:00+00:00", "date_only"),
    ],
)
def test_zone_codes_and_long_times(clock, zone, told, basis):
    raw = status(f"AT7*X6*NS***20260310*{clock}*{zone}")

    event = only(parsed("x12_214", raw, timezone="America/Chicago"))

    assert (event.occurred_at.isoformat(), event.time_basis) == (told, basis)


def test_local_zones_have_summer_time_and_a_time_that_occurs_twice_is_the_first():
    twice = status("AT7*X6*NS***20261101*0130*CT")
    never = status("AT7*X6*NS***20260308*0230*CT")

    assert only(parsed("x12_214", twice)).occurred_at.hour == 6
    assert only(parsed("x12_214", never)).occurred_at.hour == 8
    assert zone_of("00") is zone_of("25") is None


def test_an_estimate_is_a_promise_told_at_the_interchanges_time_and_no_movement():
    event = only(parsed("x12_214", status("AT7*AG*NS***20260312*1500*UT")))

    assert (event.milestone, event.eta) == ("eta_updated", "2026-03-12T15:00:00Z")
    assert event.occurred_at.isoformat() == "2026-03-10T12:00:00+00:00"


def test_an_estimate_of_another_step_does_not_promise_the_delivery():
    event = only(parsed("x12_214", status("AT7*C1*NS***20260311*1500*UT")))

    assert (event.eta, event.details) == (None, {"expected": "2026-03-11T15:00:00Z"})


def test_an_appointment_to_pick_up_is_no_promise_of_delivery():
    event = only(parsed("x12_214", status("AT7***AA*NA*20260312*0800*UT")))

    assert (event.milestone, event.eta) == ("info_only", None)


def test_two_appointments_of_one_interchange_are_two_events():
    raw = status("AT7***AB*NA*20260312*0800*UT", "AT7***AB*NA*20260313*0800*UT")

    assert len({event.identity for event in parsed("x12_214", raw).events}) == 2


def test_an_unlisted_status_stays_unmapped_and_an_unlisted_reason_changes_nothing():
    event = only(parsed("x12_214", status("AT7*Z9*Q9***20260310*0600*UT")))

    assert (event.milestone, event.unmapped, event.source_code) == ("info_only", True, "Z9/Q9")
    assert (
        only(parsed("x12_214", status("AT7*SD*Q9***20260310*0600*UT"))).exception_reason == "other"
    )


def test_stop_equipment_remark_and_a_signers_name_go_with_their_loop():
    raw = interchange(
        "B10*PRO1*SHP-1*TSTC", "L11*PO-1*PO", "LX*1", "AT7*X4*AO***20260310*0600*UT", "MS1*RENO*NV*US",
        "MS2*TSTC*5311", "L11*2*QN", "LX*2", "AT7*D1*NS***20260310*0900*UT", "K1*SIGNED BY: A. ORTIZ",
    )  # fmt: skip

    arrived, delivered = parsed("x12_214", raw).events

    assert (arrived.details, arrived.exception_reason) == (
        {"stop": "2", "equipment": "5311"},
        "weather",
    )
    assert (arrived.location, arrived.country) == ("RENO, NV, US", "US")
    assert delivered.pod["received_by"] == "A. ORTIZ"
    assert delivered.references == {"purchase": "PO-1", "shipment": "SHP-1"}


def test_free_text_is_not_taken_for_a_signature():
    raw = interchange("B10*P*S*T", "LX*1", "AT7*D1*NS***20260310*0900*UT", "K1*LEFT AT DOOR 4")

    assert only(parsed("x12_214", raw)).pod is None


def test_a_segment_of_a_mebibyte_and_a_hundred_thousand_segments_are_read():
    long = interchange("B10*P*S*T", "LX*1", "AT7*X6*NS***20260310*0600*UT", "K1*" + "x" * 2**20)
    many = interchange("B10*P*S*T", *["L11*PO-1*PO"] * 100_000, "AT7*X6*NS***20260310*0600*UT")

    assert len(only(parsed("x12_214", long)).description) == 500
    assert only(parsed("x12_214", many)).milestone == "in_transit"


@pytest.mark.parametrize(
    "raw",
    [
        interchange(*["A1"] * (x12.envelope.MAX_SEGMENTS + 1)),
        STATUS[:105] + b"~" * 2**20,
        STATUS[:105] + b"\n" + b"\n\n\n\nIEA*" * 2**18,
        STATUS * 300,
        status(*["AT7*X6*NS***20260310*0600*UT"] * 20_001),
    ],
    ids=["segments", "terminators", "line feeds", "interchanges", "scans"],
)
def test_more_than_anybody_needs_is_malformed(raw):
    assert check("x12_214", raw).reason == "malformed_payload"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"CTT*6", b"CTT*5"),
        (b"HL*4*3*I", b"HL*4*9*I"),
        (b"HL*4*3*I", b"HL*3*3*I"),
        (b"BSN*00*ASN-88001", b"BSN*00*"),
        (b"BSN*00*", b"BSN**"),
        (b"BSN*00*ASN-88001*20260310*0815*0001~\n", b""),
        (b"20260310*0815", b"2026031*0815"),
    ],
)
def test_a_notice_without_its_tree_or_its_head_is_malformed(old, new):
    raw = NOTICE.replace(old, new)
    raw = raw.replace(b"SE*22", b"SE*21") if not new else raw

    assert old in NOTICE
    assert check("x12_856", raw).reason == "malformed_payload"


def test_a_notice_lists_its_items_with_order_and_carton():
    event = only(parsed("x12_856", NOTICE, timezone="America/Los_Angeles"))

    assert event.details["items"] == [
        {"item": "SKU-1", "order": "PO-55001", "sscc": "000401234500000000017", "quantity": "24",
         "unit": "EA"},
        {"item": "SKU-2", "order": "PO-55001", "sscc": "000401234500000000024", "quantity": "12",
         "unit": "EA"},
    ]  # fmt: skip
    assert event.details["shipped_at"] == "2026-03-10T15:00:00Z"
    assert event.references == {
        "asn": "ASN-88001", "purchase": "PO-55001", "bill_of_lading": "BOL-9001",
    }  # fmt: skip


def test_a_notice_is_filed_under_each_carrier_number_or_its_own():
    two = NOTICE.replace(b"REF*BM*BOL-9001", b"REF*CN*PRO2")
    none = NOTICE.replace(b"REF*CN*", b"REF*ZZ*")

    assert [e.tracking_number for e in parsed("x12_856", two).events] == ["PRO2", "PRO100011"]
    assert only(parsed("x12_856", none)).tracking_number == "ASN-88001"


def test_an_invoice_that_comes_again_in_another_interchange_is_the_same():
    again = INVOICE.replace(b"000000021", b"000000099")
    corrected = INVOICE.replace(b"*48250**2026", b"*48250*CO*2026")

    first, second = only(parsed("x12_210", INVOICE)), only(parsed("x12_210", again))

    assert (first.identity, first.content) == (second.identity, second.content)
    assert only(parsed("x12_210", corrected)).identity != first.identity


@pytest.mark.parametrize(
    ("old", "new", "flags", "total"),
    [
        (b"2000****LFT", b"-2000****LFT", ("total_mismatch",), "482.50"),
        (b"48250******2*L", b"48251******2*L", ("total_mismatch",), "482.50"),
        (b"48250", b"0", ("total_mismatch",), "0.00"),
        (b"C3*USD", b"C3*usd", (), "482.50"),
    ],
)
def test_charges_are_added_up_and_compared(old, new, flags, total):
    event = only(parsed("x12_210", INVOICE.replace(old, new)))

    assert (event.flags, event.details["total"], event.details["currency"]) == (flags, total, "USD")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"**20260312*48250**", b"**20260312*482.50**"),
        (b"**20260312*48250**", b"**20260312***"),
        (b"**20260312*", b"***"),
        (b"B3**INV-4001", b"B3**"),
        (b"*PRO100011*", b"**"),
        (b"***40000****400", b"***4e4****400"),
    ],
)
def test_an_invoice_without_number_shipment_date_or_whole_amounts_is_malformed(old, new):
    assert old in INVOICE
    assert check("x12_210", INVOICE.replace(old, new)).reason == "malformed_payload"
