"""`manage.py demo_seed`: the demo world beside the sandbox. Running it again changes nothing."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import Company, Customer, Team, User
from apps.accounts.scope import grant
from apps.demo import world
from apps.integrations.models import Partner
from apps.integrations.partners import NewPartner, add
from apps.mirror.models import DeliveryCarrier
from apps.portal.links import link_for
from apps.shipments.models import Carrier, CarrierLink, Order


class Command(BaseCommand):
    """Loads the sandbox once, gives it the tower's hook, and makes people, partners and carriers."""

    help = "Make the demo world (people, partners, carriers) that goes with the sandbox."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX or settings.PRODUCTION:
            raise CommandError("The demo world belongs to the sandbox; ODOO_URL names a real Odoo.")
        carriers()
        if not Company.objects.exists():
            call_command("odoo_sync", "--full", stdout=self.stdout)
        link_carriers()
        partners()
        people()
        call_command(
            "odoo_bootstrap",
            "--admin-user",
            "admin",
            "--admin-password",
            "admin",
            stdout=self.stdout,
        )
        call_command("odoo_sync", stdout=self.stdout)
        write_card()


def carriers() -> None:
    """The carriers that partners and Odoo name."""
    for slug, (name, _) in world.CARRIERS.items():
        Carrier.objects.get_or_create(slug=slug, defaults={"name": name})


def link_carriers() -> None:
    """Say which carrier each of the sandbox's delivery methods stands for."""
    for slug, (_, methods) in world.CARRIERS.items():
        carrier = Carrier.objects.get(slug=slug)
        for method in DeliveryCarrier.objects.filter(name__in=methods):
            CarrierLink.objects.get_or_create(
                connection=method.connection,
                delivery_carrier_odoo_id=method.odoo_id,
                defaults={"carrier": carrier},
            )


def partners() -> None:
    """The partners whose messages the traffic signs."""
    for demo in world.PARTNERS:
        if not Partner.objects.filter(slug=demo.slug).exists():
            add(
                NewPartner(
                    name=demo.name,
                    format=demo.format,
                    timezone=demo.timezone,
                    secret=demo.secret,
                    carrier=demo.carrier or "",
                    contact_email=demo.email,
                )
            )


def people() -> None:
    """One person per role, in their teams, with sight of every company (the customer: of one customer)."""
    for person in world.PEOPLE:
        user = User.objects.filter(email=person.email).first()
        if user is None:
            user = User.objects.create_user(person.email, world.PASSWORD, name=person.name)
        user.groups.add(Group.objects.get(name=person.role))
        grant(user, *Company.objects.all())
        if person.role == "customer":
            grant(user, *Customer.objects.filter(name=world.CUSTOMER_OF_CORA))
        if person.team:
            Team.objects.get(slug=person.team).members.add(user)


def write_card() -> None:
    """What the banner shows: who can sign in, and one customer's link."""
    order = Order.objects.filter(open=True, shipments__isnull=False).order_by("-id").first()
    card = {
        "sign_ins": [
            {
                "role": person.role.replace("_", " "),
                "email": person.email,
                "password": world.PASSWORD,
            }
            for person in world.PEOPLE
        ],
        "links": [f"customer's page: {settings.PUBLIC_URL}{link_for(order)}"] if order else [],
    }
    (settings.VAR / "demo.json").write_text(json.dumps(card, indent=1))
