"""Batches of canonical events at the door: each entry has its own outcome, told at once and kept."""

import json

import pytest
from django.test import Client

from apps.integrations import inbox
from tests.integrations.factories import make_partner, post, stored

pytestmark = pytest.mark.django_db


def event(number: str, **more) -> dict:
    """A canonical event of a parcel."""
    return {
        "id": f"e-{number}",
        "type": "in_transit",
        "version": "2",
        "source": "n8n",
        "occurred_at": "2026-03-10T09:00:00Z",
        "subject": {"tracking_number": number},
        **more,
    }


@pytest.fixture
def partner(company):
    return make_partner("canonical", "Middleware", company)


BAD = {**event("B"), "occurred_at": "soon"}


def test_an_array_is_told_entry_by_entry_and_the_good_ones_are_applied(partner, ines):
    answer = post(partner, json.dumps([event("A"), BAD, 7, event("C")]).encode())
    assert answer.status_code == 202
    told = answer.json()
    assert (told["accepted"], told["skipped"]) == (2, 2)
    assert [one["index"] for one in told["skipped_entries"]] == [1, 2]
    assert "/occurred_at" in told["skipped_entries"][0]["reason"]

    inbox.drain()
    client = Client()
    client.force_login(ines)
    fate = client.get(f"/api/v1/messages/{told['message_id']}/").json()
    assert (fate["status"], fate["events"], fate["skipped_events"]) == ("processed", 2, 2)
    assert fate["skipped"] == told["skipped_entries"]


def test_lines_are_told_like_an_array(partner):
    raw = b"\n".join([json.dumps(event("A")).encode(), b"{broken", json.dumps(event("C")).encode()])
    answer = post(partner, raw, content_type="application/x-ndjson")
    told = answer.json()
    assert (answer.status_code, told["accepted"], told["skipped"]) == (202, 2, 1)
    assert told["skipped_entries"][0]["index"] == 1

    inbox.drain()
    message = stored(answer)
    assert (message.events, [one["index"] for one in message.skipped]) == (2, [1])


def test_a_single_event_is_told_as_ever_and_a_bad_one_is_refused(partner):
    assert "accepted" not in post(partner, event("A")).json()
    refused = post(partner, BAD)
    assert (refused.status_code, refused.json()["pointer"]) == (400, "/occurred_at")


def test_of_many_bad_entries_the_answer_names_a_hundred_and_the_message_a_thousand(partner):
    entries = [event("A"), *({"id": n} for n in range(1500))]
    answer = post(partner, json.dumps(entries).encode())
    told = answer.json()
    assert (told["skipped"], len(told["skipped_entries"])) == (1500, 100)

    inbox.drain()
    message = stored(answer)
    assert (message.skipped_events, len(message.skipped)) == (1500, 1000)


def test_a_messages_page_names_its_skipped_entries(partner, ines):
    answer = post(partner, json.dumps([event("A"), BAD]).encode())
    inbox.drain()
    client = Client()
    client.force_login(ines)
    page = client.get(f"/integrations/messages/{answer.json()['message_id']}/").content.decode()
    assert "Skipped entries" in page
    assert "/occurred_at" in page
