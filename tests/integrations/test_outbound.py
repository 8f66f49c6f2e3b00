"""Requests to partners by mail: made once, sent once, never twice by themselves."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.utils import timezone

from apps.exceptions.models import ActionRun, CaseEvidence
from apps.exceptions.services import act, open_case, take
from apps.integrations import inbox, outbound
from apps.integrations.models import Message, OutboundMail
from apps.journal.models import Entry
from apps.journal.services import NewEntry, append
from apps.shipments.models import Package
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post

pytestmark = pytest.mark.django_db
TOMORROW = (timezone.now() + timedelta(days=1)).date().isoformat()


@pytest.fixture
def case(company, carl, partner):
    """A case about a parcel, taken by Carl."""
    Package.objects.filter(tracking_number="AB1").update(company=company)
    package = Package.objects.get(tracking_number="AB1")
    found = open_case(
        "delivery_attempted", "test:AB1", package=package, company_id=company.pk, now=timezone.now()
    )
    take(found, by=carl, now=timezone.now())
    return found


@pytest.fixture
def partner(company):
    made = make_partner("tpl_generic", "Gent 3PL", company, contact_email="desk@gent.example")
    post(made, batch("m1", "AB1", code="DELIVERY_FAILED"))
    inbox.drain()
    return made


def asked(case, carl, settle) -> ActionRun:
    """Carl asks for a redelivery, and everybody hears of it."""
    data = {"date": TOMORROW, "from": "10:00", "to": "14:00"}
    run = act(case, "request_redelivery", by=carl, data=data, now=timezone.now())
    settle()
    return run


def test_a_request_becomes_one_mail_to_who_reported_the_parcel(partner, case, carl, settle):
    run = asked(case, carl, settle)

    assert outbound.send_due() == 1
    assert outbound.send_due() == 0

    (sent,) = mail.outbox
    assert sent.to == ["desk@gent.example"]
    assert "AB1" in sent.subject
    assert TOMORROW in sent.body
    assert sent.extra_headers["Message-ID"].startswith(f"<{run.public_id}@")
    run.refresh_from_db()
    assert run.state == "sent"
    assert Entry.objects.filter(kind="mail.sent").count() == 1


def test_hearing_of_the_same_request_again_makes_no_second_mail(partner, case, carl, settle):
    from apps.integrations.asking import ask

    asked(case, carl, settle)
    ask(Entry.objects.get(kind="action.requested"))
    assert OutboundMail.objects.count() == 1


def test_without_an_address_the_request_is_for_a_persons_hands(partner, case, carl, settle):
    partner.contact_email = ""
    partner.save()

    run = asked(case, carl, settle)

    run.refresh_from_db()
    assert run.state == "manual"
    assert "Gent 3PL" in run.state_says
    assert not OutboundMail.objects.exists()


class _Server:
    """A mail server that fails as it is told to."""

    def __init__(self, opening: Exception | None = None, sending: Exception | None = None) -> None:
        self.opening, self.sending, self.taken = opening, sending, 0

    def open(self) -> None:
        if self.opening:
            raise self.opening

    def send_messages(self, messages) -> int:
        self.taken += 1
        if self.sending:
            raise self.sending
        return 1

    def close(self) -> None:
        self.taken += 0


@pytest.mark.parametrize(
    "server",
    [_Server(opening=ConnectionRefusedError()), _Server(sending=SMTPRecipientsRefused({}))],
)
def test_a_mail_that_certainly_did_not_leave_is_tried_again_later(
    partner, case, carl, settle, monkeypatch, server
):
    asked(case, carl, settle)
    monkeypatch.setattr(outbound, "get_connection", lambda **options: server)

    assert outbound.send_due() == 0
    waiting = OutboundMail.objects.get()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.next_attempt_at > timezone.now()


def test_a_mail_that_never_leaves_fails_and_the_case_says_so(
    partner, case, carl, settle, monkeypatch
):
    run = asked(case, carl, settle)
    monkeypatch.setattr(
        outbound, "get_connection", lambda **options: _Server(opening=ConnectionRefusedError())
    )
    for _ in range(6):
        outbound.send_due()
        OutboundMail.objects.update(next_attempt_at=timezone.now())

    assert OutboundMail.objects.get().state == "failed"
    run.refresh_from_db()
    assert run.state == "failed"


def test_a_connection_that_breaks_while_sending_leaves_the_mail_unsure_and_never_sends_it_again(
    partner, case, carl, settle, monkeypatch
):
    run = asked(case, carl, settle)
    server = _Server(sending=SMTPServerDisconnected("gone"))
    monkeypatch.setattr(outbound, "get_connection", lambda **options: server)

    outbound.send_due()
    OutboundMail.objects.update(next_attempt_at=timezone.now() - timedelta(hours=1))
    outbound.send_due()

    assert server.taken == 1
    assert OutboundMail.objects.get().state == "unsure"
    run.refresh_from_db()
    assert run.state == "manual"
    assert "Nobody knows" in run.state_says


def test_a_mail_whose_sender_died_becomes_unsure_after_two_minutes(partner, case, carl, settle):
    asked(case, carl, settle)
    left = outbound._claim()
    assert left.state == "sending"

    outbound.send_due()
    assert OutboundMail.objects.get().state == "sending"
    OutboundMail.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    outbound.send_due()

    assert OutboundMail.objects.get().state == "unsure"
    assert mail.outbox == []


def test_a_mail_server_that_is_away_costs_one_attempt_a_round(monkeypatch):
    for number in range(3):
        OutboundMail.objects.create(
            key=f"act_{number}", to="desk@gent.example", subject="s", text="t", cause=f"act_{number}",
            correlation_id="cor_1",
        )  # fmt: skip

    def away(**_: object) -> None:
        raise outbound._NotSentError("away", server_away=True)

    monkeypatch.setattr(outbound, "_send", lambda _: away())
    assert outbound.send_due() == 0
    assert sum(OutboundMail.objects.values_list("attempts", flat=True)) == 1


def test_the_mail_stands_on_the_message_s_page_and_under_its_correlation_id(
    partner, case, carl, settle, client
):
    asked(case, carl, settle)
    outbound.send_due()
    message = Message.objects.get()
    CaseEvidence.objects.create(
        case=case, kind="message", ref=message.public_id, says="It said so", at=timezone.now()
    )
    append(
        NewEntry(
            "case.changed",
            case.public_id,
            {},
            case.company_id,
            correlation_id=message.correlation_id,
        )
    )
    client.force_login(carl)

    for address in (
        f"/integrations/messages/{message.public_id}/",
        f"/integrations/correlations/{message.correlation_id}/",
    ):
        page = client.get(address).content.decode()
        assert "to desk@gent.example" in page
        assert f'href="/queue/{case.public_id}/"' in page

    elsewhere = make_person("Sam Stranger", "customer_service", make_company("Elsewhere Inc"))
    client.force_login(elsewhere)
    assert b"desk@gent.example" not in client.get(address).content
