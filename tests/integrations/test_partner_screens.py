"""Partners on screen: added, set, switched, their secrets rotated, and a message tried."""

import re
import subprocess
from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.integrations import examples, formats, partners
from apps.integrations.formats.schemes import QUERY, SCHEMES
from apps.integrations.models import Message, Partner, SwitchTurn
from apps.journal.models import Entry
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines(company):
    browser = Client()
    browser.force_login(make_person("Ines Integration", "integration", company))
    return browser


def said(**more):
    return {"name": "Northwind 3PL", "format": "tpl_generic", "max_age_s": "300", **more}


def at(name, partner, *more):
    return reverse(name, args=[partner.slug, *more])


def seen(partner):
    return {"seen": partners.digest_of(partner)}


def test_a_new_partner_gets_an_address_and_a_secret_that_is_shown_once(ines):
    page = ines.post(reverse("partner_new"), said(allow_from="203.0.113.0/24\n198.51.100.7"))

    partner = Partner.objects.get()
    secret = partners.unseal(partner.secrets.get().sealed)
    text = page.content.decode()
    assert secret in text
    assert "/api/v1/messages/northwind-3pl" in text
    assert page["Cache-Control"].startswith("max-age=0") or "no-store" in page["Cache-Control"]
    assert partner.allow_from == ["203.0.113.0/24", "198.51.100.7/32"]
    assert Entry.objects.get(kind="partner.added").actor.startswith("usr_")
    assert secret not in ines.get(at("partner", partner)).content.decode()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"name": "New"}, "new is a name the tower keeps for itself"),
        ({"name": "!!!"}, "letter or digit"),
        ({"allow_from": "here"}, "no address or network"),
        ({"timezone": "Mars/Base"}, "no time zone"),
        ({"scheme": "easypost"}, "comes signed by one of"),
        ({"acknowledge": "997"}, "not acknowledged"),
        ({"granted_kinds": "nonsense"}, "no milestone nonsense"),
        ({"rate_per_minute": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_used_is_said_in_words(ines, more, says):
    answer = ines.post(reverse("partner_new"), said(**more))
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not Partner.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"), [("timezone", "Mars/Base"), ("rate_per_minute", "0"), ("allow_from", "here")]
)
def test_what_is_wrong_stands_beside_its_field_which_has_the_focus_and_what_was_typed_stays(
    ines, name, value
):
    page = ines.post(reverse("partner_new"), said(**{name: value})).content.decode()

    widget = page.split(f'name="{name}"', 1)[1].split(f'id="id_{name}_error"', 1)[0]
    assert " autofocus" in widget
    assert f'aria-describedby="id_{name}_error"' in widget
    assert value in widget
    assert page.count(" autofocus") == page.count('aria-invalid="true"') == 1
    assert page.count('class="wrong"') == 1


def test_a_person_of_one_company_makes_no_partner_for_all(ines, company):
    make_company("Other Ltd")
    assert "Choose the companies" in ines.post(reverse("partner_new"), said()).content.decode()
    ines.post(reverse("partner_new"), said(companies=[company.public_id]))
    assert [one.pk for one in Partner.objects.get().companies.all()] == [company.pk]


def test_settings_are_stored_and_the_journal_names_what_changed(ines):
    partner = make_partner(name="Northwind 3PL")
    new = said(granted=["in_transit"], granted_kinds="purchase.confirmed", rate_per_minute="60")

    assert ines.post(at("partner_settings", partner), new | seen(partner)).status_code == 302

    partner.refresh_from_db()
    assert partner.granted == ["in_transit", "purchase.confirmed"]
    assert partner.rate_per_minute == 60
    told = Entry.objects.get(kind="partner.changed").payload
    assert sorted(told["changed"]) == ["granted", "rate_per_minute"]


def test_settings_that_somebody_changed_meanwhile_are_not_overwritten(ines):
    partner = make_partner(name="Northwind 3PL")
    before = seen(partner)
    ines.post(at("partner_settings", partner), said(contact_email="a@b.example") | before)

    answer = ines.post(at("partner_settings", partner), said(rate_per_minute="9") | before)

    assert answer.status_code == 409
    partner.refresh_from_db()
    assert (partner.contact_email, partner.rate_per_minute) == ("a@b.example", None)


def test_the_format_stays_once_there_are_messages(ines):
    partner = make_partner(name="Northwind 3PL")
    post(partner, batch("m1", "AB1"))
    answer = ines.post(at("partner_settings", partner), said(format="canonical") | seen(partner))
    assert answer.status_code == 409
    assert "The format stays" in answer.content.decode()


def test_another_scheme_keeps_the_secrets_it_can_sign_with_and_makes_one_where_none_fits(ines):
    partner = make_partner(name="Northwind 3PL")
    held = partners.unseal(partner.secrets.get().sealed)
    ines.post(at("partner_settings", partner), said(scheme="hmac_sha256") | seen(partner))
    partner.refresh_from_db()
    assert [key.secret for key in partners.door(partner.slug, fresh=True).keys] == [held]

    answer = ines.post(at("partner_settings", partner), said(scheme="basic") | seen(partner))
    (key,) = partners.door(partner.slug, fresh=True).keys
    assert key.secret.startswith("tower:")
    assert key.secret in answer.content.decode()


def test_the_switch_wants_a_reason_and_remembers_it(ines):
    partner = make_partner()
    assert (
        ines.post(at("partner_switch", partner), {"switch": "off", "why": " "}).status_code == 409
    )
    ines.post(at("partner_switch", partner), {"switch": "off", "why": "they send rubbish"})

    partner.refresh_from_db()
    turn = SwitchTurn.objects.get()
    assert (partner.switch, turn.was, turn.why) == ("off", "live", "they send rubbish")
    assert Entry.objects.get(kind="partner.switched").payload == {
        "partner": partner.slug, "switch": "off", "was": "live",
    }  # fmt: skip
    page = ines.get(at("partner", partner)).content.decode()
    assert "they send rubbish" in page
    assert "Ines Integration" in page


def test_a_rotation_shows_the_new_secret_once_and_the_old_one_runs_out(ines):
    partner = make_partner()
    newest = partner.secrets.get().pk
    answer = ines.post(at("partner_rotate", partner), {"newest": newest, "overlap": "1"})

    old, new = partner.secrets.order_by("pk")
    assert partners.unseal(new.sealed) in answer.content.decode()
    assert timedelta(minutes=59) < old.valid_until - timezone.now() <= timedelta(hours=1)
    assert "running out" in ines.get(at("partner", partner)).content.decode()

    again = ines.post(at("partner_rotate", partner), {"newest": newest, "overlap": "1"})
    assert again.status_code == 409, "a reload makes no third secret"
    assert partner.secrets.count() == 2


def test_a_leaked_secret_is_taken_out_at_once(ines):
    partner = make_partner()
    ines.post(at("partner_retire", partner, partner.secrets.get().pk))
    assert post(partner, batch("m1", "AB1")).status_code == 401


def test_a_secret_the_scheme_cannot_sign_with_is_refused(ines):
    partner = make_partner()
    given = {"newest": partner.secrets.get().pk, "overlap": "24", "secret": "whsec_%%%"}
    answer = ines.post(at("partner_rotate", partner), given)
    assert answer.status_code == 409
    assert "cannot be used" in answer.content.decode()


def test_a_message_is_tried_on_screen_and_nothing_is_kept(ines):
    partner = make_partner()
    form = ines.get(at("partner_try", partner))
    body = re.search(r'<textarea id="body"[^>]*>(.*?)</textarea>', form.content.decode(), re.S)[1]
    body = body.replace("&quot;", '"').replace("\n", "\r\n")  # as a browser sends it

    page = ines.post(at("partner_try", partner), {"body": body, "sign": "yes"}).content.decode()

    assert "tpl_generic IN_TRANSIT" in page
    assert "TEST0001" in page
    assert "202" in page
    assert not Message.objects.exists()


def test_a_pasted_signature_is_checked_as_it_was_sent(ines):
    partner = make_partner()
    raw = b'{"message_id": "m1",\n "events": []}'
    secret = partners.unseal(partner.secrets.get().sealed)
    signed = SCHEMES["standard_webhooks"].sign(raw, secret, timezone.now(), "m1")
    headers = "\r\n".join(f"{name}: {value}" for name, value in signed.items())
    given = {"body": raw.decode().replace("\n", "\r\n"), "headers": headers}

    right = ines.post(at("partner_try", partner), given)
    wrong = ines.post(at("partner_try", partner), given | {"body": raw.decode() + " "})

    assert right.context["tried"].refused is None
    assert wrong.context["tried"].refused.reason == "invalid_signature"


def test_a_partner_of_another_company_is_not_there(ines):
    partner = make_partner("tpl_generic", "Elsewhere", make_company("Other Ltd"))
    for name in ("partner", "partner_try"):
        assert ines.get(at(name, partner)).status_code == 404
    assert ines.post(at("partner_switch", partner), {"switch": "off"}).status_code == 404
    assert "Elsewhere" not in ines.get(reverse("partners")).content.decode()


def test_who_may_only_look_sees_no_form(company):
    partner = make_partner()
    browser = Client()
    browser.force_login(make_person("Olga Operations", "operations", company))
    page = browser.get(at("partner", partner)).content.decode()
    assert "Rotate" not in page
    assert "Add a partner" not in browser.get(reverse("partners")).content.decode()


def test_the_list_costs_the_same_for_many(ines, django_assert_max_num_queries):
    for number in range(12):
        make_partner(name=f"Partner {number}")
    with django_assert_max_num_queries(20):
        assert ines.get(reverse("partners")).content.decode().count("<tr id=") == 12


@pytest.mark.parametrize("scheme", sorted(examples._SIGNED))
def test_the_script_of_every_scheme_signs_what_the_door_believes(scheme, tmp_path):
    """Run by a real shell with a curl that writes down what it was given."""
    named = SCHEMES[scheme]
    secret = named.generate()
    format_ = formats.get("canonical")
    (tmp_path / "curl").write_text('#!/bin/sh\nfor one in "$@"; do printf "%s\\n" "$one"; done\n')
    (tmp_path / "curl").chmod(0o755)
    text = examples.script("https://tower.example/api/v1/messages/x", format_, named, secret)
    ran = subprocess.run(
        ["sh", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=20,
        env={"PATH": f"{tmp_path}:/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip

    given = ran.stdout.splitlines()
    headers = {}
    for flag, value in pairwise(given):
        if flag == "-H":
            name, _, headers_value = value.partition(": ")
            headers[name] = headers_value
        elif flag == "-A":
            headers["User-Agent"] = value
        elif flag == "-u":
            headers |= named.sign(b"", value, timezone.now(), "")
    headers[QUERY] = next((one.partition("?")[2] for one in given if "?token=" in one), "")
    raw = (tmp_path / "message.json").read_bytes()
    named.verify(raw, headers, [secret], timezone.now())
    assert format_.check(raw).key.startswith("first-try:first-2")
