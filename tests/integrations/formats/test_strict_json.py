"""The door's JSON agrees with the standard decoder on good input and refuses the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations.formats import strict_json
from tests.integrations.formats.recorded import refusal

clean_text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | clean_text,
    lambda inner: st.lists(inner) | st.dictionaries(clean_text, inner),
    max_leaves=12,
)
documents = st.dictionaries(clean_text, values)


def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


@given(documents, st.booleans(), st.sampled_from([None, 2]))
def test_a_valid_document_reads_as_the_standard_decoder_reads_it(document, ascii_only, indent):
    raw = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()

    assert strict_json.loads(raw) == json.loads(raw) == document


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(raw):
    try:
        accepted = strict_json.loads(raw)
    except strict_json.Refused as error:
        assert error.reason == "malformed_payload"
    else:
        assert accepted == json.loads(raw)


@given(st.integers(1, 90), st.lists(clean_text, max_size=100))
def test_depth_is_counted_outside_of_texts_only(depth, texts):
    inner = json.dumps([*texts, '[{"', '\\"]}', "\\", '"', *["[]"] * 80]).encode()
    raw = b'{"t":' + inner + b',"d":' + b"[" * depth + b"]" * depth + b"}"

    if depth <= 63:
        assert strict_json.loads(raw) == json.loads(raw)
    else:
        assert refusal(strict_json.loads, raw).reason == "malformed_payload"


def test_sixty_four_levels_are_read_and_sixty_five_are_not():
    assert strict_json.loads(nested(64)) == json.loads(nested(64))
    assert "64" in refusal(strict_json.loads, nested(65)).detail
    assert "64" in refusal(strict_json.loads, nested(150_000)).detail


def test_objects_and_lists_in_turn_count_as_levels_alike():
    for levels in (64, 66, 100):
        raw = b'{"a":[' * (levels // 2) + b"]}" * (levels // 2)
        if levels == 64:
            assert strict_json.loads(raw) == json.loads(raw)
        else:
            assert "64" in refusal(strict_json.loads, raw).detail


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b'{"a":1',
        b'{"a":1}x',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":1,"a":1}',
        b'{"b":[{"a":1,"\\u0061":2}]}',
        b'{"a":1,"a\\u0000":2}',
        b'{"a":"\x00"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'\xef\xbb\xbf\xef\xbb\xbf{"a":1}',
        b'{"a":\xef\xbb\xbf1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":' + b"9" * 4301 + b"}",
        b'{"a":-0.' + b"9" * 4301 + b"}",
        b'{"a":1e' + b"0" * 4301 + b"}",
        b'{"a":[' + b"{}," * 200_000 + b"0]}",
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_is_not_strict_json_is_malformed(raw):
    error = refusal(strict_json.loads, raw)

    assert (error.reason, error.status) == ("malformed_payload", 400)


def test_one_byte_order_mark_before_the_document_is_passed_over():
    assert strict_json.loads(b'\xef\xbb\xbf\r\n{"a":"\xef\xbb\xbf"}') == {"a": "\ufeff"}


def test_the_longest_allowed_numbers_are_read():
    digits = "-" + "9" * 4300

    assert strict_json.loads(f'{{"a":{digits}}}'.encode()) == {"a": int(digits)}
    assert strict_json.loads(b'{"a":0.' + b"1" * 4299 + b"}")["a"] == pytest.approx(1 / 9)


def test_null_characters_go_and_half_a_surrogate_pair_is_replaced():
    raw = b'{"k\\u0000":["a\\u0000b",{"\\ud800x":"\\ud83d\\ude00 \\udc00"}], "n":0}'

    assert strict_json.loads(raw) == {"k": ["ab", {"\ufffdx": "\U0001f600 \ufffd"}], "n": 0}


def test_an_escaped_backslash_before_u0000_is_no_null_character():
    assert strict_json.loads(rb'{"a":"\\u0000"}') == {"a": r"\u0000"}


def test_a_refusal_quotes_nothing_of_the_body():
    error = refusal(strict_json.loads, b'{"password":1,"password":2}')

    assert "password" not in error.detail
