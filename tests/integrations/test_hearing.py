"""A partner that only pushes and falls silent is an incident, by what it usually does at that hour (B10)."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.exceptions.models import Case, Outage
from apps.exceptions.services import sweep_clocks
from apps.integrations import hearing, inbox, incidents
from apps.integrations.models import Message, Partner, Poll
from apps.journal.ids import new_id
from apps.shipments.models import Carrier, Package
from tests.integrations.factories import batch, make_partner, post
from tests.integrations.polling_ground import make_packages, make_poll
from tests.shipments.factories import make_order, make_package, make_shipment

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)
LONG_AGO = MONDAY - timedelta(weeks=5)


@pytest.fixture(autouse=True)
def _zone(settings):
    settings.TEAM_TIMEZONE = "UTC"


def spoke(partner: Partner, *times: datetime) -> None:
    """Messages that came by themselves at these times."""
    Message.objects.bulk_create(
        Message(
            partner=partner, key=f"m{at:%Y%m%d%H%M%S}", digest="0" * 64, status="processed", received_at=at,
            correlation_id=new_id("cor"), size=2,
        )
        for at in times
    )  # fmt: skip


def work_days(until: datetime, *, every_min: int = 10) -> list[datetime]:
    """Monday to Friday, 06:00 to 18:00, for five weeks."""
    steps = int((until - LONG_AGO) / timedelta(minutes=every_min))
    times = [LONG_AGO + index * timedelta(minutes=every_min, seconds=0) for index in range(steps)]
    return [at for at in times if at.weekday() < 5 and 6 <= at.hour < 18]


@pytest.fixture
def pusher() -> Partner:
    """A 3PL that moves parcels of UPS; one is under way."""
    partner = make_partner("tpl_generic", "Gent 3PL", carrier="ups")
    make_packages("1ZAWAY", milestone="in_transit", heard_at=MONDAY)
    return partner


def look(at: datetime) -> int:
    return hearing.watch(at, awake_since=LONG_AGO)


def test_a_webhook_that_falls_silent_in_its_busy_hours_is_one_incident_within_the_hour(pusher):
    spoke(pusher, *work_days(MONDAY + timedelta(hours=10)))

    assert look(MONDAY + timedelta(hours=10, minutes=15)) == 0
    assert look(MONDAY + timedelta(hours=10, minutes=45)) == 1
    assert look(MONDAY + timedelta(hours=11)) == 0

    case = Case.objects.get()
    assert (case.kind, case.dedupe) == ("integration_down", "partner:gent-3pl")
    assert case.title == "Gent 3PL is silent"
    assert "09 Mar 09:50 UTC" in case.says
    outage = Outage.objects.get()
    assert outage.carrier == Carrier.objects.get(slug="ups")
    assert outage.began_at == MONDAY + timedelta(hours=9, minutes=50)


@pytest.mark.parametrize(
    "quiet",
    [MONDAY + timedelta(hours=5, minutes=50), MONDAY + timedelta(days=-1, hours=14)],
    ids=["night", "sunday"],
)
def test_nights_and_weekends_are_no_silence(pusher, quiet):
    spoke(pusher, *[at for at in work_days(MONDAY) if at < quiet])
    assert look(quiet) == 0
    assert look(MONDAY + timedelta(hours=7)) == 1, "the morning after it should have spoken"


def test_one_that_speaks_twice_an_hour_is_given_more_time(pusher):
    spoke(pusher, *work_days(MONDAY + timedelta(hours=10), every_min=30))
    assert look(MONDAY + timedelta(hours=10, minutes=50)) == 0
    assert look(MONDAY + timedelta(hours=11, minutes=30)) == 1


@pytest.mark.parametrize(
    "why", ["new", "nobody waits", "another speaks", "off", "asked", "we were away"]
)
def test_no_incident_where_silence_says_nothing(pusher, why):
    now, times = MONDAY + timedelta(hours=12), work_days(MONDAY + timedelta(hours=10))
    if why == "new":
        times = [at for at in times if at > MONDAY]
    spoke(pusher, *times)
    awake_since = LONG_AGO
    if why == "nobody waits":
        Package.objects.update(terminal=True)
    elif why == "another speaks":
        spoke(make_partner("tpl_generic", "Other", carrier="ups"), now - timedelta(minutes=5))
    elif why == "off":
        Partner.objects.update(switch="off")
    elif why == "asked":
        make_poll(watched=pusher)
    elif why == "we were away":
        awake_since = now - timedelta(minutes=20)

    assert hearing.watch(now, awake_since=awake_since) == 0


def test_a_fixed_limit_takes_the_place_of_what_was_learned(pusher):
    spoke(pusher, MONDAY)
    Poll.objects.create(partner=pusher, on=False, expected_within_s=7200)

    assert look(MONDAY + timedelta(hours=1, minutes=59)) == 0
    assert look(MONDAY + timedelta(hours=2, minutes=1)) == 1


def test_when_it_speaks_again_what_it_missed_has_time_to_come_before_promises_are_told(
    company, pusher
):
    """No storm at the first sign of life: senders repeat what was not taken at rests that grew with the outage."""
    spoke(pusher, *work_days(MONDAY + timedelta(hours=8)))
    carrier = Carrier.objects.get(slug="ups")
    for number in ("1ZFIRST", "1ZSECOND"):
        shipment = make_shipment(
            company, make_order(company), carrier=carrier, execution_status="in_transit",
            dispatched_at=MONDAY - timedelta(days=1), promise_at=MONDAY + timedelta(hours=9),
            heard_at=MONDAY,
        )  # fmt: skip
        make_package(number, shipment, milestone="in_transit", heard_at=MONDAY)
    assert look(MONDAY + timedelta(hours=9)) == 1
    back = MONDAY + timedelta(hours=10)

    assert post(pusher, batch("m1", "1ZFIRST", code="delivered")).status_code == 202
    Message.objects.filter(status="received").update(received_at=back)
    inbox.drain()
    incidents.follow(back + timedelta(minutes=1))
    sweep_clocks(back + timedelta(minutes=1))

    outage = Outage.objects.get()
    assert outage.ended_at == back + timedelta(minutes=1)
    assert outage.caught_up_at is None
    assert list(Case.objects.values_list("kind", flat=True)) == ["integration_down"]

    incidents.follow(back + timedelta(hours=2))
    sweep_clocks(back + timedelta(hours=2))
    assert Outage.objects.get().caught_up_at == back + timedelta(hours=2)
    assert Case.objects.filter(kind="shipment_delayed").count() >= 1


def test_a_case_that_a_person_closes_holds_nothing_back_and_is_not_opened_for_the_same_silence(
    pusher,
):
    spoke(pusher, *work_days(MONDAY + timedelta(hours=10)))
    look(MONDAY + timedelta(hours=11))
    Case.objects.update(
        state="resolved", resolved_by="Ines", resolved_at=MONDAY + timedelta(hours=12)
    )

    incidents.follow(MONDAY + timedelta(hours=12))
    assert look(MONDAY + timedelta(hours=13)) == 0

    assert Outage.objects.get().caught_up_at == MONDAY + timedelta(hours=12)
    assert Case.objects.get().state == "resolved"


def test_a_stand_in_that_failed_is_over_when_the_webhook_speaks_again():
    """The webhook is back, so nobody is asked any more: the incident must not wait for an answer for ever."""
    push = make_partner("tpl_generic", "Pushes", carrier="ups")
    poll = make_poll(watched=push, when="silent", standing_in_since=MONDAY)
    assert incidents.begin(poll.partner, "It answers HTTP 503.", MONDAY + timedelta(hours=1))
    Poll.objects.update(standing_in_since=None)
    spoke(push, MONDAY + timedelta(hours=2))

    incidents.follow(MONDAY + timedelta(hours=2, minutes=1))

    assert Outage.objects.get().ended_at == MONDAY + timedelta(hours=2, minutes=1)
