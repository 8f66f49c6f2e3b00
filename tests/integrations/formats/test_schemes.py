"""How senders sign: each scheme against a signature made here by hand, and against bad headers."""

import base64
import hashlib
import hmac
import json
import unicodedata
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations.formats.errors import Refused
from apps.integrations.formats.schemes import GENERIC, QUERY, SCHEMES
from tests.integrations.formats.recorded import SCHEME_SECRETS, refusal

RAW = b'{"a": "\xc3\xa9",\n "b": 1}\n'
NOW = datetime(2026, 3, 10, 12, 0, 0, 400_000, tzinfo=UTC)
T = "1773144000"  # NOW in seconds, cut
SEED = bytes(range(32))
PRIVATE = Ed25519PrivateKey.from_private_bytes(SEED)
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
WHPK = "whpk_" + base64.b64encode(PUBLIC).decode()
WHSK = "whsk_" + base64.b64encode(SEED + PUBLIC).decode()
EACH = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda found: found.name)
IN_HEADERS = pytest.mark.parametrize(
    "scheme", [one for one in SCHEMES.values() if one.header_names], ids=lambda found: found.name
)


def mac(secret, signed, how=hashlib.sha256):
    return hmac.new(secret.encode(), signed, how)


def b64(raw):
    return base64.b64encode(raw).decode()


def standard(secret="whsec_c2VjcmV0", message_id="msg_1", seconds=T, raw=RAW):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{seconds}.".encode() + raw
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + b64(hmac.new(key, signed, hashlib.sha256).digest()),
    }


def ed25519(seconds=T):
    signed = f"msg_1.{seconds}.".encode() + RAW
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": seconds,
        "webhook-signature": "v1a," + b64(PRIVATE.sign(signed)),
    }


def shippo(secret="k", seconds=T):
    return f"t={seconds},v1={mac(secret, f'{seconds}.'.encode() + RAW).hexdigest()}"


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def rsa_headers(at="2026-03-10T12:00:00Z", how=None):
    signed = at.encode() + b"." + RAW
    return {
        "x-shipengine-rsa-sha256-signature": b64(
            RSA.sign(signed, padding.PKCS1v15(), how or hashes.SHA256())
        ),
        "x-shipengine-timestamp": at,
    }


NFKD = unicodedata.normalize("NFKD", "caf\u00e9")
BY_HAND = [
    ("standard_webhooks", "whsec_c2VjcmV0", standard()),
    ("standard_webhooks", WHPK, ed25519()),
    (
        "easypost",
        "caf\u00e9",
        {"X-Hmac-Signature": "hmac-sha256-hex=" + mac(NFKD, RAW).hexdigest()},
    ),
    ("aftership", "k\u00e9", {"aftership-hmac-sha256": b64(mac("k\u00e9", RAW).digest())}),
    ("shippo", "k", {"Shippo-Auth-Signature": shippo()}),
    ("fedex", "k", {"fdx-signature": b64(mac("k", RAW).digest())}),
    ("dcsa", "k", {"Notification-Signature": "sha256=" + mac("k", RAW).hexdigest()}),
    ("seventeentrack", "k", {"sign": hashlib.sha256(RAW + b"/k").hexdigest()}),
    ("hmac_sha256", "k", {"X-Signature": "sha256=" + mac("k", RAW).hexdigest()}),
    ("ups_credential", "k", {"credential": "k", "User-Agent": "UPSPubSubTrackingService"}),
    ("bearer", "k-1", {"Authorization": "Bearer k-1"}),
    ("basic", "u:p:\u00e9", {"Authorization": "Basic " + b64("u:p:\u00e9".encode())}),
    ("url_token", "k &\u00e9", {QUERY: "a=b&token=" + quote("k &\u00e9")}),
    ("shipengine", RSA_PEM, rsa_headers()),
]


@pytest.mark.parametrize(("name", "secret", "headers"), BY_HAND)
def test_a_signature_made_by_hand_is_accepted_and_no_other_secret_or_body(name, secret, headers):
    scheme = SCHEMES[name]
    scheme.check_secret(secret)
    scheme.verify(RAW, headers, [secret], NOW)
    scheme.verify(RAW, {key.upper(): value for key, value in headers.items()}, [secret], NOW)
    scheme.verify(RAW, headers, ["other", secret, ""], NOW)

    longer = "" if name == "shipengine" else secret + "x"  # text around a PEM is none of it
    for secrets in (["other"], ["x:y"], ["whsec_b3RoZXI="], [longer], [""], []):
        assert refusal(scheme.verify, RAW, headers, secrets, NOW).reason == "invalid_signature"
    if scheme.signs_body:
        changed = refusal(scheme.verify, RAW + b" ", headers, [secret], NOW)
        assert (changed.reason, changed.status) == ("invalid_signature", 401)
    else:
        scheme.verify(b"anything", headers, [secret], NOW)


