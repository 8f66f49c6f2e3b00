"""Traffic puts supply off and brings it in."""

import random

import pytest

from sandbox.traffic import supply, wire


@pytest.fixture
def odoo(sandbox):
    return wire.Odoo(sandbox.server.url, "odoo", "admin", "admin")


def told(odoo, rounds=60):
    dice = random.Random(3)
    return [text for _ in range(rounds) if (text := supply.disturb(odoo, dice))]


def test_in_some_rounds_a_date_moves_or_goods_come_in(tower, odoo):
    lines = [["order_id.receipt_status", "=", "pending"]]
    before = tower("purchase.order.line", "search_read", lines, ["date_planned"], order="id")
    stages = [["state", "=", "confirmed"]]
    starts = tower("mrp.production", "search_read", stages, ["date_start"], order="id")

    happened = told(odoo)

    assert 3 < len(happened) < 30
    assert any("is put off" in text for text in happened)
    assert any("starts" in text for text in happened)
    assert any("came in" in text for text in happened)
    ids = [r["id"] for r in before]
    after = tower("purchase.order.line", "read", ids, ["date_planned"])
    assert all(b["date_planned"] <= a["date_planned"] for b, a in zip(before, after, strict=True))
    assert starts != tower("mrp.production", "search_read", stages, ["date_start"], order="id")


def test_most_rounds_are_quiet(odoo):
    assert len(told(odoo, 20)) < 12
