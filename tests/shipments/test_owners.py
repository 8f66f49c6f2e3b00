"""Every open order has exactly one accountable owner, whatever happens (R61)."""

import contextlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Team, User
from apps.journal.models import Entry
from apps.journal.services import append_many
from apps.shipments.errors import NotTheirs
from apps.shipments.models import Order, Stage
from apps.shipments.owners import hand_over, orders_without_owner, release_inactive, take_order
from apps.shipments.projection import project
from apps.shipments.rollup import recompute
from apps.shipments.rules.owner import TEAM_OF, order_owner
from apps.shipments.rules.stage import CLOSED
from apps.shipments.services import rollup
from tests.factories import make_company, make_person
from tests.shipments.factories import change, make_order, make_shipment
from tests.walk import examples

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def order(company):
    row = make_order(company)
    shipment = make_shipment(
        company, row, picking_state="assigned", execution_status="ready_to_ship"
    )
    rollup([shipment.pk])
    row.refresh_from_db()
    return row


def owner_of(order):
    order = Order.objects.get(pk=order.pk)
    return str(order.accountable), order.owner_basis


def move(order, picking_state):
    order.shipments.update(picking_state=picking_state)
    rollup([row.pk for row in order.shipments.all()])


def test_the_team_of_its_stage_owns_an_order_and_the_change_is_kept(order):
    assert (order.stage, owner_of(order)) == ("ready_to_ship", ("Operations", "team"))
    move(order, "done")
    assert owner_of(order) == ("Customer service", "team")
    assert (
        Order.objects.get().owner_why["says"] == "Customer service owns orders that are in transit"
    )
    entry = Entry.objects.get(kind="order.owner_changed", payload__team="customer-service")
    assert entry.payload["was"] == {"team": "operations", "owner": None}


def why(order):
    """What is said of the owner, and since when; the page shows the time in its reader's zone."""
    order.refresh_from_db()
    return order.owner_why["says"], order.owner_why["at"]


def test_a_person_takes_an_order_over_and_keeps_it_through_its_stages(order, olga, carl):
    take_order(order, by=olga, now=NOW)
    take_order(order, by=olga, now=NOW)
    move(order, "done")
    assert owner_of(order) == ("Olga Operations", "taken")
    assert why(order) == ("Taken over", NOW.isoformat())

    hand_over(order, to=carl, by=olga, now=NOW)
    assert owner_of(order) == ("Carl Reyes", "taken")
    assert why(order) == ("Handed over by Olga Operations", NOW.isoformat())
    hand_over(order, to=None, by=carl, now=NOW)
    assert owner_of(order) == ("Customer service", "team")
    assert why(order)[0].endswith("; handed back by Carl Reyes")

    told = Entry.objects.filter(kind="order.owner_changed", actor__startswith="usr_").order_by("id")
    assert [(entry.payload["owner"], entry.payload["was"]["owner"]) for entry in told] == [
        (olga.public_id, None),
        (carl.public_id, olga.public_id),
        (None, carl.public_id),
    ]


def test_nobody_takes_what_is_not_theirs_or_is_over(order, stranger, ines, carl, olga):
    for person, code in ((stranger, "out_of_scope"), (ines, "role")):
        with pytest.raises(NotTheirs) as refused:
            take_order(order, by=person, now=NOW)
        assert refused.value.code == code
    with pytest.raises(NotTheirs):
        hand_over(order, to=stranger, by=olga, now=NOW)
    Order.objects.update(odoo_state="cancel")
    move(order, "cancel")
    with pytest.raises(NotTheirs) as refused:
        take_order(order, by=carl, now=NOW)
    assert refused.value.code == "closed"


def test_who_is_switched_off_owns_nothing_from_that_moment(order, olga):
    take_order(order, by=olga, now=NOW)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert owner_of(order)[0] == "Operations"

    assert release_inactive(NOW) == 1
    row = Order.objects.get()
    assert (row.owner, row.owner_basis) == (None, "team")
    assert release_inactive(NOW) == 0


def test_a_salesperson_of_the_tower_owns_it_until_the_warehouse_has_it(order, carl):
    Order.objects.update(salesperson=carl)
    order.shipments.update(order=None)
    append_many(recompute((), NOW, order_ids=[order.pk]))
    assert owner_of(order) == ("Carl Reyes", "salesperson")


def test_the_database_refuses_an_open_order_that_is_nobodys(order):
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.update(owner_team=None)
    assert not orders_without_owner().exists()


def test_every_stage_has_a_team():
    assert set(TEAM_OF) == set(Stage.values)


@given(
    stage=st.sampled_from([*Stage.values, "somebody_elses"]),
    taken=st.none() | st.integers(1, 9),
    seller=st.none() | st.integers(1, 9),
)
def test_there_is_always_exactly_one_owner(stage, taken, seller):
    owned = order_owner(stage, taken_by=taken, salesperson=seller)
    assert owned.team
    assert owned.says
    assert (owned.person is None) == (owned.basis == "team")
    assert owned.person in (None, taken, seller)


steps = st.lists(
    st.tuples(
        st.sampled_from(["state", "picking", "take", "give", "off", "on", "sweep", "sell"]),
        st.sampled_from(["sale", "cancel", "odd", "draft"]),
        st.sampled_from(["assigned", "done", "cancel", "odd", "confirmed"]),
        st.booleans(),
    ),
    max_size=12,
)


class Undone(Exception):
    """Takes a world back."""


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(steps=steps)
def test_no_open_order_is_nobodys_whatever_happens_to_it_and_to_people(steps):
    try:
        with transaction.atomic():
            _live(steps)
            raise Undone
    except Undone:
        return


def _live(steps):
    company = make_company()
    people = [make_person("Ann", "operations", company), make_person("Bob", "finance", company)]
    order = make_order(company)
    shipment = make_shipment(company, order, picking_state="assigned")
    for number, (what, state, picking, first) in enumerate(steps):
        now, who = NOW + timedelta(hours=number), people[first]
        if what == "state":
            Order.objects.filter(pk=order.pk).update(odoo_state=state)
        elif what == "picking":
            shipment.__class__.objects.filter(pk=shipment.pk).update(picking_state=picking)
        elif what == "sell":
            Order.objects.filter(pk=order.pk).update(salesperson=who)
        elif what in ("off", "on"):
            User.objects.filter(pk=who.pk).update(is_active=what == "on")
        elif what == "sweep":
            release_inactive(now)
        else:
            with contextlib.suppress(NotTheirs), transaction.atomic():
                hand_over(order, to=who if what == "take" else None, by=who, now=now)
        rollup([shipment.pk], now=now)
        row = Order.objects.select_related("owner", "owner_team").get(pk=order.pk)
        assert not orders_without_owner().exists()
        assert row.open == (row.stage not in CLOSED)
        assert isinstance(row.accountable, User | Team)
        assert not isinstance(row.accountable, User) or row.accountable.is_active


def test_odoos_salesperson_is_known_by_the_login_that_is_an_e_mail(sold, carl, ines):
    said, picking = sold
    change(picking, gone_at=NOW, order_odoo_id=None)
    change(said, salesperson="Carl", salesperson_login=carl.email.upper())
    project("default", orders=[said.odoo_id])
    order = Order.objects.get()
    assert (order.stage, order.accountable, order.owner_basis) == ("confirmed", carl, "salesperson")

    change(said, salesperson_login=ines.email)  # whose role owns no orders
    project("default", orders=[said.odoo_id])
    assert str(Order.objects.get().accountable) == "Customer service"
