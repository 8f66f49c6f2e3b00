"""POST /api/v1/messages/<partner>: every answer the door gives (FORMATS 0.6)."""

import csv
import gzip
import hashlib
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.integrations import doors, formats, inbox, mappings, partners
from apps.integrations.body import read
from apps.integrations.csv_lines import as_csv
from apps.integrations.formats.base import Refused
from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.masking import masked
from apps.integrations.models import Mapping, Message, MessageBody, Refusal
from apps.journal.models import Entry
from tests.integrations.factories import batch, make_partner, post, stored
from tests.integrations.formats.recorded import SECRETS

pytestmark = pytest.mark.django_db


def refused(answer, status: int, reason: str) -> None:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["reason"] == reason
    assert answer.json()["correlation_id"]


def test_a_signed_message_is_stored_as_it_came_and_answered_with_its_ids():
    partner = make_partner()
    raw = json.dumps(batch("m1", "AB 1"), indent=3).encode()

    answer = post(partner, raw, **{"X-Correlation-ID": "order-4711-abc"})

    assert answer.status_code == 202
    message = stored(answer)
    assert answer.json() == {
        "message_id": message.public_id,
        "correlation_id": "order-4711-abc",
        "status": "received",
    }
    body = MessageBody.objects.get(message_id=message.pk)
    assert bytes(body.raw) == raw
    assert (message.key, message.size, message.digest) == (
        "m1",
        len(raw),
        hashlib.sha256(raw).hexdigest(),
    )
    assert message.correlation_id == "order-4711-abc"


def test_the_address_works_with_and_without_a_slash_at_its_end():
    partner = make_partner("ups_track_alert")
    headers = {"credential": SECRETS["ups_track_alert"], "User-Agent": "UPSPubSubTrackingService"}

    answer = Client().post(
        "/api/v1/messages/ups-track-alert/", b"{}", content_type="application/json", headers=headers
    )

    refused(answer, 400, "malformed_payload")
    assert partner.messages.count() == 1


def test_stored_headers_hold_no_secret():
    partner = make_partner("ups_track_alert")
    answer = post(
        partner,
        {
            "trackingNumber": "1Z1",
            "activityStatus": {"type": "D"},
            "gmtActivityDate": "20260310",
            "gmtActivityTime": "100000",
        },
        Authorization="Bearer ct_secret",
        Cookie="sessionid=abc",
        **{"X-Api-Key": "k"},
    )

    headers = MessageBody.objects.get(message_id=stored(answer).pk).headers
    assert headers["user-agent"] == "UPSPubSubTrackingService"
    assert {headers[name] for name in ("authorization", "cookie", "credential", "x-api-key")} == {
        "***"
    }
    assert not any(
        secret in json.dumps(headers) for secret in ("ct_secret", "abc", SECRETS["ups_track_alert"])
    )


def test_a_repeat_is_answered_200_and_counted_on_the_first():
    partner = make_partner()
    first = post(partner, batch("m1", "AB1"))
    again = post(partner, batch("m1", "AB1"))

    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert again.json()["message_id"] == first.json()["message_id"]
    assert stored(first).repeats == 1
    assert Message.objects.count() == 1


def test_the_same_document_written_otherwise_is_a_repeat():
    partner = make_partner()
    document = batch("m1", "AB1")
    post(partner, document)

    again = post(partner, json.dumps(dict(reversed(document.items())), indent=2).encode())

    assert (again.status_code, again.json()["status"]) == (200, "duplicate")


def test_a_known_id_with_other_content_is_kept_as_a_conflict_and_the_first_counts():
    partner = make_partner()
    first = post(partner, batch("m1", "AB1"))
    other = post(partner, batch("m1", "CD2"))

    assert (other.status_code, other.json()["status"]) == (200, "conflict")
    conflict = stored(other)
    assert (conflict.status, conflict.first, conflict.conflicts) == ("conflict", stored(first), 1)
    assert stored(first).status == "received"
    assert Entry.objects.get(kind="message.conflict").payload["first"] == stored(first).public_id

    repeated = post(partner, batch("m1", "CD2"))
    assert repeated.json()["message_id"] == conflict.public_id
    assert stored(other).repeats == 1
    assert Message.objects.count() == 2


def test_two_partners_may_use_the_same_message_id():
    one, two = make_partner(name="One"), make_partner(name="Two")

    assert post(one, batch("m1", "AB1")).status_code == 202
    assert post(two, batch("m1", "CD2")).status_code == 202


def test_an_unknown_partner_gets_404_and_leaves_a_trace():
    refused(post("nobody", batch("m1", "AB1")), 404, "unknown_partner")
    assert Refusal.objects.get().partner_slug == "nobody"


def test_a_partner_that_is_switched_off_gets_403():
    partner = make_partner()
    partner.switch = "off"
    partner.save()
    partners.forget()

    refused(post(partner, batch("m1", "AB1")), 403, "partner_disabled")


