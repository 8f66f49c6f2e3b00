"""A feed that is set back while a pass over it is under way stays set back."""

from __future__ import annotations

from datetime import timedelta

from apps.integrations.odoo.follow import cursor, feed
from apps.mirror.models import Feed
from tests.contract import make


def test_a_pass_that_began_before_does_not_take_the_feed_forward_again(
    mirror, admin, clerk, monkeypatch
):
    make.confirmed(admin, clerk)
    mirror()
    other = Feed.objects.get(model="res.partner")
    earlier = Feed.objects.get(model="sale.order").cursor_at - timedelta(hours=1)
    follow = feed.follow

    def overtaken(reader, spec, row):
        follow(reader, spec, row)
        if spec.model == "sale.order":
            cursor.set_back(other, earlier, "Odoo's clock was set back.")

    monkeypatch.setattr(feed, "follow", overtaken)
    Feed.objects.filter(model="sale.order").update(due_at=None)

    feed.run()

    row = Feed.objects.get(model="sale.order")
    assert row.cursor_at == earlier
    assert row.quiet_s < 0
    assert row.reconcile_asked_at is not None
    assert row.due_at is None


def test_a_feed_that_nobody_set_back_keeps_its_place(mirror, admin, clerk):
    make.confirmed(admin, clerk)
    mirror()
    row = Feed.objects.get(model="sale.order")
    row.cursor_at += timedelta(seconds=5)

    assert cursor.keep_place(row)
    assert Feed.objects.get(model="sale.order").cursor_at == row.cursor_at
