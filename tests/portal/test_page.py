"""The page behind a link: what it shows, to whom, how heavy it is, and what it keeps to itself."""

import re
from pathlib import Path

import pytest
from django.urls import reverse

from apps.portal.links import link_for
from tests.factories import make_company, make_customer, make_person
from tests.portal import factories as made
from tests.portal.factories import SCENES

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).resolve().parents[2] / "static"


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize("scene", SCENES)
def test_every_state_has_its_page_for_whoever_has_the_link(scene, company, client):
    response = client.get(link_for(SCENES[scene](company)))
    assert response.status_code == 200
    page = response.content.decode()
    assert '<html lang="en"' in page
    assert response.context["story"].headline in text_of(response)
    assert f"<title>{response.context['story'].headline} · Order" in page
    assert "<script>" not in page
    assert " style=" not in page


def test_the_page_is_nobodys_to_keep_to_list_or_to_pass_on(company, client):
    response = client.get(link_for(SCENES["late"](company)))
    assert "private" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert not response.cookies


def test_the_first_load_stays_below_a_hundred_kilobytes(company, client):
    page = client.get(link_for(SCENES["partly"](company)))
    files = re.findall(r'(?:href|src)="/static/([^"]+)"', page.content.decode())
    assert "css/portal.css" in files
    assert len(page.content) + sum((STATIC / name).stat().st_size for name in files) < 100_000


def test_times_are_marked_up_with_their_zone(company, client):
    page = client.get(link_for(SCENES["missed"](company))).content.decode()
    stamps = re.findall(r'<time datetime="([^"]+)"', page)
    assert stamps
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d(T[\d:.]+[+-]\d\d:\d\d)?", stamp) for stamp in stamps)


def test_an_expired_link_is_gone_and_says_whom_to_ask(company, client, monkeypatch):
    link = link_for(SCENES["late"](company))
    monkeypatch.setattr("apps.portal.links.VALID_DAYS", -1)
    response = client.get(link)
    assert response.status_code == 410
    assert f"ask {company.name} to send you a new one" in text_of(response)


def test_a_forged_link_is_not_found_and_says_what_to_do(client):
    response = client.get(reverse("track", args=["no.such.thing"]))
    assert response.status_code == 404
    assert "This link does not work" in text_of(response)


def test_an_offer_that_is_no_order_yet_is_not_shown_as_one(company, client):
    order = made.order_of(company, stage="quoted", odoo_state="sent")
    response = client.get(link_for(order))
    assert response.status_code == 404
    assert "We have your order" not in text_of(response)


@pytest.mark.parametrize("name", ["track_calendar", "track_proof"])
def test_no_part_of_an_order_opens_with_a_forged_link(name, client):
    assert client.get(reverse(name, args=["no.such.thing"])).status_code == 404


def test_the_page_says_nothing_of_who_signed_before_the_postcode(company, client):
    page = client.get(link_for(SCENES["delivered"](company))).content.decode()
    assert "A. K." in page
    assert not re.search("Annelies|Kortrijk|Veldstraat|internal name", page)


def test_the_right_postcode_opens_address_and_papers(company, client):
    order = SCENES["delivered"](company)
    link = link_for(order)
    paper = order.documents.get()
    assert client.get(f"{link}documents/{paper.public_id}/").status_code == 302
    opened = client.post(f"{link}proof/", {"postcode": " 90-00 "}, follow=True)
    assert "Veldstraat 12" in text_of(opened)
    assert "Annelies" not in text_of(opened)
    answer = client.get(f"{link}documents/{paper.public_id}/")
    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Disposition"] == 'attachment; filename="proof-of-delivery.pdf"'
    assert answer["Cache-Control"] == "private, no-store"


def test_a_wrong_postcode_opens_nothing(company, client):
    link = link_for(SCENES["delivered"](company))
    response = client.post(f"{link}proof/", {"postcode": "8000"})
    assert response.status_code == 422
    assert "Veldstraat" not in response.content.decode()
    assert "Veldstraat" not in client.get(f"{link}proof/").content.decode()


@pytest.mark.parametrize("said", ["", " ", "-"])
def test_an_order_without_a_postcode_opens_for_nobody(said, company, client):
    from apps.mirror.models import Contact

    order = SCENES["delivered"](company)
    Contact.objects.update(zip="")
    assert client.post(f"{link_for(order)}proof/", {"postcode": said}).status_code == 422


