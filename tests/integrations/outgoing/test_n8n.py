"""The example workflows as files, and the tower without n8n. In a real n8n they are tried by `make test-n8n`."""

import json
from pathlib import Path

import pytest

from apps.integrations import inbox, partners
from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.outgoing import lanes
from apps.integrations.outgoing.catalog import OFFERS
from apps.integrations.partners import NewPartner
from apps.shipments.milestones import MILESTONES
from apps.shipments.models import Event
from tests.integrations.factories import post
from tests.integrations.outgoing.factories import goods_of, happens, subscribe

FOLDER = Path(__file__).parents[3] / "docs" / "n8n"
WORKFLOWS = sorted(FOLDER.glob("*.json"))
VARIABLES = (
    "TOWER_URL", "TOWER_PARTNER", "TOWER_PARTNER_SECRET", "TOWER_SUBSCRIPTION_SECRET", "MESSAGE_URL",
)  # fmt: skip


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_whole_and_holds_no_secret_and_no_address(path):
    text = path.read_text()
    flow = json.loads(text)
    names = {node["name"] for node in flow["nodes"]}
    assert len(names) == len(flow["nodes"])
    assert set(flow["connections"]) <= names
    led = {
        target["node"]
        for outputs in flow["connections"].values()
        for targets in outputs["main"]
        for target in targets
    }
    assert led == names - {flow["nodes"][0]["name"]}, "every node but the first is reached"
    assert "whsec_" not in text.replace("/^whsec_/", "")
    assert "http://" not in text
    assert "https://" not in text
    assert not flow["active"]


def test_there_are_two_and_their_variables_are_explained():
    page = (FOLDER / "README.md").read_text()
    assert [path.stem for path in WORKFLOWS] == ["partner-in", "subscription-out"]
    for variable in VARIABLES:
        assert f"`{variable}`" in page
    text = "".join(path.read_text() for path in WORKFLOWS)
    assert {variable for variable in VARIABLES if f"$env.{variable}" in text} == set(VARIABLES)


def test_what_the_workflows_speak_of_exists_in_the_tower():
    code = {path.stem: _code(path) for path in WORKFLOWS}
    spoken = [kind for kind in OFFERS if f"'{kind}'" in code["subscription-out"]]
    assert len(spoken) == 3
    said = [name for name in MILESTONES if f"'{name}'" in code["partner-in"]]
    assert len(said) == 5


def _code(path: Path) -> str:
    nodes = json.loads(path.read_text())["nodes"]
    return "".join(node["parameters"].get("jsCode", "") for node in nodes)


@pytest.mark.django_db
def test_with_n8n_stopped_partners_and_receivers_go_directly(company, ines, receiver, settle):
    """R23: the same event in at the door and out to a receiver, with nothing in between."""
    partners.forget()
    secret = SCHEMES["standard_webhooks"].generate()
    partner, _ = partners.add(
        NewPartner(name="Parcel Co", format="canonical", secret=secret, companies=(company,))
    )
    event = {
        "id": "s-1", "type": "delivered", "version": "2", "source": "parcel-co",
        "occurred_at": "2026-03-10T09:00:00Z", "subject": {"tracking_number": "PC-1"},
    }  # fmt: skip
    assert post(partner, event, secret=secret).status_code == 202
    inbox.drain()
    assert Event.objects.get().milestone == "delivered"

    row, outgoing_secret = subscribe(ines, receiver.url, kinds=("shipment.delivered",))
    happens("shipment.delivered", goods_of(None, company))
    settle()
    assert lanes.work_lane(row.pk) == 1
    assert receiver.got[0].verify(outgoing_secret)["type"] == "shipment.delivered"
