"""One of each thing the API speaks of, and one client of each kind, for requests that were drawn at random."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from apps.accounts.models import ApiClient, Company, User
from apps.accounts.roles import Role
from apps.integrations.outgoing import services
from apps.shipments.models import Event
from tests.approvals import factories as approvals
from tests.factories import make_company, make_customer, make_person
from tests.integrations.factories import batch, make_partner, post
from tests.integrations.outgoing.factories import subscribe
from tests.portal.factories import case_of, paper_of

NOBODY: Final = "nobody"
STRANGER: Final = "stranger"
AGENT: Final = "agent"
PROGRAMS: Final = (*(role.value for role in Role), STRANGER, NOBODY, AGENT)
_OF_AGENTS: Final = ("next", "done", "failed")


class World:
    """A company with one order, and a token for each role, for a stranger, and none for nobody."""

    def __init__(self) -> None:
        company = make_company()
        customer = make_customer(company)
        people = {
            role.value: make_person(
                f"{role.value} {role.value}",
                role.value,
                customer if role == Role.CUSTOMER else company,
            )
            for role in Role
        }
        people[STRANGER] = make_person("Sam Stranger", "operations", make_company("Elsewhere"))
        self.tokens = {name: _token(person) for name, person in people.items()}
        self.ids = _things(company, customer, people)
        self.work, self.tokens[AGENT] = _work(people[Role.INTEGRATION])

    def headers(self, program: str) -> dict[str, str]:
        """How a program signs in."""
        token = self.tokens.get(program)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def real(self, path: str) -> dict[str, str]:
        """Path parameters that name things which are there."""
        first = path.removeprefix("/api/v1/").split("/")[0]
        found = {"public_id": self.ids.get(first, "")} | self.ids
        if path.rstrip("/").rpartition("/")[2] in _OF_AGENTS:
            found |= self.work
        return {name: value for name, value in found.items() if value}


def _token(person: User) -> str:
    return ApiClient.objects.create(name=person.name, acts_as=person).issue_token()


def _work(owner: User) -> tuple[dict[str, str], str]:
    """An agent's subscription with one piece of work, and its credential."""
    row, credential = subscribe(owner, "", fetched=True)
    given = services.ping(row, by=owner, now=timezone.now())
    return {"subscription_id": row.public_id, "delivery_id": given.public_id}, credential


def _things(company: Company, customer: Any, people: dict[str, User]) -> dict[str, str]:
    order = approvals.make_order(company, customer=customer)
    shipment = approvals.make_shipment(order)
    approvals.deliver(shipment)
    hold = approvals.make_hold(order, approvals.make_invoice(order))
    asked = approvals.make_request(hold, people[Role.OPERATIONS])
    partner = make_partner()
    answer = post(partner, batch("m1", "AB1"))
    told, _ = subscribe(people[Role.INTEGRATION], "http://127.0.0.1:9/")
    return {
        "orders": order.public_id,
        "shipments": shipment.public_id,
        "shipment_id": shipment.public_id,
        "holds": hold.public_id,
        "approvals": asked.public_id,
        "cases": (case := case_of(order)).public_id,
        "exceptions": case.public_id,
        "packages": (
            event := Event.objects.select_related("package").latest("id")
        ).package.public_id,
        "events": event.public_id,
        "documents": paper_of(shipment).public_id,
        "message_id": answer.json()["message_id"],
        "partner": partner.slug,
        "subscription_id": told.public_id,
        "kind": "release_hold",
        "record": hold.public_id,
    }
