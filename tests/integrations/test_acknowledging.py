"""EDI interchanges are answered with a 997, 999 or CONTRL: once, numbered by partner, in the answer or fetched."""

import pytest
from django.test import Client

from apps.integrations import partners
from apps.integrations.formats.x12 import read
from apps.integrations.models import Acknowledgement, Message, Partner
from tests.factories import make_person
from tests.integrations.factories import make_partner, post, stored
from tests.integrations.test_gates import X12

pytestmark = pytest.mark.django_db

EDI = {"content_type": "application/edi-x12"}
ASKED = {**EDI, "Accept": "application/edi-x12"}


@pytest.fixture
def carrier():
    return made("x12_214", "997")


def made(format_name: str, kind: str) -> Partner:
    partner = make_partner(format_name)
    Partner.objects.filter(pk=partner.pk).update(acknowledge=kind)
    partners.forget()
    partner.refresh_from_db()
    return partner


def numbered(number: int) -> bytes:
    return X12.replace(b"000000042", b"%09d" % number)


def segments(raw: bytes, name: str) -> list[list[str]]:
    return [line.split("*") for line in raw.decode().split("~") if line.strip().startswith(name)]


def test_an_interchange_is_answered_with_a_997_that_reads_back(carrier):
    answer = post(carrier, X12, **ASKED)

    assert (answer.status_code, answer["Content-Type"]) == (202, "application/edi-x12")
    assert answer["X-Message-ID"] == Message.objects.get().public_id
    (interchange,) = read(answer.content)
    assert interchange.first_fault is None
    assert [one.kind for one in interchange.sets] == ["997"]
    assert segments(answer.content, "AK9")[0][1] == "A"
    assert interchange.receiver[1].strip() == "TFCC"


def test_a_sender_that_does_not_wait_is_told_where_to_fetch_it(carrier, company):
    answer = post(carrier, X12, **EDI)

    address = answer.json()["acknowledgement"]
    browser = Client()
    browser.force_login(make_person("Ines Integration", "integration", company))
    fetched = browser.get(address)
    assert fetched["Content-Type"] == "application/edi-x12"
    assert fetched.content == bytes(Acknowledgement.objects.get().raw)


def test_each_interchange_is_answered_once_and_numbers_have_no_gaps(carrier):
    first, again = post(carrier, X12, **ASKED), post(carrier, X12, **ASKED)
    other = post(carrier, numbered(43), **ASKED)

    assert again.status_code == 200
    assert again.content == first.content
    assert [read(one.content)[0].control for one in (first, other)] == ["000000001", "000000002"]
    assert list(Acknowledgement.objects.values_list("control", flat=True)) == [1, 2]


def test_two_interchanges_in_one_message_have_an_answer_each(carrier):
    answer = post(carrier, X12 + numbered(43), **ASKED)

    assert [one.control for one in read(answer.content)] == ["000000001", "000000002"]
    assert [one.position for one in Acknowledgement.objects.order_by("position")] == [0, 1]
    assert read(post(carrier, numbered(44), **ASKED).content)[0].control == "000000003"


def test_a_malformed_interchange_is_refused_and_its_answer_says_so(carrier):
    bad = X12.replace(b"SE*5", b"SE*9")

    told = post(carrier, bad, **EDI)
    waited = post(carrier, bad, **ASKED)

    assert (told.status_code, told.json()["reason"]) == (400, "malformed_payload")
    assert told.json()["acknowledgement"].endswith(f"{stored(told).public_id}/acknowledgement")
    assert waited.status_code == 400
    assert segments(waited.content, "AK9")[0][1] == "R"
    assert Acknowledgement.objects.count() == 1


def test_partners_number_for_themselves():
    one, two = made("x12_214", "999"), made("edifact_iftsta", "CONTRL")
    edifact = (
        b"UNB+UNOC:3+CARRIER+TOWER+260310:1000+77'UNH+1+IFTSTA:D:01B:UN'BGM+23+77+9'"
        b"CNI+1+PRO9'STS+1+21'DTM+334:202603100900:203'UNT+6+1'UNZ+1+77'"
    )
    post(one, X12, **EDI)
    answer = post(two, edifact, content_type="application/edifact", Accept="application/edifact")

    assert answer.status_code == 202
    assert b"CONTRL" in answer.content
    assert sorted(Acknowledgement.objects.values_list("kind", "control")) == [
        ("999", 1),
        ("CONTRL", 1),
    ]


def test_who_asked_for_none_gets_none():
    answer = post(make_partner("x12_214"), X12, **ASKED)
    assert answer["Content-Type"] == "application/json"
    assert "acknowledgement" not in answer.json()
    assert not Acknowledgement.objects.exists()


def test_nothing_else_than_json_is_said_of_a_message_that_was_not_signed(carrier):
    answer = post(carrier, X12, secret="whsec_b3RoZXI=", **ASKED)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert not Acknowledgement.objects.exists()


def test_the_message_page_of_a_stranger_gives_no_acknowledgement(carrier):
    address = post(carrier, X12, **EDI).json()["acknowledgement"]
    browser = Client()
    browser.force_login(make_person("Stan Stranger", "integration"))
    assert browser.get(address).status_code == 404
    assert Client().get(address).status_code in (401, 403)
