"""The API's description: complete, valid, without a warning."""

import json

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from apps.integrations.formats.base import REFUSALS
from tests.integrations.factories import batch, make_partner, post


def test_the_description_is_made_and_valid_without_a_warning(tmp_path):
    made = tmp_path / "api.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert "/api/v1/messages/{partner}" in made.read_text()


@pytest.mark.django_db
def test_the_door_answers_as_the_description_says():
    document = SchemaGenerator().get_schema(request=None, public=True)
    door = document["paths"]["/api/v1/messages/{partner}"]["post"]
    receipt = document["components"]["schemas"]["Receipt"]
    refusal = document["components"]["schemas"]["Refusal"]

    taken = post(make_partner(), batch("m1", "AB1"))
    refused = post("nobody", batch("m1", "AB1"))

    assert str(taken.status_code) in door["responses"]
    assert set(receipt["required"]) <= set(taken.json()) <= set(receipt["properties"])
    assert str(refused.status_code) in door["responses"]
    assert (
        set(refusal["required"]) <= set(json.loads(refused.content)) <= set(refusal["properties"])
    )
    assert refused.json()["reason"] in refusal["properties"]["reason"]["enum"]
    assert {str(status) for status in REFUSALS.values()} <= set(door["responses"])


def test_both_ways_to_sign_in_are_named():
    schemes = SchemaGenerator().get_schema(request=None, public=True)["components"][
        "securitySchemes"
    ]
    assert (schemes["token"]["scheme"], schemes["session"]["in"]) == ("bearer", "cookie")