def test_an_unsigned_message_gets_401_and_only_its_digest_is_kept():
    partner = make_partner()
    raw = json.dumps(batch("m1", "AB1")).encode()

    answer = Client().post(f"/api/v1/messages/{partner.slug}", raw, content_type="application/json")

    refused(answer, 401, "missing_signature")
    kept = Refusal.objects.get()
    assert (kept.reason, kept.digest, kept.size) == (
        "missing_signature",
        hashlib.sha256(raw).hexdigest(),
        len(raw),
    )
    assert not Message.objects.exists()
    assert not MessageBody.objects.exists()


def test_a_wrong_signature_gets_401():
    partner = make_partner()
    refused(post(partner, batch("m1", "AB1"), secret="whsec_b3RoZXI="), 401, "invalid_signature")


@pytest.mark.parametrize("away", [timedelta(seconds=-301), timedelta(seconds=302)])
def test_a_stale_timestamp_gets_401_in_either_direction(away):
    partner = make_partner()
    refused(post(partner, batch("m1", "AB1"), at=timezone.now() + away), 401, "stale_timestamp")


def test_a_changed_byte_breaks_the_signature():
    partner = make_partner("easypost")
    raw = b'{"object": "Event"}'
    headers = SCHEMES["easypost"].sign(raw, SECRETS["easypost"], timezone.now(), "x")
    answer = Client().post(
        f"/api/v1/messages/{partner.slug}",
        raw + b" ",
        content_type="application/json",
        headers=headers,
    )
    refused(answer, 401, "invalid_signature")


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "", "application/jsonx"])
def test_another_media_type_gets_415_before_the_signature_is_looked_at(media):
    partner = make_partner()
    answer = Client().post(f"/api/v1/messages/{partner.slug}", b"{}", content_type=media)
    refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "application/cloudevents+json"]
)
def test_json_by_its_other_names_is_taken(media):
    assert post(make_partner(), batch("m1", "AB1"), content_type=media).status_code == 202


def test_ten_megabytes_get_413_and_nothing_of_them_is_kept():
    partner = make_partner()
    refused(post(partner, b"x" * 10_000_000), 413, "payload_too_large")
    assert (Refusal.objects.get().size, Refusal.objects.get().digest) == (10_000_000, "")
    assert not Message.objects.exists()


def test_a_gzip_body_is_unpacked_and_stored_unpacked():
    partner = make_partner()
    document = batch("m1", "AB1")

    answer = post(partner, document, packed=True)

    assert answer.status_code == 202
    assert json.loads(bytes(MessageBody.objects.get(message_id=stored(answer).pk).raw)) == document


def test_a_sender_may_sign_the_packed_bytes():
    partner = make_partner()
    raw = gzip.compress(json.dumps(batch("m1", "AB1")).encode())
    assert post(partner, raw, **{"Content-Encoding": "gzip"}).status_code == 202


def test_a_gzip_bomb_gets_413():
    partner = make_partner()
    bomb = gzip.compress(gzip.compress(b"\x00" * 200_000_000))
    assert len(bomb) < 100_000
    refused(
        post(partner, gzip.compress(b"\x00" * 6_000_000), **{"Content-Encoding": "gzip"}),
        413,
        "payload_too_large",
    )


def test_a_gzip_bomb_of_many_members_gets_413():
    partner = make_partner()
    many = gzip.compress(b" " * 1_000_000) * 8
    refused(post(partner, many, **{"Content-Encoding": "gzip"}), 413, "payload_too_large")


@pytest.mark.parametrize(
    ("raw", "reason", "status"),
    [
        (b"not gzip", "malformed_payload", 400),
        (gzip.compress(b"{}" * 900)[:-12], "malformed_payload", 400),
    ],
    ids=[
        "not gzip",
        "cut",
    ],  # gzip notes the second it packed in: workers would name this one differently
)
def test_broken_gzip_is_refused(raw, reason, status):
    refused(post(make_partner(), raw, **{"Content-Encoding": "gzip"}), status, reason)


def test_another_content_encoding_gets_415():
    refused(
        post(make_partner(), b"{}", **{"Content-Encoding": "br"}), 415, "unsupported_media_type"
    )


