"""The schemas of what partners may send."""

import pytest


@pytest.mark.parametrize("version", ["1", "2"])
def test_whoever_is_to_write_canonical_events_can_read_their_schema(client, version):
    answer = client.get(f"/api/v1/schemas/canonical/{version}.json")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/schema+json"
    assert answer.json()["properties"]["version"] == {"const": version}


@pytest.mark.parametrize("version", ["3", "..", "2.0"])
def test_a_version_that_does_not_exist_has_none(client, version):
    assert client.get(f"/api/v1/schemas/canonical/{version}.json").status_code == 404