def test_every_scheme_was_tried_by_hand():
    assert {name for name, _, _ in BY_HAND} == set(SCHEMES)


@EACH
def test_a_fresh_secret_is_good_and_what_it_signs_is_accepted(scheme):
    secret, other = scheme.generate(), scheme.generate()
    scheme.check_secret(secret)
    headers = scheme.sign(b"\xff", secret, NOW, "msg_7")

    assert secret != other
    assert len(secret) >= 32
    assert set(headers) == set(scheme.header_names or [QUERY])
    scheme.verify(b"\xff", headers, [other, secret], NOW)
    assert refusal(scheme.verify, b"\xff", headers, [other], NOW).reason == "invalid_signature"


@EACH
def test_a_blank_secret_is_none(scheme):
    for secret in ("", "  "):
        with pytest.raises(ValueError, match=r"secret|password"):
            scheme.check_secret(secret)
        with pytest.raises(ValueError, match=r"secret|password"):
            scheme.sign(b"", secret, NOW, "m")


def test_what_any_sender_can_be_taught_is_there():
    assert set(GENERIC) <= set(SCHEMES)


@IN_HEADERS
@pytest.mark.parametrize(
    "value",
    [
        "\u00e9", "\ud800", "\x00", "v1", "v1,", "v1a,", "v1a,AAAA", ",", "=", "t=", "t=1", "v1=",
        "sha1=" + "0" * 40, "md5=" + "0" * 32, "sha256=", "SHA256=" + "0" * 64, "sha256=" + "g" * 64,
        "sha256=" + "0" * 63, "sha256=" + "0" * 65, "sha256=" + "\uff10" * 64, "0" * 64,
        "A" * 43 + "=", "A" * 44, "_" * 43 + "=", "hmac-sha256-hex=" + "0" * 64, "Basic", "Basic %%",
        "Basic " + "\u00e9", "Bearer ", "Bearer a b", "Digest x", "Bearer \u00e9",
        "x" * 5_000, "x" * 100_000, "v1," * 40_000, "t=1," * 20_000, "v1a,AAAA " * 20_000,
    ],
    ids=lambda value: ascii(value[:24]),
)  # fmt: skip
def test_a_bad_header_is_invalid_and_nothing_breaks(scheme, value):
    secret = SCHEME_SECRETS.get(scheme.name) or "k"
    good = scheme.sign(RAW, secret, NOW, "m")
    for name in scheme.header_names:
        if name in {"webhook-id", "User-Agent"} and not value.strip():
            continue
        error = refusal(scheme.verify, RAW, good | {name: value}, [secret], NOW)
        assert (error.reason, error.status) == ("invalid_signature", 401)
        assert len(error.detail) < 200


@IN_HEADERS
@given(value=st.text(max_size=200))
def test_no_text_in_a_header_raises_anything_but_a_refusal(scheme, value):
    secret = SCHEME_SECRETS.get(scheme.name) or "k"
    headers = scheme.sign(RAW, secret, NOW, "m") | {scheme.header_names[-1]: value}
    try:
        scheme.verify(RAW, headers, [secret, WHPK], NOW)
    except Refused as error:
        assert error.reason in {"missing_signature", "invalid_signature"}


@pytest.mark.parametrize(("name", "secret", "headers"), BY_HAND)
def test_two_values_of_one_header_joined_as_servers_do_are_no_signature(name, secret, headers):
    scheme = SCHEMES[name]
    header = scheme.header_names[-1] if scheme.header_names else QUERY
    joined = headers | {header: f"{headers[header]},{headers[header]}"}
    if name == "shippo":  # t twice
        joined = headers | {header: f"{headers[header]},t=1"}

    assert refusal(scheme.verify, RAW, joined, [secret], NOW).reason == "invalid_signature"


IN_HEX = ("easypost", "shippo", "dcsa", "seventeentrack", "hmac_sha256")


@pytest.mark.parametrize(
    ("name", "secret", "headers"), [one for one in BY_HAND if one[0] in IN_HEX]
)
def test_hex_digits_count_in_either_case_and_what_stands_before_them_does_not(
    name, secret, headers
):
    verify = SCHEMES[name].verify
    (header, value), *_ = headers.items()
    prefix, digest = value[:-64], value[-64:]

    verify(RAW, {header: prefix + digest.upper()}, [secret], NOW)
    assert refusal(verify, RAW, {header: f"{prefix}{digest}0"}, [secret], NOW)
    if prefix:
        assert refusal(verify, RAW, {header: prefix.upper() + digest}, [secret], NOW)


