"""manage.py odoo_bootstrap: an Odoo admin makes what wakes the tower and carries its commands. Needs no module in Odoo."""

import os
from dataclasses import replace
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.integrations.odoo import hooks
from apps.integrations.odoo.bootstrap import make_everything
from apps.integrations.odoo.line.client import DEFAULT, Client, Credentials
from apps.integrations.odoo.line.errors import LoginRefused, OdooError


class Command(BaseCommand):
    """Can be run again at any time, for example after PUBLIC_URL changed."""

    help = (
        "Make the automation rules, the guarded actions and the scheduled action in Odoo "
        "(Settings rights needed, once); the tower itself keeps its service user."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--admin-user", required=True)
        parser.add_argument("--connection", default=DEFAULT, help="slug; default: %(default)s")
        parser.add_argument(
            "--admin-password", help="or the environment's ODOO_ADMIN_PASSWORD; asked for if absent"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        secret = (
            options["admin_password"]
            or os.environ.get("ODOO_ADMIN_PASSWORD")
            or getpass("Password in Odoo: ")
        )
        slug = options["connection"]
        try:
            where = Credentials.of(slug)
        except KeyError as error:
            raise CommandError(str(error.args[0])) from error
        odoo = Client(replace(where, user=options["admin_user"], secret=secret, transport=""))
        try:
            for made in make_everything(odoo, hooks.address(slug), slug):
                self.stdout.write(f"{made.name}: {made.fate}")
        except LoginRefused as error:
            raise CommandError(
                f"Odoo does not accept the login of {options['admin_user']!r} with this password."
            ) from error
        except OdooError as error:
            raise CommandError(
                f"{error.says} The rules need a user with Settings rights."
            ) from error
