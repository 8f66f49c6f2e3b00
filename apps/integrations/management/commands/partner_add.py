"""Add a partner that may post messages."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from apps.accounts.models import Company, Warehouse
from apps.integrations import partners
from apps.integrations.errors import BadPartner
from apps.integrations.formats import FORMATS
from apps.integrations.partners import NewPartner


class Command(BaseCommand):
    help = "Add a partner; prints its slug, its address and, this once, its secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "name", metavar="NAME", help="the partner's name; its slug is made from it"
        )
        parser.add_argument("--format", required=True, help=f"one of {', '.join(sorted(FORMATS))}")
        parser.add_argument(
            "--timezone",
            default="",
            metavar="TZ",
            help="zone of times without one, e.g. Europe/Brussels",
        )
        parser.add_argument(
            "--secret", default="", metavar="S", help="the signing secret (default: a fresh one)"
        )
        parser.add_argument(
            "--carrier", default="", metavar="SLUG", help="the carrier it reports for"
        )
        parser.add_argument(
            "--company",
            action="append",
            default=[],
            metavar="COMPANY",
            help="name or id (com_…) of a company it reports for; may be repeated; default: all",
        )
        parser.add_argument(
            "--warehouse",
            action="append",
            default=[],
            metavar="WAREHOUSE",
            help="code or id (whs_…) of a warehouse it reports for; may be repeated; default: all",
        )
        parser.add_argument("--email", default="", help="where requests to the partner are mailed")

    def handle(self, *args: Any, **options: Any) -> None:
        companies = tuple(_company(named) for named in options["company"])
        new = NewPartner(
            name=options["name"],
            format=options["format"],
            timezone=options["timezone"],
            secret=options["secret"],
            carrier=options["carrier"],
            companies=companies,
            warehouses=tuple(_warehouse(named, companies) for named in options["warehouse"]),
            contact_email=options["email"],
        )
        try:
            partner, secret = partners.add(new)
        except BadPartner as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"slug:   {partner.slug}")
        self.stdout.write(
            f"url:    {settings.PUBLIC_URL.rstrip('/')}/api/v1/messages/{partner.slug}"
        )
        self.stdout.write(f"secret: {secret}")


def _company(named: str) -> Company:
    found = Company.objects.filter(Q(name=named) | Q(public_id=named)).first()
    if found is None:
        raise CommandError(f"There is no company {named}.")
    return found


def _warehouse(named: str, companies: tuple[Company, ...]) -> Warehouse:
    """By code or id; a code that several of the companies have is none."""
    rows = Warehouse.objects.filter(Q(code=named) | Q(public_id=named))
    found = list(rows.filter(company__in=companies) if companies else rows)
    if len(found) != 1:
        raise CommandError(f"There is {'no' if not found else 'more than one'} warehouse {named}.")
    return found[0]
