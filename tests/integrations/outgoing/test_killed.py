"""SIGKILL of the worker between sending and writing it down: nothing is lost, and a repeat is known as one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from apps.integrations.models import Delivery, DeliveryAttempt
from apps.integrations.outgoing import lanes
from tests.integrations.outgoing.factories import due_again, goods_of, happens, subscribe

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.django_db(transaction=True)
def test_an_event_whose_worker_died_is_sent_again_under_the_same_id(
    company, ines, receiver, settle
):
    row, secret = subscribe(ines, receiver.url)
    for _ in range(2):
        happens("shipment.delivered", goods_of(None, company))
    settle()

    told = {
        "database": connection.settings_dict["NAME"],
        "subscription": row.pk,
        "hosts": ["127.0.0.1"],
    }
    died = subprocess.run(
        [sys.executable, "-m", "tests.integrations.outgoing.doomed_lane", json.dumps(told)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "controltower.settings"},
        timeout=90,
        check=False,
        capture_output=True,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr[-2000:]
    assert len(receiver.got) == 1
    assert Delivery.objects.filter(state="waiting").count() == 2, "never lost"
    assert lanes.work_lane(row.pk) == 0, "its lane is free when the lease ends, not before"

    due_again(row)
    assert lanes.work_lane(row.pk) == 2

    ids = [got.id for got in receiver.got]
    assert len(ids) == 3
    assert len(set(ids)) == 2, "the receiver knows the repeat by its id"
    repeated = [got for got in receiver.got if ids.count(got.id) == 2]
    assert repeated[0].body == repeated[1].body
    repeated[1].verify(secret)
    assert not Delivery.objects.exclude(state="sent").exists()
    assert [
        one.outcome
        for one in DeliveryAttempt.objects.filter(delivery__public_id=repeated[0].id).order_by("pk")
    ] == ["broken_off", "sent"]
