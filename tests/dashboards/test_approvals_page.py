"""The inbox of finance: what a decider reads, what is refused, what changed meanwhile."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.approvals.models import Decision, Request
from apps.mirror.models import Invoice
from tests.approvals.factories import make_document, make_request
from tests.dashboards.factories import as_htmx, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(company):
    return make_world(company)


@pytest.fixture
def asked(world, carl) -> Request:
    return make_request(world.hold, carl, documents=[make_document(world.order, carl)])


def pane(client, item) -> str:
    return client.get(reverse("approval", args=[item.public_id]), **as_htmx()).content.decode()


def digest_in(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def decide(client, asked, seen, verdict="grant", reason=""):
    url = reverse("approval_decide", args=[asked.public_id])
    return client.post(url, {"verdict": verdict, "reason": reason, "seen": seen}, **as_htmx())


def test_the_decider_reads_why_the_evidence_and_the_facts(client, fiona, world, asked):
    client.force_login(fiona)
    page = pane(client, asked)
    assert world.hold.says in page
    assert "The customer mailed the signed paper." in page
    assert "signed.pdf" in page
    assert "€ 4,180.00" in page
    assert len(digest_in(page)) == 64


def test_what_was_shown_can_be_granted_once(client, fiona, asked):
    client.force_login(fiona)
    answer = decide(client, asked, digest_in(pane(client, asked)))
    assert answer.status_code == 200
    assert "Granted by Fiona Finance" in answer.content.decode()
    assert Decision.objects.count() == 1


def test_who_asked_sees_a_disabled_button_and_the_sentence(client, carl, asked):
    client.force_login(carl)
    page = pane(client, asked)
    assert "You asked for this release, so somebody else has to decide." in page
    assert 'name="seen"' not in page
    assert decide(client, asked, "0" * 64).status_code == 403
    assert not Decision.objects.exists()


def test_facts_that_changed_are_named_and_nothing_is_decided(client, fiona, asked):
    client.force_login(fiona)
    seen = digest_in(pane(client, asked))
    Invoice.objects.update(payment_state="paid")
    answer = decide(client, asked, seen)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing was decided" in page
    assert "not paid" in page
    assert not Decision.objects.exists()
    assert digest_in(page) != seen


def test_a_rejection_needs_a_reason(client, fiona, asked):
    client.force_login(fiona)
    seen = digest_in(pane(client, asked))
    assert decide(client, asked, seen, "reject").status_code == 422
    assert "Rejected by" in decide(client, asked, seen, "reject", "Not signed.").content.decode()


def test_a_hold_can_be_asked_about_from_its_own_page(client, fiona, world):
    client.force_login(fiona)
    assert "Ask for release" in pane(client, world.hold)
    answer = client.post(
        reverse("approval_ask", args=[world.hold.public_id]),
        {"reason": "Signed paper.", "documents": SimpleUploadedFile("note.pdf", b"%PDF-1.4")}, **as_htmx(),
    )  # fmt: skip
    asked = Request.objects.get()
    assert answer["HX-Push-Url"] == reverse("approval", args=[asked.public_id])
    assert "so somebody else has to decide" in answer.content.decode()


@pytest.mark.parametrize(
    ("effect", "says", "words"),
    [
        ("waiting", "", "waiting, sent within seconds"),
        ("sending", "", "sending to Odoo"),
        ("applied", "", "applied in Odoo"),
        ("refused", "payment_state is not blocked any more", "refused, because payment_state is not blocked"),
    ],
)  # fmt: skip
def test_the_way_into_odoo_is_shown_step_by_step(client, fiona, asked, effect, says, words):
    client.force_login(fiona)
    decide(client, asked, digest_in(pane(client, asked)))
    Request.objects.update(effect=effect, effect_says=says)
    page = pane(client, asked)
    assert words in page
    assert ("applied in Odoo" in page) == (effect == "applied")


def test_the_tabs_hold_what_they_say(client, fiona, world, asked):
    client.force_login(fiona)

    def listed(tab: str) -> str:
        return client.get(reverse("approvals"), {"tab": tab}).content.decode()

    assert f'id="{asked.public_id}"' in listed("waiting")
    assert f'id="{world.hold.public_id}"' in listed("held")
    assert world.hold.public_id not in listed("released")
    decide(client, asked, digest_in(pane(client, asked)))
    assert f'id="{world.hold.public_id}"' in listed("released")
    assert f'id="{asked.public_id}"' not in listed("waiting")
