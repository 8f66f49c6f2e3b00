"""The gates before the signature, what a partner may publish, and versions that end (R24, R60, R222, R225, R233)."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.integrations import inbox, partners, rates
from apps.integrations.addresses import network
from apps.integrations.errors import BadPartner
from apps.integrations.imports import services
from apps.integrations.imports.errors import BadFile
from apps.integrations.models import Message, Partner, Refusal
from apps.journal.models import Entry
from apps.shipments.models import Event
from tests.integrations.factories import batch, make_partner, post, stored
from tests.integrations.test_receive import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_allowance_used(monkeypatch):
    monkeypatch.setattr(rates, "_own", {})
    monkeypatch.setattr(rates, "_rests_until", float("inf"))  # each process for itself


def with_settings(partner: Partner, **fields: object) -> Partner:
    Partner.objects.filter(pk=partner.pk).update(**fields)
    partners.forget()
    partner.refresh_from_db()
    return partner


def test_only_addresses_of_the_partner_may_post():
    partner = with_settings(make_partner(), allow_from=["203.0.113.0/24"])

    refused(post(partner, batch("m1", "AB1")), 403, "address_not_allowed")
    assert Refusal.objects.get().address == "127.0.0.1"

    with_settings(partner, allow_from=["203.0.113.0/24", "127.0.0.0/8"])
    assert post(partner, batch("m1", "AB1")).status_code == 202


def test_the_address_is_the_one_a_trusted_proxy_names(settings):
    settings.TRUSTED_PROXIES = [network("127.0.0.1")]
    partner = with_settings(make_partner(), allow_from=["203.0.113.0/24"])

    here = {"X-Forwarded-For": "198.51.100.4, 203.0.113.8"}
    elsewhere = {"X-Forwarded-For": "203.0.113.8, 198.51.100.4"}
    assert post(partner, batch("m1", "AB1"), **here).status_code == 202
    refused(post(partner, batch("m2", "AB1"), **elsewhere), 403, "address_not_allowed")
    assert Refusal.objects.get().address == "198.51.100.4"


def test_a_client_certificate_is_believed_from_a_trusted_proxy_alone(settings):
    partner = with_settings(make_partner(), certificate="CN=edi.carrier.example")
    shown = {"X-Client-Certificate": "cn=EDI.carrier.example"}

    refused(post(partner, batch("m1", "AB1"), **shown), 403, "certificate_required")
    settings.TRUSTED_PROXIES = [network("127.0.0.1")]
    assert post(partner, batch("m1", "AB1"), **shown).status_code == 202
    refused(post(partner, batch("m2", "AB1")), 403, "certificate_required")


def test_who_is_too_fast_hears_when_to_come_again_and_one_row_is_kept_of_it():
    partner = with_settings(make_partner(), rate_per_minute=2)
    answers = [post(partner, batch(f"m{turn}", "AB1")) for turn in range(4)]

    assert [answer.status_code for answer in answers] == [202, 202, 429, 429]
    refused(answers[2], 429, "rate_limited")
    assert 1 <= int(answers[2]["Retry-After"]) <= 30
    assert Refusal.objects.filter(reason="rate_limited").count() <= 1
    assert Message.objects.count() == 2


def test_a_strangers_messages_use_up_nobodys_allowance():
    partner = with_settings(make_partner(), rate_per_minute=1)
    for turn in range(3):
        stranger = post(partner, batch(f"x{turn}", "AB1"), secret="whsec_b3RoZXI=")
        refused(stranger, 401, "invalid_signature")

    assert post(partner, batch("m1", "AB1")).status_code == 202


def test_the_allowance_in_valkey_is_the_same_as_in_a_process(monkeypatch):
    monkeypatch.setattr(rates, "_rests_until", 0.0)
    partner_id = 987_654_321
    rates._valkey(rates.settings.REDIS_URL).registered_client.delete(f"door:rate:{partner_id}")
    taken = [rates.take(partner_id, 3) for _ in range(5)]

    assert rates._rests_until == 0.0, "Valkey did not answer"
    assert taken[:3] == [0, 0, 0]
    assert all(1 <= wait <= 20 for wait in taken[3:])
    rates.give_back(partner_id, 3)
    assert rates.left(partner_id, 3) == 1
    assert rates.take(partner_id, 3) == 0


def test_without_valkey_messages_are_taken_all_the_same(monkeypatch, settings):
    monkeypatch.setattr(rates, "_rests_until", 0.0)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    partner = with_settings(make_partner(), rate_per_minute=2)
    answers = [post(partner, batch(f"m{turn}", "AB1")).status_code for turn in range(3)]

    assert answers == [202, 202, 429]


def test_a_message_of_ungranted_types_alone_is_refused_and_audited():
    partner = with_settings(make_partner(), granted=["picked_up", "in_transit"])

    answer = post(partner, batch("m1", "AB1", code="delivered"))

    refused(answer, 403, "not_granted")
    assert not Message.objects.exists()
    assert Refusal.objects.get().reason == "not_granted"
    told = Entry.objects.get(kind="message.refused").payload
    assert (told["partner"], told["words"]) == (partner.slug, ["delivered"])
    assert post(partner, batch("m2", "AB1")).status_code == 202


def test_of_a_mixed_message_only_what_was_granted_is_applied():
    partner = with_settings(make_partner(), granted=["in_transit"])
    document = batch("m1", "AB1", "CD2")
    document["events"][1]["event_code"] = "delivered"

    message = stored(post(partner, document))
    inbox.drain()

    message.refresh_from_db()
    assert (message.status, message.events, message.skipped_events) == ("processed", 1, 1)
    assert "not_granted" in message.detail
    assert Event.objects.get().milestone == "in_transit"


def test_a_paused_partner_is_taken_in():
    partner = with_settings(make_partner(), switch="paused")
    assert post(partner, batch("m1", "AB1")).status_code == 202


def test_the_age_of_a_signed_message_is_the_partners_setting():
    partner = with_settings(make_partner(), max_age_s=3600)
    late = timezone.now() - timedelta(minutes=50)
    assert post(partner, batch("m1", "AB1"), at=late).status_code == 202
    too_late = timezone.now() - timedelta(minutes=61)
    refused(post(partner, batch("m2", "AB1"), at=too_late), 401, "stale_timestamp")


def test_the_older_of_two_secrets_is_over_by_itself():
    partner = make_partner()
    old = partners.unseal(partner.secrets.get().sealed)
    fresh = partners.rotate(partner, actor="test", overlap=timedelta(hours=1))
    partners.forget()
    assert post(partner, batch("m1", "AB1"), secret=old).status_code == 202
    assert post(partner, batch("m2", "AB1"), secret=fresh).status_code == 202

    partner.secrets.exclude(valid_until=None).update(valid_until=timezone.now())
    partners.forget()
    refused(post(partner, batch("m3", "AB1"), secret=old), 401, "invalid_signature")
    assert post(partner, batch("m4", "AB1"), secret=fresh).status_code == 202


def test_a_secret_that_runs_out_while_it_is_remembered_is_over_too():
    partner = make_partner()
    old = partners.unseal(partner.secrets.get().sealed)
    partners.rotate(partner, actor="test", overlap=timedelta(hours=1))
    assert post(partner, batch("m1", "AB1"), secret=old).status_code == 202

    door = partners.door(partner.slug)
    later = timezone.now() + timedelta(hours=2)
    assert [key.secret for key in door.valid_keys(later)] == [door.keys[0].secret]


def test_the_screen_knows_which_secret_is_in_use():
    partner = make_partner()
    old = partners.unseal(partner.secrets.get().sealed)
    partners.rotate(partner, actor="test")
    post(partner, batch("m1", "AB1"), secret=old)

    used = list(partner.secrets.order_by("pk").values_list("last_used_at", flat=True))
    assert used[0] is not None
    assert used[1] is None


def test_a_right_secret_at_a_wrong_time_is_told_as_such_during_a_rotation():
    partner = make_partner()
    old = partners.unseal(partner.secrets.get().sealed)
    partners.rotate(partner, actor="test")
    late = timezone.now() - timedelta(minutes=10)
    refused(post(partner, batch("m1", "AB1"), secret=old, at=late), 401, "stale_timestamp")


def test_a_partner_may_sign_another_way_than_its_format():
    partner = with_settings(make_partner(), scheme="bearer")
    secret = partners.unseal(partner.secrets.get().sealed)

    answer = post(partner, batch("m1", "AB1"), Authorization=f"Bearer {secret}")
    assert answer.status_code == 202
    refused(post(partner, batch("m2", "AB1")), 401, "missing_signature")


X12 = (
    b"ISA*00*          *00*          *02*TFCC           *ZZ*NORTHWIND      *260310*1000*U*00401*000000042*0*P*>~"
    b"GS*QM*TFCC*NORTHWIND*20260310*1000*42*X*004010~ST*214*0001~B10*PRO123*S1*TFCC~"
    b"LX*1~AT7*X1*NS***20260310*0900*UT~SE*5*0001~GE*1*42~IEA*1*000000042~"
)


def test_an_interchange_laid_out_otherwise_is_a_repeat_and_another_one_a_conflict():
    partner = make_partner("x12_214")
    media = {"content_type": "application/edi-x12"}
    assert post(partner, X12, **media).status_code == 202

    again = post(partner, X12.replace(b"~", b"~\r\n"), **media)
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    other = post(partner, X12.replace(b"AT7*X1", b"AT7*D1"), **media)
    assert (other.status_code, other.json()["status"]) == (200, "conflict")


def canonical(event_id: str, version: str) -> dict:
    about = {"tracking_number": "AB1"}
    return {
        "id": event_id, "type": "in_transit", "version": version, "source": "n8n",
        "occurred_at": "2026-03-10T09:00:00Z", **(about if version == "1" else {"subject": about}),
    }  # fmt: skip


def test_the_old_version_of_our_own_event_is_taken_and_its_end_is_told():
    partner = make_partner("canonical")

    old, new = post(partner, canonical("e1", "1")), post(partner, canonical("e2", "2"))

    assert (old.status_code, new.status_code) == (202, 202)
    assert old["Sunset"] == "Fri, 31 Dec 2027 23:59:59 GMT"
    assert old["Deprecation"].startswith("@")
    assert "successor-version" in old["Link"]
    assert "Sunset" not in new
    assert "Sunset" in post(partner, canonical("e1", "1"))  # a repeat is told, too


def test_refusals_are_counted_by_reason_and_partner():
    partner = make_partner()
    labels = {"reason": "invalid_signature", "partner": partner.slug}
    before = REGISTRY.get_sample_value("tower_door_refusals_total", labels) or 0

    post(partner, batch("m1", "AB1"), secret="whsec_b3RoZXI=")
    post("nobody-at-all", batch("m1", "AB1"))

    assert REGISTRY.get_sample_value("tower_door_refusals_total", labels) == before + 1
    unknown = {"reason": "unknown_partner", "partner": "nobody-at-all"}
    assert REGISTRY.get_sample_value("tower_door_refusals_total", unknown) is None


@pytest.mark.parametrize("name", ["Manual", "manual 0123456789", "Odoo", "Person", "new"])
def test_a_name_the_tower_speaks_under_is_no_partners(name):
    with pytest.raises(BadPartner):
        make_partner(name=name)


def test_two_who_add_one_partner_at_once_make_one(monkeypatch):
    """The other one commits between the look and the insert."""
    monkeypatch.setattr(
        partners, "_carrier", lambda named: Partner.objects.create(slug="acme", name="x") and None
    )
    with pytest.raises(BadPartner, match="already a partner acme"), transaction.atomic():
        make_partner(name="Acme")


def test_a_rotation_that_is_sent_twice_makes_one_secret():
    partner = make_partner()
    newest = partner.secrets.get().pk
    partners.rotate(partner, actor="test", newest=newest)
    with pytest.raises(BadPartner, match="newer secret"):
        partners.rotate(partner, actor="test", newest=newest)
    assert partner.secrets.count() == 2


def test_nobody_gets_a_secret_for_what_is_recorded_by_hand():
    hand = Partner.objects.create(slug="manual", name="By hand", format="canonical")
    with pytest.raises(BadPartner, match="by hand"):
        partners.rotate(hand, actor="test")
    with pytest.raises(BadFile, match="one by one"):
        services.begin(hand, [b"{}"], name="x", actor="usr_1")
