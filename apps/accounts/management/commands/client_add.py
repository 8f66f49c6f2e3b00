"""`manage.py client_add`: an API client with its service account and a token, shown this once."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandParser
from django.utils.text import slugify

from apps.accounts.models import ApiClient, Company, User
from apps.accounts.roles import Role
from apps.accounts.scope import grant


class Command(BaseCommand):
    """A program gets its own service account, so what it does is told apart from people."""

    help = "Add an API client: manage.py client_add NAME --role integration [--days 90]"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--role", action="append", required=True, choices=[role.value for role in Role]
        )
        parser.add_argument(
            "--days", type=int, default=None, help="days until the token expires; default: never"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = f"{slugify(options['name'])}@service.invalid"
        account = User.objects.filter(email=email).first() or User.objects.create_user(
            email, None, name=options["name"], is_service=True
        )
        account.groups.add(*Group.objects.filter(name__in=options["role"]))
        grant(account, *Company.objects.all())
        client, _ = ApiClient.objects.get_or_create(
            name=options["name"], defaults={"acts_as": account}
        )
        self.stdout.write(f"{client.public_id}\n{client.issue_token(options['days'])}")
