"""What tests build: only what they need, with names a reader knows. Room-specific makers live beside their tests."""

from itertools import count

from django.contrib.auth.models import Group

from apps.accounts.models import Company, Customer, User, Warehouse
from apps.accounts.scope import grant

_numbers = count(1)


def make_company(name: str = "Northwind Trading", **fields: object) -> Company:
    """A company of the default connection."""
    number = next(_numbers)
    return Company.objects.create(odoo_id=number, name=name, **fields)


def make_warehouse(company: Company, name: str = "Gent", **fields: object) -> Warehouse:
    """A warehouse of a company."""
    number = next(_numbers)
    fields.setdefault("code", f"W{number}")
    return Warehouse.objects.create(company=company, odoo_id=number, name=name, **fields)


def make_customer(company: Company, name: str = "Azure Interior", **fields: object) -> Customer:
    """A customer of a company."""
    return Customer.objects.create(company=company, odoo_id=next(_numbers), name=name, **fields)


def make_person(name: str, role: str, *containers: Company | Warehouse | Customer) -> User:
    """A person with one role who may see the given containers; the password is `tower`."""
    number = next(_numbers)
    user = User.objects.create_user(
        f"{name.split()[0].lower()}{number}@example.com", "tower", name=name
    )
    user.groups.add(Group.objects.get(name=role))
    grant(user, *containers)
    return user