def test_after_five_tries_even_the_right_postcode_has_to_wait(company, client):
    link = link_for(SCENES["delivered"](company))
    for number in range(5):
        assert client.post(f"{link}proof/", {"postcode": f"100{number}"}).status_code == 422
    response = client.post(f"{link}proof/", {"postcode": "9000"})
    assert (response.status_code, response["Retry-After"]) == (429, "3600")
    elsewhere = client.post(f"{link}proof/", {"postcode": "9000"}, REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 302


def test_many_addresses_together_cannot_try_every_postcode(company, client):
    link = link_for(SCENES["delivered"](company))
    answers = [
        client.post(
            f"{link}proof/", {"postcode": "1"}, REMOTE_ADDR=f"203.0.113.{number}"
        ).status_code
        for number in range(45)
    ]
    assert answers.count(422) == 40
    assert answers[-1] == 429


def test_the_postcode_of_one_order_does_not_open_another(company, client):
    first, second = SCENES["delivered"](company), SCENES["delivered"](company)
    client.post(f"{link_for(first)}proof/", {"postcode": "9000"})
    for morsel in client.cookies.values():
        morsel["path"] = "/"  # as if the browser sent it everywhere
    assert "Veldstraat" not in client.get(f"{link_for(second)}proof/").content.decode()
    paper = second.documents.get()
    assert client.get(f"{link_for(second)}documents/{paper.public_id}/").status_code == 302


def test_evidence_of_the_desk_is_no_customers_document(company, client):
    order = SCENES["delivered"](company)
    letter = made.paper_of(order.shipments.get(), kind="evidence")
    link = link_for(order)
    client.post(f"{link}proof/", {"postcode": "9000"})
    assert client.get(f"{link}documents/{letter.public_id}/").status_code == 404


def test_an_expected_day_goes_into_a_calendar(company, client):
    response = client.get(f"{link_for(SCENES['on_its_way'](company))}delivery.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    lines = response.content.decode().split("\r\n")
    assert f"DTSTART;VALUE=DATE:{made.in_days(1):%Y%m%d}" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = response.content.decode().replace("\r\n ", "")
    assert "SUMMARY:Delivery from Northwind Trading\\, order " in unfolded


def test_an_hour_goes_into_a_calendar_as_the_hour_before_it(company, client):
    order = made.order_of(company)
    made.parcel_of(made.shipment_of(order), *made.tour(eta=made.ago(-30).isoformat()))
    text = client.get(f"{link_for(order)}delivery.ics").content.decode()
    assert f"DTEND:{made.ago(-30):%Y%m%dT%H%M%SZ}" in text


def test_nothing_to_expect_is_nothing_for_a_calendar(company, client):
    assert client.get(f"{link_for(SCENES['delivered'](company))}delivery.ics").status_code == 404


@pytest.fixture
def cora(company):
    """A customer who signed in, with the customer she may see."""
    customer = make_customer(company)
    person = make_person("Cora Azure", "customer", company, customer)
    person.customer = customer
    return person


def test_a_customer_sees_her_own_orders_and_opens_each(company, cora, client):
    mine = SCENES["partly"](company, customer=cora.customer)
    other = SCENES["late"](company, customer=make_customer(company, "Somebody Else"))
    client.force_login(cora)
    page = text_of(client.get(reverse("my_orders")))
    assert mine.name in page
    assert other.name not in page
    assert client.get(reverse("my_order", args=[mine.public_id])).status_code == 200
    assert client.get(reverse("my_order", args=[other.public_id])).status_code == 404
    assert client.get(reverse("my_proof", args=[other.public_id])).status_code == 404
    assert client.get(reverse("my_calendar", args=[other.public_id])).status_code == 404


def test_a_signed_in_customer_needs_no_postcode(company, cora, client):
    order = SCENES["delivered"](company, customer=cora.customer)
    client.force_login(cora)
    assert "Veldstraat 12" in text_of(client.get(reverse("my_proof", args=[order.public_id])))


@pytest.mark.parametrize("search", ["po 47", "PO 4711"])
def test_orders_are_found_by_the_customers_own_number(search, company, cora, client):
    mine = SCENES["label_only"](company, customer=cora.customer)
    another = SCENES["label_only"](company, customer=cora.customer, customer_reference="X9")
    client.force_login(cora)
    page = text_of(client.get(reverse("my_orders"), {"q": search}))
    assert mine.name in page
    assert another.name not in page


@pytest.mark.parametrize("search", ["nothing like it", "\x00", "%"])
def test_a_search_that_finds_nothing_says_so(search, company, cora, client):
    client.force_login(cora)
    assert client.get(reverse("my_orders"), {"q": search}).status_code == 200


def test_a_customer_account_without_a_customer_sees_no_orders(company, client):
    SCENES["late"](company)
    client.force_login(make_person("Nora New", "customer", company))
    assert "You have no orders yet" in text_of(client.get(reverse("my_orders")))


@pytest.mark.parametrize("who", ["olga", "carl", "fiona", "ines"])
def test_the_list_of_own_orders_is_for_customers_only(who, company, client, request):
    client.force_login(request.getfixturevalue(who))
    assert client.get(reverse("my_orders")).status_code == 403


def test_without_signing_in_the_list_asks_for_it(client):
    assert client.get(reverse("my_orders")).status_code == 302


def test_the_list_costs_as_many_queries_with_many_orders(
    company, cora, client, django_assert_max_num_queries
):
    for _ in range(6):
        SCENES["partly"](company, customer=cora.customer)
    client.force_login(cora)
    with django_assert_max_num_queries(20):
        client.get(reverse("my_orders"))


@pytest.mark.parametrize("who", ["olga", "carl", "fiona", "ines"])
def test_the_desk_sees_what_the_customer_sees(who, company, client, request):
    order = SCENES["missed"](company)
    client.force_login(request.getfixturevalue(who))
    response = client.get(
        reverse("customer_view", args=[order.public_id]), headers={"HX-Request": "true"}
    )
    assert 'id="customer-view"' in response.content.decode()
    assert "<html" not in response.content.decode()
    theirs = client.get(link_for(order))
    assert response.context["story"].headline == theirs.context["story"].headline
    assert response.context["link"].startswith("http://testserver/t/")


def test_the_desk_of_another_company_does_not(company, stranger, client):
    order = SCENES["missed"](company)
    client.force_login(stranger)
    assert client.get(reverse("customer_view", args=[order.public_id])).status_code == 404


def test_a_customer_is_refused_the_desks_view(company, cora, client):
    order = SCENES["missed"](company, customer=cora.customer)
    client.force_login(cora)
    assert client.get(reverse("customer_view", args=[order.public_id])).status_code == 403


def test_another_companys_orders_stay_another_companys(company, cora, client):
    elsewhere = SCENES["late"](make_company("Elsewhere Inc"), customer=cora.customer)
    client.force_login(cora)
    assert client.get(reverse("my_order", args=[elsewhere.public_id])).status_code == 404
