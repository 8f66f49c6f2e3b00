"""The demo world: the people, partners and carriers that go with the sandbox. Never installed in production."""

from dataclasses import dataclass

PASSWORD = "tower-demo"  # noqa: S105  shown on the terminal; production refuses the demo


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in to the demo."""

    email: str
    name: str
    role: str
    team: str | None = None


PEOPLE = (
    Person("olga@demo.example", "Olga Petit", "operations", "operations"),
    Person("carl@demo.example", "Carl Reyes", "customer_service", "customer-service"),
    Person("fiona@demo.example", "Fiona Maas", "finance", "finance"),
    Person("ines@demo.example", "Ines Duarte", "integration", "integration"),
    Person("cora@demo.example", "Cora Azure", "customer"),
)


@dataclass(frozen=True, slots=True)
class DemoPartner:
    """A partner whose messages the traffic sends; the secret is the one the traffic signs with."""

    slug: str
    name: str
    format: str
    carrier: str | None
    secret: str
    email: str
    timezone: str = ""


PARTNERS = (
    DemoPartner(
        "ups", "UPS", "ups_track_alert", "ups", "ups-demo-credential", "dispatch@ups.example"
    ),
    DemoPartner(
        "easypost", "EasyPost", "easypost", None, "easypost-demo-secret", "support@easypost.example"
    ),
    DemoPartner(
        "acme-3pl",
        "Acme 3PL",
        "tpl_generic",
        "acme",
        "whsec_Y29udHJvbC10b3dlci1kZW1vLXNlY3JldC0zMmJ5dGU=",
        "desk@acme.example",
        "Europe/Paris",
    ),
)

# Carrier slug, and the names of Odoo's delivery methods that stand for it.
CARRIERS = {
    "ups": ("UPS", ("UPS",)),
    "usps": ("USPS", ("USPS",)),
    "acme": ("Acme Logistics", ("Acme Logistics",)),
}
CUSTOMER_OF_CORA = "Azure Interior"
