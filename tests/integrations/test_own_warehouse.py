"""A 3PL speaks of its own warehouses' goods and sees no others (R34)."""

from dataclasses import replace

import pytest

from apps.integrations import inbox, partners
from apps.integrations.errors import BadPartner
from apps.integrations.partner_settings import MOST_PLACES
from apps.shipments.models import Event, Package, Report
from apps.shipments.rules.matching import fence_of
from tests.factories import make_company, make_person, make_warehouse
from tests.integrations.factories import batch, make_partner, post
from tests.integrations.test_business_events import event, settle
from tests.shipments.factories import make_order, make_package, make_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(company):
    return make_warehouse(company, "Gent"), make_warehouse(company, "Lyon")


@pytest.fixture
def goods(company, places):
    """One shipment in each warehouse, each with a parcel."""
    found = []
    for number, place in zip(("1ZGENT", "1ZLYON"), places, strict=True):
        order = make_order(company, f"S-{place.name}", warehouse=place)
        shipment = make_shipment(company, order, warehouse=place, reference=f"{place.name}/OUT/1")
        make_package(number, shipment, carrier=None, warehouse=place)
        found.append(shipment)
    return found


def test_what_a_3pl_says_of_another_warehouses_goods_moves_nothing_and_stays_apart(
    company, places, goods
):
    partner = make_partner("tpl_generic", "gent 3pl", company, warehouses=places[:1])
    post(partner, batch("m1", "1ZGENT", "1ZLYON", code="delivered"))
    inbox.drain()
    for shipment in goods:
        shipment.refresh_from_db()
    assert [one.execution_status for one in goods] == ["delivered", "dispatched"]
    apart = Package.objects.exclude(fence="").get()
    assert (apart.number, apart.status, apart.shipments.count()) == ("1ZLYON", "delivered", 0)
    assert Event.objects.get(package=apart).fence == f"{company.pk},w{places[0].pk}"


@pytest.mark.parametrize("named", ["shipment", "order"])
def test_nor_is_a_report_of_another_warehouses_record_linked(company, places, goods, named):
    partner = make_partner("canonical", "gent wms", company, warehouses=places[:1])
    names = {"shipment": "{}/OUT/1", "order": "S-{}"}[named]
    for index, place in enumerate(places):
        subject = {named: names.format(place.name)}
        post(partner, event("label.failed", index, subject=subject))
    inbox.drain()
    settle()
    linked = Report.objects.exclude(order=None).get()
    assert linked.subject_ref == names.format("Gent")
    assert Report.objects.get(order=None, shipment=None).subject_ref == names.format("Lyon")


def test_an_order_that_leaves_from_two_warehouses_is_both_their_3pls(company, places, goods):
    make_shipment(company, goods[0].order, warehouse=places[1], reference="Lyon/OUT/2")
    partner = make_partner("canonical", "lyon wms", company, warehouses=places[1:])
    post(partner, event("picking.ready", 1, subject={"order": "S-Gent"}))
    inbox.drain()
    assert Report.objects.get().order == goods[0].order


def test_a_3pls_program_reads_its_own_and_gets_404_for_the_others(client, company, places, goods):
    client.force_login(make_person("Gus Gent", "operations", company, places[0]))
    own, other = (f"/api/v1/shipments/{one.public_id}/" for one in goods)
    assert client.get(own).status_code == 200
    for path in (other, f"{other}events/", f"{other}reported/"):
        assert client.get(path).status_code == 404, path
    names = [row["reference"] for row in client.get("/api/v1/shipments/").json()["results"]]
    assert names == ["Gent/OUT/1"]


def test_a_warehouse_of_a_company_that_it_does_not_report_for_is_refused(company):
    elsewhere = make_warehouse(make_company("Elsewhere"), "Oslo")
    with pytest.raises(BadPartner, match="Oslo belongs to a company"):
        make_partner("tpl_generic", "gent 3pl", company, warehouses=(elsewhere,))


def test_the_grant_is_set_on_screen(client, ines, company, places):
    partner = make_partner("tpl_generic", "gent 3pl", company)
    client.force_login(ines)
    data = {
        "name": "gent 3pl", "format": "tpl_generic", "max_age_s": "300", "companies": [company.public_id],
        "warehouses": [places[0].public_id], "seen": partners.digest_of(partner),
    }  # fmt: skip
    answer = client.post(f"/integrations/partners/{partner.slug}/settings/", data)
    assert answer.status_code == 302
    assert list(partner.warehouses.all()) == [places[0]]
    page = client.get(f"/integrations/partners/{partner.slug}/").content.decode()
    assert "Only of these warehouses" in page


def test_as_many_grants_as_a_partner_may_have_fence_its_events_off(company):
    places = [make_warehouse(company, f"Hub {number}") for number in range(MOST_PLACES)]
    partner = make_partner("tpl_generic", "many hubs", warehouses=places)
    post(partner, batch("m1", "1ZMANY"))
    inbox.drain()
    assert Event.objects.get().fence.count("w") == MOST_PLACES
    assert len(fence_of((), range(10**7, 10**7 + MOST_PLACES))) <= 2000

    settings = partners.settings_of(partner)
    more = replace(settings, warehouses=(*places, make_warehouse(company, "One more")))
    with pytest.raises(BadPartner, match="up to 200"):
        partners.checked(more)
