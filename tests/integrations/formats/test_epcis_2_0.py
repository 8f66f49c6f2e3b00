"""EPCIS beyond the recorded messages: both bindings, corrections, odd and hostile input."""

import json

import pytest

from apps.integrations import formats
from apps.integrations.formats.strict_xml import MAX_TAGS
from tests.integrations.formats.recorded import body, document, only, parsed, refusal, written

EPCIS = "epcis_2_0"
XML = body("epcis_2_0/04_xml_binding.xml")
SSCC = "urn:epc:id:sscc:4012345.0000000017"


def event(**changes):
    return document("epcis_2_0/02_damaged.json")["epcisBody"]["eventList"][0] | changes


def listed(*events, **changes):
    found = document("epcis_2_0/02_damaged.json")
    return found | {"epcisBody": {"eventList": list(events)}} | changes


def check(raw):
    return refusal(formats.get(EPCIS).check, raw)


def xml(inner, space="urn:epcglobal:epcis:xsd:2"):
    return (
        f'<e:EPCISDocument xmlns:e="{space}"><EPCISBody><EventList>{inner}</EventList></EPCISBody>'
        "</e:EPCISDocument>"
    ).encode()


@pytest.mark.parametrize(
    ("step", "disposition", "milestone", "reason", "unmapped"),
    [
        ("shipping", None, "departed_facility", None, False),
        ("urn:epcglobal:cbv:bizstep:shipping", "in_transit", "departed_facility", None, False),
        ("https://ref.gs1.org/cbv/BizStep-shipping", None, "departed_facility", None, False),
        ("cbv:BizStep-shipping", None, "departed_facility", None, False),
        ("urn:acme:bizstep:shipping", None, "info_only", None, True),
        ("https://example.com/cbv/BizStep-shipping", None, "info_only", None, True),
        ("receiving", "https://ref.gs1.org/cbv/Disp-damaged", "damaged", "damaged", False),
        ("receiving", "urn:acme:disp:damaged", "goods_received", None, False),
        (None, "stolen", "lost", "theft", False),
        (None, None, "info_only", None, True),
    ],
)
def test_the_vocabulary_in_all_its_forms_and_nobody_elses(
    step, disposition, milestone, reason, unmapped
):
    found = only(parsed(EPCIS, listed(event(bizStep=step, disposition=disposition))))

    assert (found.milestone, found.exception_reason, found.unmapped) == (
        milestone,
        reason,
        unmapped,
    )


def test_each_identifier_is_an_event_of_its_own():
    result = parsed(
        EPCIS, listed(event(epcList=["urn:a", "urn:b", "urn:a", "", 7, None, "x" * 101]))
    )

    assert [one.tracking_number for one in result.events] == ["urn:a", "urn:b", "7"]
    assert len({one.identity for one in result.events}) == 3


@pytest.mark.parametrize(
    ("changes", "numbers", "details"),
    [
        ({"type": "AggregationEvent", "parentID": SSCC, "childEPCs": ["urn:1", "urn:2"], "action": "ADD"},
         [SSCC], {"action": "ADD", "children": ["urn:1", "urn:2"]}),
        ({"type": "TransactionEvent", "parentID": SSCC, "epcList": []}, [SSCC], {}),
        ({"type": "TransformationEvent", "inputEPCList": ["urn:i"], "outputEPCList": ["urn:o"]},
         ["urn:o"], {}),
    ],
)  # fmt: skip
def test_other_kinds_of_events_are_about_what_contains_or_came_out(changes, numbers, details):
    found = parsed(EPCIS, listed(event(epcList=None) | changes)).events

    assert ([one.tracking_number for one in found], found[0].details) == (numbers, details)


@pytest.mark.parametrize("kind", [["AggregationEvent"], {}, None, 7])
def test_a_type_of_the_wrong_kind_is_none_that_groups(kind):
    assert only(parsed(EPCIS, listed(event(type=kind)))).tracking_number == SSCC


def test_documents_may_be_answers_to_queries_or_one_event_alone():
    inner = {"queryResults": {"resultsBody": {"eventList": [event()]}}}
    wanted = parsed(EPCIS, listed(event())).events

    assert parsed(EPCIS, {"type": "EPCISQueryDocument", "epcisBody": inner}).events == wanted
    assert (
        parsed(EPCIS, {"type": "EPCISDocument", "epcisBody": {"event": event()}}).events == wanted
    )
    assert parsed(EPCIS, event()).events == wanted


def test_xml_and_json_say_the_same():
    same = {
        "type": "ObjectEvent", "eventID": "urn:uuid:e1000000-0000-4000-8000-000000000009",
        "eventTime": "2026-03-10T07:00:00Z", "epcList": ["urn:epc:id:sscc:4012345.0000000024"],
        "bizStep": "departing", "disposition": "in_transit", "action": "OBSERVE",
    }  # fmt: skip

    assert only(parsed(EPCIS, XML)) == only(parsed(EPCIS, listed(same)))


