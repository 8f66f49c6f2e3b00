"""A label that could not be made is a case at once, and one button asks its maker to try again (PRODUCT.md R72)."""

import pytest
from django.core import mail
from django.utils import timezone

from apps.exceptions.models import Case
from apps.exceptions.playbooks import ACTIONS
from apps.exceptions.services import act
from apps.integrations import outbound
from apps.mirror.models import Product
from apps.shipments.apply import apply
from tests.integrations.factories import make_partner
from tests.shipments.factories import message, mirrored, said
from tests.shipments.test_depends import sell

pytestmark = pytest.mark.django_db


def tell(kind: str, hour: int) -> None:
    event = said(
        "info_only", f"2026-03-02 {hour}:00", "", kind=kind, subject=("order", "S1"),
        details={"reason": "address_incomplete"},
    )  # fmt: skip
    apply([message(event, source="label-desk", format="canonical", carrier=None)])


def test_the_label_desk_is_asked_again_once_for_each_failure(company, olga, settle):
    make_partner("canonical", "Label desk", company, contact_email="labels@gent.example")
    sell(company, mirrored(Product, name="Desk"), "S1")
    tell("label.failed", 10)
    settle()
    case = Case.objects.get(kind="label_failed")

    data = {"text": "The street is complete now."}
    first = act(case, "retry_label", by=olga, data=data, now=timezone.now())
    again = act(case, "retry_label", by=olga, data=data, now=timezone.now())
    settle()
    assert first == again
    assert outbound.send_due() == 1

    (sent,) = mail.outbox
    assert sent.to == ["labels@gent.example"]
    assert "S1" in sent.body
    assert data["text"] in sent.body
    case.refresh_from_db()
    assert (case.state, case.waiting_on) == ("waiting", "carrier")
    tell("label.issued", 11)
    settle()
    case.refresh_from_db()
    assert case.state == "resolved"


def test_the_button_says_what_follows():
    assert ACTIONS["retry_label"].label == "Have the label made again"
    assert "closes when a label is issued" in ACTIONS["retry_label"].consequence
