"""`manage.py person_add`: the first people of an installation without a demo."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Team, User

pytestmark = pytest.mark.django_db


def run(*words: str) -> None:
    call_command(
        "person_add",
        "olga@example.com",
        "Olga Petit",
        "--role",
        "operations",
        *words,
        stdout=io.StringIO(),
    )


def test_a_person_signs_in_with_a_role_a_team_and_sight_of_every_company(
    company, client, monkeypatch
):
    Team.objects.get_or_create(slug="operations", defaults={"name": "Operations"})
    monkeypatch.setenv("PERSON_PASSWORD", "a-long-enough-one")

    run("--team", "operations")

    olga = User.objects.get(email="olga@example.com")
    assert client.login(username="olga@example.com", password="a-long-enough-one")
    assert olga.may("shipments.see")
    assert list(olga.teams.values_list("slug", flat=True)) == ["operations"]


@pytest.mark.parametrize(
    ("password", "words", "says"),
    [
        ("1", (), "too short"),
        ("a-long-enough-one", ("--team", "opertions"), "There is no team opertions"),
        ("a-long-enough-one", ("--company", "Elsewhere"), "is called Elsewhere"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_nobody_is_made(
    company, monkeypatch, password, words, says
):
    monkeypatch.setenv("PERSON_PASSWORD", password)

    with pytest.raises(CommandError, match=says):
        run(*words)

    assert not User.objects.filter(email="olga@example.com").exists()


def test_without_a_terminal_the_password_is_asked_of_the_environment(company, monkeypatch):
    monkeypatch.delenv("PERSON_PASSWORD", raising=False)
    monkeypatch.setattr("getpass.getpass", _nobody_there)

    with pytest.raises(CommandError, match="PERSON_PASSWORD"):
        run()


def _nobody_there(_prompt: str) -> str:
    raise EOFError