def test_version_1_puts_the_id_the_correction_and_new_kinds_of_events_into_extensions():
    inner = (
        "<ObjectEvent><eventTime>2026-03-10T07:00:00Z</eventTime><baseExtension>"
        "<eventID>urn:uuid:1</eventID><errorDeclaration><declarationTime>2026-03-11T07:00:00Z"
        "</declarationTime><correctiveEventIDs><correctiveEventID>urn:uuid:2</correctiveEventID>"
        "</correctiveEventIDs></errorDeclaration></baseExtension><epcList><epc>urn:a</epc></epcList>"
        "<readPoint><id>urn:place</id></readPoint></ObjectEvent>"
        "<extension><TransformationEvent><eventTime>2026-03-10T07:00:00Z</eventTime>"
        "<outputEPCList><epc>urn:o</epc></outputEPCList></TransformationEvent></extension>"
    )

    void, made = parsed(EPCIS, xml(inner, "urn:epcglobal:epcis:xsd:1")).events

    assert (void.voids, void.details) == ("urn:uuid:1", {"corrective_event_ids": ["urn:uuid:2"]})
    assert made.tracking_number == "urn:o"


def test_a_correction_names_the_event_for_each_identifier_and_says_nothing_else():
    wrong = event(epcList=["urn:a", "urn:b"])
    error = {"declarationTime": "2026-03-11T10:00:00Z", "reason": "did_not_occur"}

    first = parsed(EPCIS, listed(wrong)).events
    voids = parsed(EPCIS, listed(wrong | {"errorDeclaration": error})).events

    assert {one.voids for one in voids} == {first[0].source_event_id} == {event()["eventID"]}
    assert [one.milestone for one in voids] == ["info_only"] * 2
    assert not {one.identity for one in first} & {one.identity for one in voids}
    assert voids[0].occurred_at.day == 11


def test_a_correction_of_an_event_without_an_id_finds_it_by_what_it_says():
    wrong = event(eventID=None)

    first = only(parsed(EPCIS, listed(wrong)))
    void = only(parsed(EPCIS, listed(wrong | {"errorDeclaration": {}})))

    assert void.voids == first.source_event_id


def test_references_are_the_last_part_of_the_documents_numbers():
    assert only(parsed(EPCIS, listed(event()))).references == {"asn": "ASN-88001"}


def test_an_event_that_cannot_be_used_costs_the_others_nothing_and_alone_is_malformed():
    bad = [event(eventTime="2026-13-01T00:00:00Z"), event(epcList=[]), 7]

    assert [skip.index for skip in parsed(EPCIS, listed(*bad, event())).skipped] == [0, 1, 2]
    for one in bad:
        assert check(written(listed(one))).pointer == "/epcisBody/eventList/0"


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;">]><a>&m;</a>',
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://example.com/x.dtd">%p;]><a/>',
        b"\xef\xbb\xbf  <!doctype html><a/>",
        XML.replace(b"<EPCISBody>", b"<!DOCTYPE x><EPCISBody>"),
        XML.replace(b"<EPCISBody>", b'<EPCISBody><!ENTITY a "b">'),
    ],
    ids=["laughs", "file", "parameter", "lower case", "in the middle", "entity"],
)
def test_document_types_and_entities_are_forbidden_before_anything_is_parsed(raw):
    error = check(raw)

    assert (error.reason, error.status) == ("xml_forbidden", 400)
    assert refusal(parsed, EPCIS, raw).reason == "xml_forbidden"


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"<", b"<a>", b"<a/>", b"<a></b>", b"<a>&x;</a>", b"\xff\xfe<\x00a\x00", XML[:-10],
        XML.replace(b"UTF-8", b"UTF-16"), XML.replace(b"UTF-8", b"ISO-8859-1"), XML.replace(b"UTF-8", b"UTF-7"),
        XML.replace(b"OBSERVE", b"\xe4"), XML.replace(b"xsd:2", b"xsd:9"), XML.replace(b"EventList", b"Events"),
        b"<a>" * 65 + b"</a>" * 65, b"<a>" * 10**5, xml("<a/>" * MAX_TAGS), xml("<ObjectEvent/>"),
        XML.replace(b"2026-03-10T07:00:00Z</eventTime>", b"noon</eventTime>"), XML + XML,
        xml(f"<ObjectEvent><eventTime>2026-03-10T07:00:00Z</eventTime><epcList><epc>{'x' * 2**20}</epc></epcList></ObjectEvent>"),
        b"{}", b"[]", b'{"type":"EPCISDocument"}', b'{"type":"EPCISDocument","epcisBody":{"eventList":{}}}',
        written(listed(*[event()] * 20_001)), written(listed(event(epcList=[f"urn:{n}" for n in range(20_001)]))),
        json.dumps(listed(event())).replace('"OBSERVE"', "NaN").encode(),
    ],
)  # fmt: skip
def test_what_is_no_document_or_more_than_anybody_needs_is_malformed(raw):
    assert check(raw).reason == "malformed_payload"


@pytest.mark.parametrize(
    ("media", "taken"),
    [
        ("application/json", True), ("application/ld+json", True), ("application/xml; charset=utf-8", True),
        ("text/xml", True), ("text/plain", False), ("application/edifact", False),
    ],
)  # fmt: skip
def test_both_bindings_have_their_media_types(media, taken):
    if taken:
        assert formats.get(EPCIS).check_media(media) is None
    else:
        assert refusal(formats.get(EPCIS).check_media, media).status == 415
