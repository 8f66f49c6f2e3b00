"""A link shows one order for sixty days; nobody can make one or find another's."""

from unittest import mock

import pytest
from django.core.signing import TimestampSigner

from apps.portal.errors import Expired, Forged
from apps.portal.links import VALID_DAYS, link_for, order_of
from tests.portal.factories import order_of as make_order

pytestmark = pytest.mark.django_db
_NOW = "django.core.signing.time.time"


def token_of(order) -> str:
    return link_for(order).removeprefix("/t/").rstrip("/")


def aged(order, days: float) -> str:
    import time

    with mock.patch(_NOW, return_value=time.time() - days * 86400):
        return token_of(order)


def test_a_link_leads_to_its_order(company):
    order = make_order(company)
    assert order_of(token_of(order)) == order


def test_a_link_works_to_its_last_day_and_not_beyond(company):
    order = make_order(company)
    assert order_of(aged(order, VALID_DAYS - 0.01)) == order
    with pytest.raises(Expired) as caught:
        order_of(aged(order, VALID_DAYS + 0.01))
    assert caught.value.company == company.name


def test_a_link_with_one_character_changed_is_forged(company):
    token = token_of(make_order(company))
    for at in (0, 20, len(token) - 2):
        changed = token[:at] + ("0" if token[at] != "0" else "1") + token[at + 1 :]
        with pytest.raises(Forged):
            order_of(changed)


def test_the_name_of_one_order_does_not_go_with_the_signature_of_another(company):
    mine, other = make_order(company), make_order(company)
    name, rest = token_of(mine).split(".", 1)
    with pytest.raises(Forged):
        order_of(f"{str(other.public_id).removeprefix('ord_')}.{rest}")
    assert name in str(mine.public_id)


def test_what_another_part_of_the_tower_signed_opens_nothing(company):
    order = make_order(company)
    ref = str(order.public_id).removeprefix("ord_")
    with pytest.raises(Forged):
        order_of(TimestampSigner(salt="something.else", sep=".").sign(ref))


def test_a_link_to_an_order_that_is_gone_is_forged(company):
    order = make_order(company)
    token = token_of(order)
    order.delete()
    with pytest.raises(Forged):
        order_of(token)
