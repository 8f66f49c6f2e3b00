"""The list of commands goes on past its first page, with what it was narrowed to."""

import pytest
from django.utils import timezone

from apps.integrations.models import Command

pytestmark = pytest.mark.django_db


def command(company, number, **fields):
    return Command.objects.create(
        connection="default",
        model="stock.picking",
        record_odoo_id=number,
        key=f"key-{number}",
        intent=f"Note number {number:03}",
        cause="x",
        actor="Carl",
        not_before=timezone.now(),
        correlation_id="cor_1",
        company=company,
        **{"kind": "note", "state": "applied", **fields},
    )


def test_the_second_page_has_the_older_ones_and_keeps_the_filters(client, ines, company):
    for number in range(60):
        command(company, number)
    command(company, 900, state="parked")
    command(company, 901, kind="set_carrier")
    client.force_login(ines)

    first = client.get("/integrations/commands/?kind=note").content.decode()
    second = client.get("/integrations/commands/?kind=note&page=2").content.decode()

    assert "Note number 900" in first
    assert "Note number 059" in first
    assert "Note number 001" not in first
    assert "kind=note&amp;page=2" in first
    assert "Note number 001" in second
    assert "Note number 901" not in first + second
    assert "Page 2 of 2, 61 commands" in second
    assert "kind=note&amp;page=1" in second
