"""The queue and its pane: what is listed, what can be done, what is refused and how it is said."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import Request
from apps.exceptions import services
from apps.exceptions.models import ActionRun, CaseStep
from tests.dashboards.factories import as_htmx, as_live, make_world

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 signed"


@pytest.fixture
def world(company):
    return make_world(company)


@pytest.fixture
def service(client, carl):
    """A browser with customer service in front of it."""
    client.force_login(carl)
    return client


def url(name, world, *more):
    return reverse(name, args=[world.case.public_id, *more])


def test_a_row_says_what_happened_and_what_comes_next(service, world):
    page = service.get(reverse("queue")).content.decode()
    assert world.order.name in page
    assert "Delivery attempted, nobody there" in page
    assert "Arrange a new delivery" in page
    assert f'id="{world.case.public_id}"' in page


def test_an_empty_queue_says_what_it_looked_at(service, company):
    page = service.get(reverse("queue")).content.decode()
    assert "Nothing needs you." in page
    assert company.name in page


def test_the_pane_tells_the_story_with_a_way_to_the_raw_message(service, world):
    pane = service.get(url("case", world), **as_htmx()).content.decode()
    event = world.package.events.get(milestone="delivery_attempted")
    assert "<html" not in pane
    assert "Delivery attempted: recipient unavailable" in pane
    assert "UPS X:48" in pane
    assert reverse("message", args=[event.message_ref]) in pane
    assert world.hold.says in pane


def test_taking_a_case_puts_a_name_on_it(service, carl, world):
    pane = service.post(url("case_take", world), **as_htmx()).content.decode()
    assert "yours since" in pane
    world.case.refresh_from_db()
    assert world.case.owner == carl


def test_who_comes_second_reads_who_was_first(client, carl, olga, world):
    services.take(world.case, by=olga, now=timezone.now())
    client.force_login(carl)
    answer = client.post(url("case_take", world), **as_htmx())
    assert answer.status_code == 409
    assert "Olga Operations took this case" in answer.content.decode()


def test_an_action_that_waits_for_the_carrier_stops_the_clock(service, world):
    answer = service.post(
        url("case_act", world, "request_redelivery"),
        {"date": "2026-11-24", "from": "10:00", "to": "14:00"}, **as_htmx(),
    )  # fmt: skip
    assert "waiting on the carrier" in answer.content.decode()
    assert ActionRun.objects.get().data == {"date": "2026-11-24", "from": "10:00", "to": "14:00"}


def test_a_form_that_lacks_something_keeps_what_was_typed(service, world):
    answer = service.post(url("case_act", world, "request_redelivery"), {"date": ""}, **as_htmx())
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#wrong-request_redelivery"
    assert "please fill this in" in answer.content.decode()
    assert not ActionRun.objects.exists()


def test_asking_finance_keeps_the_file_as_evidence(company, service, world):
    from apps.shipments.models import Document

    proof = services.open_case(
        "missing_proof",
        "missing_proof:x",
        shipment=world.shipment,
        order=world.order,
        now=timezone.now(),
    )
    answer = service.post(
        reverse("case_act", args=[proof.public_id, "request_release"]),
        {"reason": "The customer mailed it.", "documents": SimpleUploadedFile("signed.pdf", PDF)}, **as_htmx(),
    )  # fmt: skip
    assert "Asked of finance" in answer.content.decode()
    request = Request.objects.get()
    assert list(request.evidence.all()) == [Document.objects.get(name="signed.pdf")]


def test_a_file_that_is_no_document_is_refused_and_nothing_is_asked(service, world):
    from apps.shipments.models import Document

    answer = service.post(
        url("case_evidence", world),
        {"files": SimpleUploadedFile("run.pdf", b"MZ\x90")},
        **as_htmx(),
    )
    assert answer.status_code == 422
    assert "Only PDF, PNG and JPEG" in answer.content.decode()
    assert not Document.objects.exists()


def test_a_note_is_written_and_read(service, world):
    pane = service.post(
        url("case_note", world), {"text": "Rings at 9."}, **as_htmx()
    ).content.decode()
    assert "Rings at 9." in pane
    assert CaseStep.objects.filter(case=world.case, kind="noted").count() == 1


def test_a_case_closes_only_with_a_word_why(service, world):
    assert service.post(url("case_resolve", world), {"says": " "}, **as_htmx()).status_code == 422
    pane = service.post(url("case_resolve", world), {"says": "Agreed by phone."}, **as_htmx())
    assert "Agreed by phone." in pane.content.decode()


def test_without_scripts_a_form_leads_back_to_the_case(service, world):
    answer = service.post(url("case_take", world))
    assert (answer.status_code, answer["Location"]) == (302, url("case", world))


def test_reading_changes_nothing_and_work_needs_post(service, world):
    assert service.get(url("case_take", world)).status_code == 405


def test_a_row_that_left_its_view_comes_back_greyed(service, carl, world):
    services.take(world.case, by=carl, now=timezone.now())
    answer = service.get(
        reverse("queue"), {"view": "unassigned", "rows": world.case.public_id}, **as_live()
    )
    row = answer.content.decode()
    assert f'id="{world.case.public_id}"' in row
    assert 'class="left"' in row


def test_the_views_divide_the_queue(service, carl, company, world):
    mine = make_world(company)
    services.take(mine.case, by=carl, now=timezone.now())
    late = make_world(company)
    late.case.due_at = timezone.now() - timedelta(minutes=5)
    late.case.save()

    def shown(view: str) -> set[str]:
        page = service.get(reverse("queue"), {"view": view}).content.decode()
        return {
            one.case.public_id
            for one in (world, mine, late)
            if f'id="{one.case.public_id}"' in page
        }

    assert shown("mine") == {mine.case.public_id}
    assert shown("unassigned") == {world.case.public_id, late.case.public_id}
    assert shown("breached") == {late.case.public_id}
    assert shown("nonsense") == {one.case.public_id for one in (world, mine, late)}
