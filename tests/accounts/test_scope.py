"""Nobody sees what is not theirs: company is mandatory, the others restrict only where they were granted."""

import pytest
from django.utils import timezone

from apps.accounts.scope import grant
from apps.shipments.models import Order
from tests.factories import make_company, make_customer, make_person, make_warehouse

pytestmark = pytest.mark.django_db


def order(number: int, company, warehouse=None, customer=None) -> Order:
    return Order.objects.create(
        connection="default",
        odoo_id=number,
        name=f"S{number:05}",
        company=company,
        warehouse=warehouse,
        customer=customer,
        changed_at=timezone.now(),
    )


def seen(person) -> set[str]:
    return set(person.scope.narrow(Order.objects.all()).values_list("name", flat=True))


def test_without_a_company_grant_nothing_is_seen():
    company = make_company()
    order(1, company)
    assert seen(make_person("Nora New", "operations")) == set()


def test_a_company_grant_shows_that_company_only(company, olga):
    order(1, company)
    order(2, make_company("Elsewhere"))
    assert seen(olga) == {"S00001"}


def test_a_warehouse_grant_hides_other_warehouses_and_rows_without_one(company):
    gent, lyon = make_warehouse(company, "Gent"), make_warehouse(company, "Lyon")
    order(1, company, gent)
    order(2, company, lyon)
    order(3, company)
    assert seen(make_person("Wim Warehouse", "operations", company, gent)) == {"S00001"}


def test_a_customer_grant_covers_the_customers_children(company):
    azure, deco = make_customer(company, "Azure"), make_customer(company, "Deco")
    site = make_customer(company, "Azure, Gent", parent=azure)
    order(1, company, customer=azure)
    order(2, company, customer=site)
    order(3, company, customer=deco)
    assert seen(make_person("Cora Customer", "customer", company, azure)) == {"S00001", "S00002"}


def test_kinds_of_grants_are_and_within_one_kind_or(company):
    gent, lyon = make_warehouse(company, "Gent"), make_warehouse(company, "Lyon")
    azure = make_customer(company, "Azure")
    order(1, company, gent, azure)
    order(2, company, lyon, azure)
    order(3, company, gent)
    person = make_person("Pia Picky", "operations", company, gent, lyon, azure)
    assert seen(person) == {"S00001", "S00002"}


def test_one_row_and_a_queryset_follow_the_same_rule(company):
    gent = make_warehouse(company, "Gent")
    person = make_person("Wim Warehouse", "operations", company, gent)
    assert person.scope.covers(company.id, gent.id, None)
    assert not person.scope.covers(company.id, None, None)
    assert not person.scope.covers(company.id + 1, gent.id, None)


def test_a_person_switched_off_sees_nothing(company, olga):
    order(1, company)
    olga.is_active = False
    assert seen(olga) == set()


def test_a_superuser_has_no_silent_sight(company):
    order(1, company)
    from apps.accounts.models import User

    root = User.objects.create_superuser("root@example.com", "tower", name="Root")
    assert seen(root) == set()
    grant(root, company)
    assert seen(User.objects.get(pk=root.pk)) == {"S00001"}
