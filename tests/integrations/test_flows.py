"""Each flow has a mode and a service level, and says how far behind it is (R235)."""

from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.integrations import flows, inbox
from apps.integrations.models import Message
from apps.mirror.models import Feed
from controltower import env
from tests.integrations.factories import batch, make_partner, post

pytestmark = pytest.mark.django_db


def standing(key: str) -> flows.Standing:
    return next(one for one in flows.standings(timezone.now()) if one.flow.key == key)


def test_what_moves_goods_is_near_real_time_and_what_counts_money_comes_in_batches():
    modes = {flow.key: flow.mode for flow in flows.FLOWS}
    near = {"messages", "polls", "odoo_open", "decisions", "commands", "deliveries"}
    assert {modes[key] for key in near} == {"near real time"}
    assert {modes[key] for key in ("settlement", "kpi", "accrual", "long_work")} == {"batch"}


def test_a_flow_is_behind_from_its_level_on_and_on_time_again_when_it_caught_up(settings):
    post(make_partner(), batch("m1", "AB1"))
    assert standing("messages").state == ("done", "on time")
    Message.objects.update(received_at=timezone.now() - timedelta(seconds=40))
    assert standing("messages").state == ("act", "behind")
    assert standing("messages").lag_s > 39

    settings.FLOW_SERVICE_LEVELS = {"messages": 60}
    assert standing("messages").state == ("done", "on time")
    inbox.drain()
    assert standing("messages").lag_s == 0


def test_documents_of_odoo_are_as_old_as_their_oldest_reading():
    assert standing("odoo_open").state == ("", "nothing runs")
    now = timezone.now()
    for model, minutes in (("sale.order", 1), ("stock.picking", 9), ("res.partner", 20)):
        Feed.objects.create(
            connection="default", model=model, ok_at=now - timedelta(minutes=minutes), load_done_at=now
        )  # fmt: skip
    assert standing("odoo_open").state == ("act", "behind")
    assert standing("odoo_master").state == ("done", "on time")


def test_the_page_names_every_flow_with_its_level(ines):
    client = Client()
    client.force_login(ines)
    shown = client.get(reverse("flows")).content.decode()
    for flow in flows.FLOWS:
        assert f'id="flow-{flow.key}"' in shown
    assert "not part of the tower yet" in shown


def test_a_level_of_a_flow_that_nobody_knows_stops_the_start(settings, monkeypatch):
    settings.FLOW_SERVICE_LEVELS = {"mesages": 30}
    assert "integrations.E001" in {one.id for one in run_checks()}
    monkeypatch.setenv("FLOW_SERVICE_LEVELS", "messages=soon")
    with pytest.raises(env.Misconfigured, match="messages=soon"):
        env.counts("FLOW_SERVICE_LEVELS")
    monkeypatch.setenv("FLOW_SERVICE_LEVELS", "messages=30, polls=60")
    assert env.counts("FLOW_SERVICE_LEVELS") == {"messages": 30, "polls": 60}
