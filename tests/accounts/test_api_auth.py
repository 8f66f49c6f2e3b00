"""A token acts as its client's service account; every refusal is a problem document."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import ApiClient, ApiToken
from tests.factories import make_person

pytestmark = pytest.mark.django_db
URL = "/api/v1/shipments/"


@pytest.fixture
def program(company):
    return ApiClient.objects.create(
        name="n8n", acts_as=make_person("Nate N8n", "integration", company)
    )


def ask(client, token: str | None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.get(URL, headers=headers)


def test_a_valid_token_is_let_in(client, program):
    assert ask(client, program.issue_token()).status_code == 200


def test_two_tokens_are_valid_during_a_rotation(client, program):
    old, new = program.issue_token(), program.issue_token()
    assert [ask(client, token).status_code for token in (old, new)] == [200, 200]


@pytest.mark.parametrize(
    "spoil", ["unknown", "revoked", "expired", "client disabled", "account off"]
)
def test_a_spoilt_token_is_answered_401_with_a_problem(client, program, spoil):
    token = program.issue_token()
    if spoil == "unknown":
        token += "x"
    elif spoil == "revoked":
        ApiToken.objects.update(revoked_at=timezone.now())
    elif spoil == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif spoil == "client disabled":
        ApiClient.objects.update(disabled_at=timezone.now())
    else:
        program.acts_as.is_active = False
        program.acts_as.save()
    answer = ask(client, token)
    assert answer.status_code == 401
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["correlation_id"] == answer["X-Correlation-ID"]


def test_nobody_is_answered_401(client):
    assert ask(client, None).status_code == 401


def test_the_token_itself_is_not_stored(program):
    token = program.issue_token()
    assert token not in str(list(ApiToken.objects.values()))


def test_a_gateways_correlation_id_is_carried_through(client, program):
    answer = client.get(
        URL,
        headers={
            "Authorization": f"Bearer {program.issue_token()}",
            "X-Correlation-ID": "gate-12345678",
        },
    )
    assert answer["X-Correlation-ID"] == "gate-12345678"