MALFORMED = {
    "empty": b"",
    "truncated": b'{"message_id": "m1", "events": [{"event_id"',
    "deep": b'{"message_id":"m1","events":[' + b"[" * 70 + b"]" * 70 + b"]}",
    "very deep": b"[" * 100_000,
    "key twice": b'{"message_id": "m1", "message_id": "m2", "events": []}',
    "nan": b'{"message_id": "m1", "events": [NaN]}',
    "long number": b'{"message_id": "m1", "events": [' + b"9" * 5000 + b"]}",
    "latin-1": '{"message_id": "é", "events": []}'.encode("latin-1"),
    "list": b"[]",
    "no id": b'{"events": []}',
    "no events": b'{"message_id": "m1"}',
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_a_signed_but_malformed_message_gets_400_and_is_kept_as_rejected(raw):
    partner = make_partner()

    answer = post(partner, raw)

    refused(answer, 400, "malformed_payload")
    message = stored(answer)
    assert (message.status, message.reason) == ("rejected", "malformed_payload")
    assert message.detail
    assert message.detail == answer.json()["detail"]
    assert bytes(MessageBody.objects.get(message_id=message.pk).raw) == raw
    assert Entry.objects.get(kind="message.rejected").subject == message.public_id


def test_a_malformed_message_that_comes_again_is_refused_again_and_counted():
    partner = make_partner()
    first, again = post(partner, b"{}"), post(partner, b"{}")

    refused(again, 400, "malformed_payload")
    assert stored(again) == stored(first)
    assert stored(first).repeats == 1
    assert Message.objects.count() == 1


def test_the_refusal_names_the_field_at_fault():
    answer = post(make_partner(), {"message_id": "m1", "events": "none"})
    assert answer.json()["pointer"] == "/events"


def test_both_secrets_hold_while_one_is_being_changed():
    partner = make_partner()
    partners.add_secret(partner, "whsec_bmV3IHNlY3JldA==")

    assert post(partner, batch("m1", "AB1")).status_code == 202
    assert post(partner, batch("m2", "AB1"), secret="whsec_bmV3IHNlY3JldA==").status_code == 202


def test_a_secret_added_by_another_process_holds_at_once():
    partner = make_partner()
    post(partner, batch("m1", "AB1"))
    partner.secrets.create(sealed=partners.seal("whsec_bmV3IHNlY3JldA=="))

    assert post(partner, batch("m2", "AB1"), secret="whsec_bmV3IHNlY3JldA==").status_code == 202


def test_a_retired_secret_no_longer_holds():
    partner = make_partner()
    partner.secrets.update(retired_at=timezone.now())

    refused(post(partner, batch("m1", "AB1")), 401, "missing_signature")


def test_a_secret_is_not_readable_in_the_database():
    partner = make_partner()
    sealed = bytes(partner.secrets.get().sealed)
    assert b"whsec" not in sealed
    assert partners.unseal(sealed) == SECRETS["tpl_generic"]


def test_reading_the_address_is_no_way_to_post():
    answer = Client().get(f"/api/v1/messages/{make_partner().slug}")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"


def test_one_statement_stores_head_and_body(django_assert_num_queries):
    partner = make_partner()
    post(partner, batch("m1", "AB1"))
    with django_assert_num_queries(
        0
    ):  # past Django's cursor: nothing else is asked once the partner is known
        assert post(partner, batch("m2", "AB1")).status_code == 202


def test_a_layout_may_say_where_the_message_has_its_id():
    partner = make_partner("mapped_json", "Own shape")
    layout = {**formats.get("mapped_json").load_codes().layout, "message_id": ["$.ref"]}
    first = mappings.ensure_first("mapped_json")
    Mapping.objects.filter(pk=first.pk).update(layout=layout)
    mappings.codes_of.cache_clear()
    doors.forget()
    said = {"ref": "R1", "events": []}

    told = [post(partner, one) for one in (said, {"events": [], "ref": "R1"}, {**said, "more": 1})]

    assert [answer.status_code for answer in told] == [202, 200, 200]
    assert [answer.json()["status"] for answer in told] == ["received", "duplicate", "conflict"]
    assert sorted(Message.objects.values_list("key", flat=True))[0] == "R1"
    mappings.codes_of.cache_clear()


def test_a_code_longer_than_any_row_of_a_mapping_kills_no_message():
    partner = make_partner()
    message = stored(post(partner, batch("m1", "AB1", code="x" * 150)))
    inbox.drain()
    message.refresh_from_db()
    assert (message.status, message.events) == ("processed", 1)


@pytest.mark.parametrize("length", ["9" * 5000, "1_0", "٣"])
def test_a_length_that_is_no_number_is_refused(length):
    with pytest.raises(Refused, match="not a number"):
        read({"CONTENT_LENGTH": length}, io.BytesIO(b"{}"), 1000)


@pytest.mark.parametrize("name", ["X_AUTH_KEY", "X_APIKEY", "PROXY_AUTHORIZATION", "X_ACCESS_KEY"])
def test_a_header_that_sounds_like_a_secret_is_masked(name):
    assert list(json.loads(masked({f"HTTP_{name}": "s3cret"})).values()) == ["***"]


def test_a_cell_is_no_formula_whatever_it_hides_behind():
    cells = ["=1+1", "\t=1+1", "\r=1", "\n@x", "plain"]
    written = "".join(as_csv(iter([cells])))
    assert next(csv.reader(io.StringIO(written, newline=""))) == [
        *(f"'{cell}" for cell in cells[:-1]),
        "plain",
    ]
