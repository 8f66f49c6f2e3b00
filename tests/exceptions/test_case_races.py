"""Two people, one case."""

import pytest
from django.utils import timezone

from apps.exceptions import services
from apps.exceptions.errors import AlreadyTaken
from apps.exceptions.models import ActionRun, Case
from apps.journal.models import Entry
from tests.approvals.factories import make_order, make_shipment
from tests.approvals.test_decision_races import together
from tests.factories import make_company, make_person

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


def test_of_two_who_take_a_case_at_once_one_gets_it_and_the_other_the_name():
    company = make_company()
    carl, olga = (
        make_person("Carl Reyes", "customer_service", company),
        make_person("Olga Petit", "operations", company),
    )
    for number in range(ROUNDS):
        case = services.open_case(
            "delivery_attempted",
            f"n{number}",
            shipment=make_shipment(make_order(company)),
            now=timezone.now(),
        )
        came = together(
            lambda: services.take(case, by=carl, now=timezone.now()),  # noqa: B023
            lambda: services.take(case, by=olga, now=timezone.now()),  # noqa: B023
        )
        owner = Case.objects.get(pk=case.pk).owner
        [refused] = [one for one in came if isinstance(one, Exception)]
        assert isinstance(refused, AlreadyTaken)
        assert refused.says.startswith(f"{owner} took this case")


def test_a_double_click_asks_the_carrier_once():
    company = make_company()
    carl = make_person("Carl Reyes", "customer_service", company)
    case = services.open_case(
        "delivery_attempted", "x", shipment=make_shipment(make_order(company)), now=timezone.now()
    )
    came = together(
        *[
            lambda: services.act(
                case, "request_redelivery", by=carl, data={"date": "2026-12-01"}, now=timezone.now()
            )
        ]
        * 3
    )
    assert {run.pk for run in came} == {ActionRun.objects.get().pk}
    assert Entry.objects.filter(kind="action.requested", subject=case.public_id).count() == 1


def test_two_detectors_that_find_the_same_thing_open_one_case():
    company = make_company()
    shipment = make_shipment(make_order(company))
    came = together(
        *[
            lambda: services.open_case(
                "delivery_attempted", "same", shipment=shipment, now=timezone.now()
            )
        ]
        * 4
    )
    assert {case.pk for case in came} == {Case.objects.get().pk}
    assert Entry.objects.filter(kind="case.opened", subject=came[0].public_id).count() == 1
