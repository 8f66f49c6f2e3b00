"""The live push: what is told, to whom, and when the line is cut."""

import asyncio
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.utils import timezone

from apps.accounts.scope import grant
from apps.dashboards.live import LiveConsumer, group_of, item_of, push
from apps.journal.models import Entry
from tests.dashboards.sockets import page_of
from tests.factories import make_company, make_customer, make_person, make_warehouse

IN_MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CASE = "cas_" + "1" * 32
ORDER = "ord_" + "2" * 32


@pytest.fixture(autouse=True)
def _layer(settings) -> None:
    settings.CHANNEL_LAYERS = IN_MEMORY


def entry(kind="case.opened", subject=CASE, company_id=1, **more) -> Entry:
    payload = more.pop("payload", {"version": 3, "order": ORDER, "owner": None})
    return Entry(
        kind=kind, subject=subject, payload=payload, at=timezone.now(), company_id=company_id,
        warehouse_id=more.get("warehouse_id"), customer_id=more.get("customer_id"),
    )  # fmt: skip


def item(**more) -> dict:
    return {
        "t": "case",
        "id": CASE,
        "v": 1,
        "new": False,
        "also": [],
        "c": 1,
        "w": None,
        "k": None,
        **more,
    }


def test_an_item_says_what_changed_its_version_and_what_hangs_on_it():
    told = item_of(entry())
    assert {key: told[key] for key in ("t", "id", "v", "new", "also")} == {
        "t": "case", "id": CASE, "v": 3, "new": True, "also": [ORDER],
    }  # fmt: skip


def test_an_item_carries_no_content():
    payload = {"version": 1, "says": "Azure Interior, 4180 EUR", "stage": "delivered"}
    assert "Azure" not in str(item_of(entry("order.changed", ORDER, payload=payload)))


def test_an_entry_about_nothing_on_screen_is_not_told():
    assert item_of(entry(subject="partner-ups")) is None


def sees(user, told) -> bool:
    consumer = LiveConsumer()
    consumer._scope, consumer._roles = user.scope, user.roles
    consumer._only_customer = {role.value for role in user.roles} <= {"customer"}
    return consumer.sees(told)


@pytest.mark.django_db
def test_nothing_is_told_outside_the_scope(company):
    ghent, lyon = make_warehouse(company, "Gent"), make_warehouse(company, "Lyon")
    wide = make_person("Wide", "operations", company)
    narrow = make_person("Narrow", "operations", company, ghent)
    assert sees(wide, item(c=company.pk, w=lyon.pk))
    assert sees(narrow, item(c=company.pk, w=ghent.pk))
    assert not sees(narrow, item(c=company.pk, w=lyon.pk))
    assert not sees(narrow, item(c=company.pk, w=None))
    assert not sees(wide, item(c=make_company("Other").pk))


@pytest.mark.django_db
def test_a_customer_hears_of_own_orders_only_and_of_no_case(company):
    own, others = make_customer(company), make_customer(company, "Deco Addict")
    cora = make_person("Cora", "customer", company, own)
    assert sees(cora, item(t="order", c=company.pk, k=own.pk))
    assert not sees(cora, item(t="order", c=company.pk, k=others.pk))
    assert not sees(cora, item(t="case", c=company.pk, k=own.pk))
    assert not sees(cora, item(t="request", c=company.pk, k=own.pk))


@pytest.mark.django_db
def test_a_row_of_no_company_is_told_to_those_who_can_mend_it(olga, carl, fiona, ines):
    parcel, case = item(t="package", c=None), item(c=None)
    assert [sees(person, parcel) for person in (olga, carl, fiona, ines)] == [
        True,
        True,
        False,
        True,
    ]
    assert [sees(person, case) for person in (olga, carl, fiona, ines)] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.django_db
def test_a_channel_layer_that_is_away_stops_no_journal(settings, company, monkeypatch):
    log = Mock()
    monkeypatch.setattr("apps.dashboards.live.log", log)
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    push([entry(company_id=company.pk)])  # pages poll; the cursor moves on

    assert log.warning.call_args.args == ("live_push_lost",)


async def tell(*items) -> None:
    layer = get_channel_layer()
    for one in items:
        await layer.group_send(group_of(one["c"]), {"type": "live.changes", "items": [one]})


@pytest.mark.django_db(transaction=True)
def test_a_socket_says_hello_with_the_servers_time_and_then_what_changed(company):
    async def scene() -> None:
        carl = await sync_to_async(make_person)("Carl", "customer_service", company)
        socket = await page_of(carl)
        await socket.open()
        hello = await socket.hear()
        assert hello["t"] == "hello"
        assert {"now", "behind_s", "odoo_at"} <= set(hello)
        await tell(item(c=company.pk))
        assert await socket.hear() == [{"t": "case", "id": CASE, "v": 1, "new": False, "also": []}]
        await socket.hang_up()

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_a_socket_without_a_session_is_told_so_and_closed(db):
    async def scene() -> None:
        socket = await page_of(None)
        await socket.open()
        assert await socket.closed() == 4401

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_a_burst_about_one_row_is_one_word_with_the_last_version(company):
    async def scene() -> None:
        carl = await sync_to_async(make_person)("Carl", "customer_service", company)
        socket = await page_of(carl)
        await socket.open()
        await socket.hear()
        await tell(item(c=company.pk, v=1))
        await socket.hear()
        await tell(*(item(c=company.pk, v=version) for version in (2, 3, 4)))
        assert [one["v"] for one in await socket.hear()] == [4]
        await socket.hang_up()

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_signing_out_closes_the_socket(company):
    async def scene() -> None:
        carl = await sync_to_async(make_person)("Carl", "customer_service", company)
        socket = await page_of(carl)
        await socket.open()
        await socket.hear()
        await sync_to_async(socket.browser.post)("/accounts/logout/")
        assert await socket.closed() == 4401

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_a_grant_taken_away_silences_an_open_socket(company, monkeypatch):
    from guardian.shortcuts import remove_perm

    from apps.dashboards import live

    monkeypatch.setattr(live, "BEAT_S", 0.05)
    other = make_company("Second Inc")

    async def scene() -> None:
        carl = await sync_to_async(make_person)("Carl", "customer_service", company, other)
        socket = await page_of(carl)
        await socket.open()
        await socket.hear()
        await sync_to_async(remove_perm)("see_company", carl, other)
        for _ in range(2):  # two beats later the grants have been read anew
            assert (await socket.hear())["t"] == "beat"
        await tell(item(c=other.pk), item(c=company.pk, id=ORDER))
        while isinstance(heard := await socket.hear(), dict):
            continue
        assert [one["id"] for one in heard] == [ORDER]
        await socket.hang_up()

    asyncio.run(scene())


def test_grants_widen_too(db, company):
    carl = make_person("Carl", "customer_service")
    assert not sees(carl, item(c=company.pk))
    grant(carl, company)
    del carl.scope
    assert sees(carl, item(c=company.pk))


def test_the_badge_hears_how_far_the_push_is_behind(db, company, settle):
    from apps.dashboards.lateness import _read

    settle()
    assert _read()["behind_s"] == 0
    with connection.cursor() as cursor:  # as a worker that died 40 seconds ago leaves it
        cursor.execute(
            "INSERT INTO journal_entry (public_id, at, kind, version, subject, payload, correlation_id, actor)"
            " VALUES (gen_random_uuid(), now() - interval '40 seconds', 'case.changed', 1, %s, '{}', 'cor_test', 'system')",
            [CASE],
        )
    assert 40 <= _read()["behind_s"] < 400
    settle()
    assert _read()["behind_s"] == 0
