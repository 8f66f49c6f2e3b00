"""manage.py odoo_connect: name one more Odoo database beside that of the environment, or list them."""

import os
import sys
from argparse import ArgumentParser
from dataclasses import replace
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.integrations.errors import BadConnection
from apps.integrations.models import OdooConnection, OdooServer
from apps.integrations.odoo.line import connections
from apps.integrations.odoo.line.client import Client
from apps.integrations.odoo.line.connections import DEFAULT, TRANSPORTS, NewConnection
from apps.integrations.odoo.line.errors import OdooError


class Command(BaseCommand):
    """Nothing is stored before the login was tried. The secret is never an argument: those are seen by others."""

    help = "Connect an Odoo database beside the one of ODOO_*; without a SLUG: list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?", metavar="SLUG", help="our short name for it")
        parser.add_argument("--url")
        parser.add_argument("--db")
        parser.add_argument("--user", help="login of the service user there")
        parser.add_argument("--title", default="", help="its name on screens")
        parser.add_argument(
            "--transport", choices=["auto", *TRANSPORTS], help="default: by the server's version"
        )
        parser.add_argument(
            "--secret-from-env",
            metavar="NAME",
            help="variable that holds the API key (default: standard input, or asked for)",
        )
        parser.add_argument("--disable", action="store_true", help="stop reading and writing it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["slug"] is None:
                self._list()
            elif options["disable"]:
                connections.disable(options["slug"])
                self.stdout.write(f"{options['slug']} is switched off; what was mirrored stays.")
            else:
                self._connect(options)
        except BadConnection as error:
            raise CommandError(str(error)) from error

    def _connect(self, options: dict[str, Any]) -> None:
        new = self._wanted(options)
        odoo = Client(new.credentials)
        try:
            version, transport = odoo.version, odoo.transport
        except OdooError as error:
            raise CommandError(f"{error.says} Nothing was stored.") from error
        finally:
            odoo.close()
        connections.connect(new)
        self.stdout.write(f"{new.slug}: Odoo {version} over {transport}, signed in as {new.user}.")
        self.stdout.write(f"Next: manage.py odoo_check --connection {new.slug}")

    def _wanted(self, options: dict[str, Any]) -> NewConnection:
        slug = options["slug"]
        if slug == DEFAULT:
            raise CommandError("`default` is configured by ODOO_URL and its like.")
        known = OdooConnection.objects.filter(slug=slug).first()
        told = {name: options[name] or getattr(known, name, "") for name in ("url", "db", "user")}
        missing = [f"--{name}" for name, value in told.items() if not value]
        if missing:
            raise CommandError(f"{slug} is new: name {', '.join(missing)}.")
        way = options["transport"] or getattr(known, "transport", "")
        way = "" if way == "auto" else way
        new = NewConnection(slug=slug, secret="", title=options["title"], transport=way, **told)
        return replace(new, secret=_secret(options["secret_from_env"]))

    def _list(self) -> None:
        servers = {row.connection: row for row in OdooServer.objects.all()}
        own = connections.credentials(DEFAULT)
        rows = [(DEFAULT, own.url, own.db, own.user, True)]
        rows += [
            (row.slug, row.url, row.db, row.user, row.enabled)
            for row in OdooConnection.objects.order_by("slug")
        ]
        for slug, url, db, user, enabled in rows:
            seen = servers.get(slug)
            known = f"Odoo {seen.version} over {seen.transport}" if seen else "not checked yet"
            state = known if enabled else "off"
            self.stdout.write(f"{slug:<16} {url} {db} as {user}: {state}")


def _secret(variable: str | None) -> str:
    if variable:
        secret = os.environ.get(variable, "")
    elif sys.stdin.isatty():
        secret = getpass("API key: ")
    else:
        secret = sys.stdin.readline()
    if not secret.strip():
        raise CommandError("An API key (or a password) is needed.")
    return secret.strip()
