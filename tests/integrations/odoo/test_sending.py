"""What other processes see while a command is on its way."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import timezone

from apps.approvals.models import Hold
from apps.integrations.models import Command
from apps.integrations.odoo.command import sending
from apps.integrations.odoo.follow import feed
from apps.integrations.odoo.line.client import Client
from apps.integrations.odoo.line.locks import only_one
from apps.mirror.models import Invoice
from tests.integrations.odoo.conftest import hold_back, in_odoo, keys_in_odoo, post_invoice


def elsewhere(work):
    """Run work on another database connection and answer what it answers."""
    answer = []

    def run():
        try:
            answer.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return answer[0]


@pytest.fixture
def holds(odoo, transactional_db, admin, clerk, settle):
    """Three invoices, mirrored and held in the tower, not yet in Odoo."""
    ids = [post_invoice(admin, clerk) for _ in range(3)]
    while feed.run():
        continue
    for invoice in Invoice.objects.filter(odoo_id__in=ids):
        hold_back(invoice, timezone.now())
    settle()
    return list(Hold.objects.order_by("id"))


def test_sending_is_committed_before_the_call_leaves_and_nobody_else_takes_the_record(
    holds, monkeypatch
):
    write, seen = Client.write, []

    def watched(self, model, ids, values):
        seen.append(elsewhere(lambda: Command.objects.get(record_odoo_id=ids[0]).state))
        seen.append(
            elsewhere(
                lambda: [h.record for h in sending.due_heads() if h.record.endswith(f"/{ids[0]}")]
            )
        )
        head = next(h for h in sending.due_heads() if h.record.endswith(f"/{ids[0]}"))
        seen.append(elsewhere(lambda: sending._work(head)))
        write(self, model, ids, values)

    monkeypatch.setattr(Client, "write", watched)
    Command.objects.exclude(record_odoo_id=holds[0].record_odoo_id).delete()

    sending.drain(parallel=1)

    assert seen[0] == "sending"
    assert seen[1] == [
        f"default/account.move/{holds[0].record_odoo_id}"
    ]  # due, because its sender might be dead
    assert seen[2] == 0  # but he holds the record's lock


def test_different_records_go_out_side_by_side_and_once_each(holds, clerk):
    workers = [
        threading.Thread(target=lambda: (sending.drain(), connection.close())) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    sending.drain()

    assert [(in_odoo(clerk, hold), keys_in_odoo(clerk, hold)) for hold in holds] == [
        ("blocked", 1)
    ] * 3
    assert set(Command.objects.values_list("state", flat=True)) == {"applied"}


def test_a_lock_ends_with_the_session_that_held_it(transactional_db):
    with only_one("record") as mine:
        assert mine
        assert elsewhere(lambda: _try("record")) is False
    assert elsewhere(lambda: _try("record")) is True


def _try(name):
    with only_one(name) as mine:
        return mine
