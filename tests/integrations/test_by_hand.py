"""What a person read in a carrier's portal: recorded with its source, marked low trust, overriding nobody (R31)."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.integrations import by_hand, inbox
from apps.integrations.by_hand import Reading
from apps.integrations.errors import BadRecord
from apps.integrations.models import Message, MessageBody, Partner
from apps.journal.models import Entry
from apps.shipments.apply import apply
from apps.shipments.models import Document, Event, Package, PackageLink, Shipment
from tests.dashboards.browser import chromium_of_this_machine
from tests.factories import make_company, make_person
from tests.integrations.factories import post
from tests.shipments.factories import make_shipment, message, said

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def package(company) -> Package:
    """A parcel that its carrier has picked up, of a shipment of the company."""
    return make_parcel(company)


def make_parcel(company) -> Package:
    apply([message(said("picked_up", timezone.now() - timedelta(days=1), "1Z999"))])
    package = Package.objects.get(tracking_number="1Z999")
    PackageLink.objects.create(shipment=make_shipment(company), package=package, said_by="odoo")
    Package.objects.filter(pk=package.pk).update(company=company)
    package.refresh_from_db()
    return package


def reading(milestone: str = "out_for_delivery", **more: Any) -> Reading:
    """A portal's word of an hour ago."""
    given = {
        "occurred_at": timezone.now() - timedelta(hours=1),
        "source_note": "ups.com, tracking page",
        "token": "t1",
    }
    return Reading(milestone=milestone, **{**given, **more})


def test_a_reading_becomes_an_event_with_its_source_and_the_person(package, olga):
    message_id = by_hand.record(package, reading(place="Gent"), by=olga, now=timezone.now())
    inbox.drain()

    event = Event.objects.get(source="manual")
    assert (event.package_id, event.milestone, event.location) == (
        package.pk,
        "out_for_delivery",
        "Gent",
    )
    assert event.by_hand is True
    assert event.details["trust"] == "low"
    assert event.details["by"] == olga.public_id
    assert event.details["source_note"] == "ups.com, tracking page"
    assert event.message_ref == message_id
    assert Message.objects.get().status == "processed"
    entry = Entry.objects.get(kind="event.recorded")
    assert (entry.subject, entry.actor) == (package.public_id, olga.public_id)
    assert MessageBody.objects.get().headers == {"x-recorded-by": olga.public_id}


def test_it_overrides_no_source_that_owns_the_fact(package, olga):
    by_hand.record(package, reading("delivered"), by=olga, now=timezone.now())
    inbox.drain()
    package.refresh_from_db()
    assert package.milestone == "picked_up"
    assert Event.objects.get(source="manual").claims


def test_it_shows_where_nobody_else_tells_of_the_journey(company, olga):
    apply([message(said("label_created", timezone.now() - timedelta(days=1), "1Z777"))])
    package = Package.objects.get(tracking_number="1Z777")
    Package.objects.filter(pk=package.pk).update(company=company)
    PackageLink.objects.create(shipment=make_shipment(company), package=package, said_by="odoo")
    package.refresh_from_db()
    by_hand.record(package, reading(), by=olga, now=timezone.now())
    inbox.drain()
    package.refresh_from_db()
    assert package.status == "out_for_delivery"
    assert package.deciding_event.by_hand

    client = Client()
    client.force_login(olga)
    page = client.get(f"/shipments/{Shipment.objects.get().public_id}/").content.decode()
    assert "manual, low trust" in page


def test_one_sending_of_the_form_is_one_record(package, olga):
    first = by_hand.record(package, reading(), by=olga, now=timezone.now())
    second = by_hand.record(package, reading("lost"), by=olga, now=timezone.now())
    assert first == second
    assert Message.objects.count() == 1


def test_a_picture_is_kept_as_evidence_of_the_shipment(package, olga):
    by_hand.record(package, reading(), by=olga, now=timezone.now(), screenshot=("portal.png", PNG))
    inbox.drain()
    document = Document.objects.get()
    assert (document.kind, document.name, document.added_by) == ("evidence", "portal.png", olga)
    assert Event.objects.get(source="manual").details["document"] == document.public_id


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_note": "  "},
        {"source_note": "x" * 501},
        {"milestone": "invented"},
        {"reason": "invented"},
        {"place": "x" * 121},
        {"occurred_at": timezone.now() + timedelta(hours=2)},
        {"occurred_at": timezone.now() - timedelta(days=400)},
    ],
)
def test_what_cannot_be_is_refused_in_words(package, olga, wrong):
    with pytest.raises(BadRecord):
        by_hand.record(package, reading(**wrong), by=olga, now=timezone.now())
    assert not Message.objects.exists()