@pytest.mark.parametrize("scheme", [one for one in SCHEMES.values() if one.signs_time])
@pytest.mark.parametrize("away", [301, -301, 10**6, -(10**9)])
def test_a_signed_time_outside_the_window_is_stale_in_either_direction(scheme, away):
    secret = SCHEME_SECRETS[scheme.name]
    signed_at = NOW.replace(microsecond=0)
    headers = scheme.sign(RAW, secret, signed_at, "m")
    now = signed_at + timedelta(seconds=away)

    error = refusal(scheme.verify, RAW, headers, [secret], now)
    assert (error.reason, error.status) == ("stale_timestamp", 401)
    scheme.verify(RAW, headers, [secret], signed_at + timedelta(seconds=300))
    scheme.verify(RAW, headers, [secret], signed_at - timedelta(seconds=300))
    scheme.verify(RAW, headers, [secret], now, tolerance_s=abs(away))
    wrong = refusal(scheme.verify, RAW + b" ", headers, [secret], now)
    assert wrong.reason == "invalid_signature"


def test_a_scheme_without_a_signed_time_does_not_look_at_the_clock():
    for name, secret, headers in BY_HAND:
        if not SCHEMES[name].signs_time:
            SCHEMES[name].verify(RAW, headers, [secret], NOW + timedelta(days=9999), tolerance_s=0)


def test_a_public_key_verifies_v1a_and_signs_nothing():
    scheme = SCHEMES["standard_webhooks"]
    scheme.verify(RAW, ed25519(), [WHPK], NOW)
    scheme.verify(RAW, scheme.sign(RAW, WHSK, NOW, "msg_1"), [WHPK], NOW)
    assert scheme.sign(RAW, WHSK, NOW, "msg_1") == ed25519()

    assert refusal(scheme.verify, RAW, ed25519(), ["whsec_c2VjcmV0"], NOW)
    assert refusal(scheme.verify, RAW, ed25519(seconds="1773143699"), [WHPK], NOW)
    with pytest.raises(ValueError, match="public key"):
        scheme.sign(RAW, WHPK, NOW, "msg_1")


def test_who_knows_only_the_public_key_cannot_sign_with_it_as_if_it_were_shared():
    scheme = SCHEMES["standard_webhooks"]
    for key in (PUBLIC, WHPK.encode(), base64.b64decode("whpk" + b64(PUBLIC) + "==")):
        forged = hmac.new(key, f"msg_1.{T}.".encode() + RAW, hashlib.sha256).digest()
        headers = ed25519() | {"webhook-signature": f"v1,{b64(forged)} v1a,{b64(forged)}"}
        assert refusal(scheme.verify, RAW, headers, [WHPK], NOW).reason == "invalid_signature"


@pytest.mark.parametrize(
    "secret", ["whpk_", "whpk_AAAA", "whpk_!", "whsk_AAAA", "whsec_", "whsec_\u00e9"]
)
def test_a_key_of_another_length_is_no_secret(secret):
    with pytest.raises(ValueError, match="whsec_"):
        SCHEMES["standard_webhooks"].check_secret(secret)


def test_both_kinds_of_standard_webhooks_may_stand_beside_each_other():
    scheme = SCHEMES["standard_webhooks"]
    both = f"{standard()['webhook-signature']} {ed25519()['webhook-signature']}"
    headers = standard() | {"webhook-signature": both}

    for secrets in (["whsec_c2VjcmV0"], [WHPK], [WHPK, "whsec_b3RoZXI="]):
        scheme.verify(RAW, headers, secrets, NOW)
    many = f"{'v1,AAAA ' * 16}{standard()['webhook-signature']}"
    assert refusal(
        scheme.verify, RAW, standard() | {"webhook-signature": many}, ["whsec_c2VjcmV0"], NOW
    )


@pytest.mark.parametrize(
    "header",
    [
        "t=1773144000", "v1=" + "0" * 64, "t=soon,v1=" + "0" * 64, "t=-1,v1=" + "0" * 64,
        "t=1773144000,v0=" + "0" * 64, "t=1,t=2,v1=" + "0" * 64, "t=\u0661,v1=" + "0" * 64,
        "t=9999999999999,v1=" + "0" * 64,
    ],
)  # fmt: skip
def test_a_shippo_header_without_its_time_or_its_version_is_invalid(header):
    error = refusal(SCHEMES["shippo"].verify, RAW, {"Shippo-Auth-Signature": header}, ["k"], NOW)
    assert error.reason == "invalid_signature"


