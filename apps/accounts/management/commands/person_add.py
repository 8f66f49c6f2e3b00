"""`manage.py person_add`: a person who can sign in, with a role and sight of companies."""

import getpass
import os
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Company, Customer, Team, User, Warehouse
from apps.accounts.roles import Role
from apps.accounts.scope import grant


class Command(BaseCommand):
    """Makes or extends a person. The password comes from PERSON_PASSWORD or is asked for."""

    help = "Add a person: manage.py person_add EMAIL NAME --role operations --company 'My Company'"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument(
            "--role", action="append", required=True, choices=[role.value for role in Role]
        )
        parser.add_argument(
            "--company", action="append", default=[], help="name; default: every company"
        )
        parser.add_argument(
            "--warehouse", action="append", default=[], help="name; restricts to it"
        )
        parser.add_argument("--customer", action="append", default=[], help="name; restricts to it")
        parser.add_argument("--team", action="append", default=[], help="slug of a team")

    def handle(self, *args: Any, **options: Any) -> None:
        containers = [
            *_named(Company, options["company"], every=True),
            *_named(Warehouse, options["warehouse"]),
            *_named(Customer, options["customer"]),
        ]
        if not any(isinstance(container, Company) for container in containers):
            raise CommandError("There is no company yet: run manage.py odoo_sync first.")
        teams = list(Team.objects.filter(slug__in=options["team"]))
        if unknown := sorted(set(options["team"]) - {team.slug for team in teams}):
            there_are = ", ".join(Team.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no team {', '.join(unknown)}; there are {there_are}.")
        user = User.objects.filter(email=options["email"]).first()
        if user is None:
            user = _new(options["email"], options["name"])
        user.groups.add(*Group.objects.filter(name__in=options["role"]))
        grant(user, *containers)
        for team in teams:
            team.members.add(user)
        self.stdout.write(f"{user.email} may sign in as {', '.join(options['role'])}.")


def _new(email: str, name: str) -> User:
    try:
        password = os.environ.get("PERSON_PASSWORD") or getpass.getpass("Password: ")
    except EOFError:
        raise CommandError("Nobody is there to ask: set PERSON_PASSWORD.") from None
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    return User.objects.create_user(email, password, name=name)


def _named(model: Any, names: list[str], *, every: bool = False) -> list[Any]:
    if every and not names:
        return list(model.objects.all())
    found = list(model.objects.filter(name__in=names))
    missing = set(names) - {row.name for row in found}
    if missing:
        raise CommandError(f"No {model._meta.verbose_name} is called {', '.join(sorted(missing))}.")
    return found