def test_a_parcel_without_a_number_and_a_file_that_is_no_picture_are_refused(package, olga):
    with pytest.raises(BadRecord, match="PDF"):
        by_hand.record(package, reading(), by=olga, now=timezone.now(), screenshot=("x.exe", b"MZ"))
    assert not Message.objects.exists()
    package.implicit = True
    with pytest.raises(BadRecord, match="tracking number"):
        by_hand.record(package, reading(), by=olga, now=timezone.now())


def test_nobody_can_sign_as_the_manual_partner(package, olga):
    by_hand.record(package, reading(), by=olga, now=timezone.now())
    partner = Partner.objects.get(slug="manual")
    assert not partner.secrets.exists()
    answer = post(partner, {"id": "1"})
    assert answer.status_code == 401
    assert answer.json()["reason"] == "missing_signature"


def test_a_parcel_that_is_fenced_to_companies_is_spoken_of_within_them(package, company, olga):
    Package.objects.filter(pk=package.pk).update(fence=str(company.pk))
    package.refresh_from_db()
    by_hand.record(package, reading(), by=olga, now=timezone.now())

    partner = Message.objects.get().partner
    assert partner.slug.startswith("manual-")
    assert list(partner.companies.all()) == [company]
    inbox.drain()
    event = Event.objects.get(source=partner.slug)
    assert event.by_hand
    assert event.fence == str(company.pk)


@pytest.mark.parametrize(
    ("role", "status"),
    [("operations", 200), ("customer_service", 200), ("integration", 200), ("finance", 403)],
)
def test_the_form_opens_for_the_roles_that_may(role, status, package, company):
    client = Client()
    client.force_login(make_person("Somebody Else", role, company))
    url = f"/integrations/by-hand/{package.public_id}/"
    assert client.get(url).status_code == status


def test_a_parcel_outside_the_scope_is_not_there(package, stranger):
    client = Client()
    client.force_login(stranger)
    url = f"/integrations/by-hand/{package.public_id}/"
    assert client.get(url).status_code == 404
    assert client.post(url, {}).status_code == 404
    with pytest.raises(PermissionError):
        by_hand.record(package, reading(), by=stranger, now=timezone.now())


def test_the_form_reads_the_time_in_its_zone_and_says_what_is_wrong(package, olga):
    client = Client()
    client.force_login(olga)
    url = f"/integrations/by-hand/{package.public_id}/"
    at = datetime.combine(
        timezone.now() - timedelta(days=3), time(10), ZoneInfo("America/New_York")
    )
    form = {
        "milestone": "in_transit",
        "at": f"{at:%Y-%m-%dT%H:%M}",
        "zone": "America/New_York",
        "source_note": "portal",
        "token": "abc",
    }
    for wrong in ({"zone": "Mars/Base"}, {"at": "yesterday"}, {"source_note": ""}):
        answer = client.post(url, {**form, **wrong})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    picture = SimpleUploadedFile("portal.png", PNG)
    recorded = client.post(url, {**form, "screenshot": picture}, follow=True)
    assert "Recorded as manual, low trust." in recorded.content.decode()
    inbox.drain()
    event = Event.objects.get(source="manual")
    assert event.occurred_at == at


@pytest.fixture
def window(live_server, transactional_db, settings) -> Iterator[Page]:
    """A browser in which operations is signed in."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    company = make_company()
    make_parcel(company)
    client = Client()
    client.force_login(make_person("Olga Operations", "operations", company))
    with chromium_of_this_machine() as browser:
        context = browser.new_context(base_url=live_server.url, timezone_id="Europe/Brussels")
        context.add_cookies([
            {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        ])  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(10_000)
        yield page
        context.close()


@pytest.mark.django_db(transaction=True)
def test_a_person_records_in_a_browser_what_a_portal_says(window):
    shipment = Shipment.objects.get()
    window.goto(f"/shipments/{shipment.public_id}/")
    window.get_by_role("link", name="Record by hand").click()
    window.get_by_label("What the portal says").select_option("delivery_attempted")
    window.get_by_label("Reason").select_option("recipient_unavailable")
    window.locator("#at").fill(f"{timezone.now() - timedelta(hours=3):%Y-%m-%dT%H:%M}")
    window.locator("#zone").fill("UTC")
    window.get_by_label("Where you read it").fill("ups.com, nobody at home")
    window.locator("#screenshot").set_input_files(
        {"name": "portal.png", "mimeType": "image/png", "buffer": PNG}
    )
    window.get_by_role("button", name="Record it").click()
    expect(window.locator("#shipment-page h1")).to_be_visible()
    inbox.drain()
    window.reload()
    expect(window.locator("#shipment-page")).to_contain_text("Manual, low trust")
    expect(window.locator("#shipment-page")).to_contain_text("ups.com, nobody at home")
    expect(window.locator("#shipment-page")).to_contain_text("portal.png")