def test_shippo_may_send_two_signatures_while_its_secret_changes():
    old = shippo("old").partition(",")[2]
    SCHEMES["shippo"].verify(
        RAW, {"Shippo-Auth-Signature": f" {shippo('new')} , {old}, v2=x"}, ["old"], NOW
    )


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "missing_signature"),
        ("token=", "missing_signature"),
        ("Token=k", "missing_signature"),
        ("token=k&token=k", "invalid_signature"),
        ("token=k&token=", "invalid_signature"),
        ("token=K", "invalid_signature"),
        ("token=%ff", "invalid_signature"),
        ("token=k%00", "invalid_signature"),
        ("a=1&" * 100 + "token=k", "invalid_signature"),
        ("token=" + "k" * 10_000, "invalid_signature"),
    ],
)
def test_the_token_stands_once_in_the_address_and_exactly(query, reason):
    error = refusal(SCHEMES["url_token"].verify, RAW, {QUERY: query}, ["k"], NOW)
    assert error.reason == reason


def test_basic_and_bearer_are_named_in_any_case_and_are_not_each_other():
    basic, bearer = SCHEMES["basic"], SCHEMES["bearer"]
    value = b64(b"u:p")
    basic.verify(RAW, {"Authorization": f"bASIC  {value}"}, ["u:p"], NOW)
    bearer.verify(RAW, {"Authorization": "bearer k"}, ["k"], NOW)

    assert refusal(bearer.verify, RAW, {"Authorization": f"Basic {value}"}, [value], NOW)
    assert refusal(basic.verify, RAW, {"Authorization": f"Bearer {value}"}, ["u:p"], NOW)
    for secret in ("user", ":p", "u:"):
        with pytest.raises(ValueError, match="user:password"):
            basic.check_secret(secret)
    for secret in ("two words", "caf\u00e9", "line\n"):
        with pytest.raises(ValueError, match="ASCII"):
            bearer.check_secret(secret)


def test_a_credential_outside_ascii_is_compared_by_its_bytes():
    wire = "k\u00e9".encode().decode("latin-1")  # what a WSGI server makes of it
    headers = {"credential": wire, "User-Agent": "UPSPubSubTrackingService"}
    SCHEMES["ups_credential"].verify(RAW, headers, ["k\u00e9"], NOW)
    assert refusal(SCHEMES["ups_credential"].verify, RAW, headers, ["ke"], NOW)


def test_what_ties_nothing_to_the_body_says_so():
    weak = {name for name, scheme in SCHEMES.items() if not scheme.signs_body}
    assert weak == {"ups_credential", "bearer", "basic", "url_token"}
    assert {name for name, scheme in SCHEMES.items() if scheme.signs_time} == {
        "standard_webhooks",
        "shippo",
        "shipengine",
    }
    assert all("addresses" in SCHEMES[name].secret_hint for name in weak)


def test_shipengines_key_is_taken_as_pem_as_jwk_and_as_the_whole_set():
    numbers = RSA.public_key().public_numbers()
    modulus = base64.urlsafe_b64encode(numbers.n.to_bytes(256, "big")).decode().rstrip("=")
    jwk = {"kty": "RSA", "kid": "1", "e": "AQAB", "n": modulus}
    elliptic = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
    one_line = RSA_PEM.replace("\n", " ")
    for secret in (RSA_PEM, one_line, json.dumps(jwk), json.dumps({"keys": [elliptic, jwk]})):
        SCHEMES["shipengine"].check_secret(secret)
        SCHEMES["shipengine"].verify(RAW, rsa_headers(), [secret], NOW)
        with pytest.raises(ValueError, match="public key"):
            SCHEMES["shipengine"].sign(RAW, secret, NOW, "m")


def test_a_weak_key_or_digest_and_what_is_no_key_are_not_taken():
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem = weak.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for secret in (pem, "{}", "[]", '{"keys": 1}', '{"keys": [1]}', "{", "-----BEGIN", "\ud800"):
        with pytest.raises(ValueError, match="RSA key"):
            SCHEMES["shipengine"].check_secret(secret)
    verify = SCHEMES["shipengine"].verify
    assert refusal(verify, RAW, rsa_headers(how=hashes.SHA1()), [RSA_PEM], NOW)
    assert refusal(verify, RAW, rsa_headers("1773144000"), [RSA_PEM], NOW)
