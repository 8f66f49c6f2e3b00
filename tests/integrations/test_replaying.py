"""Replays: a dry run that keeps nothing, then the same messages again; repeating changes nothing."""

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.exceptions.models import Case
from apps.integrations import inbox, jobs, replaying
from apps.integrations.errors import NoPlan
from apps.integrations.models import Job, Mapping, MappingCode, Message
from apps.integrations.searching import Filters
from apps.journal.models import Entry
from apps.shipments.models import Event, Package
from tests.factories import make_company, make_person
from tests.integrations.factories import batch, make_partner, post, stored
from tests.walk import examples

pytestmark = pytest.mark.django_db


def correct(code: str, milestone: str, format_name: str = "tpl_generic") -> Mapping:
    """Put a new version into force in which one code means something else."""
    old = Mapping.objects.get(format=format_name, state="active")
    Mapping.objects.filter(pk=old.pk).update(state="retired")
    new = Mapping.objects.create(
        format=format_name, version=old.version + 1, state="active", effective_from=timezone.now()
    )
    MappingCode.objects.bulk_create(
        MappingCode(
            mapping=new, table=row.table, code=row.code, reason=row.reason, provenance=row.provenance,
            milestone=milestone if row.code.lower() == code else row.milestone,
        )
        for row in MappingCode.objects.filter(mapping=old)
    )  # fmt: skip
    if not new.codes.filter(code__iexact=code).exists():
        table = new.codes.order_by("pk").values_list("table", flat=True)[0]
        new.codes.create(table=table, code=code, milestone=milestone, provenance="own")
    return new


def states() -> dict[str, tuple]:
    return {
        row.tracking_number: (row.milestone, row.status, row.exception_reason, row.event_count)
        for row in Package.objects.all()
    }


@pytest.fixture
def gent(company):
    """A partner with three applied messages about three parcels."""
    partner = make_partner("tpl_generic", "Gent 3PL", company)
    for name in ("A1", "B2", "C3"):
        post(partner, batch(f"m-{name}", name))
    inbox.drain()
    return partner


def test_a_plan_tells_what_would_change_and_keeps_nothing_of_it(gent, ines):
    before, events = states(), Event.objects.count()
    correct("in_transit", "out_for_delivery")
    entries = Entry.objects.exclude(kind__startswith="job.").count()

    plan = replaying.plan(ines, filters=Filters(partner=gent.slug))

    assert plan.state == "done"
    assert plan.report["would_differ"] == 3
    outlook = plan.report["outlook"]
    assert (outlook["new_events"], outlook["superseded"]) == (3, 3)
    told = {
        change["name"]: change["moved"][0]
        for change in outlook["changes"]
        if change["kind"] == "package"
    }
    assert told["A1"] == ["milestone", "in_transit", "out_for_delivery"]
    assert states() == before
    assert Event.objects.count() == events
    assert Case.objects.count() == 0
    assert Entry.objects.exclude(kind__startswith="job.").count() == entries


def test_what_was_planned_is_carried_out_once_and_gives_what_the_plan_said(gent, ines):
    correct("in_transit", "out_for_delivery")
    plan = replaying.plan(ines, filters=Filters(partner=gent.slug))

    first = replaying.carry_out(plan, by=ines)
    again = replaying.carry_out(plan, by=ines)
    jobs.run()
    inbox.drain()

    assert first.pk == again.pk
    first.refresh_from_db()
    assert (first.state, first.done, first.report["put_back"]) == ("done", 3, 3)
    assert {state[0] for state in states().values()} == {"out_for_delivery"}
    assert Event.objects.filter(superseded_at=None).count() == 3


def test_under_the_same_mapping_a_replay_changes_nothing(gent, ines):
    before, events = states(), Event.objects.count()
    plan = replaying.plan(ines, filters=Filters(partner=gent.slug))
    assert (plan.report["unchanged"], plan.report["would_differ"]) == (3, 0)

    replaying.carry_out(plan, by=ines)
    jobs.run()
    inbox.drain()

    assert (states(), Event.objects.count()) == (before, events)
    assert set(Message.objects.values_list("status", flat=True)) == {"processed"}


def test_a_plan_that_is_no_longer_true_is_not_carried_out(gent, ines):
    plan = replaying.plan(ines, filters=Filters(partner=gent.slug))
    correct("in_transit", "out_for_delivery")

    with pytest.raises(NoPlan) as refused:
        replaying.carry_out(plan, by=ines)

    assert refused.value.reason == "stale"
    assert not Job.objects.filter(kind="replay").exists()


def test_nothing_is_planned_without_a_choice_or_for_messages_of_others(gent, ines):
    stranger = make_person("Ivo", "integration", make_company("Elsewhere"))
    with pytest.raises(NoPlan):
        replaying.plan(ines)
    with pytest.raises(NoPlan):
        replaying.plan(stranger, filters=Filters(partner=gent.slug))
    plan = replaying.plan(ines, filters=Filters(partner=gent.slug))
    with pytest.raises(NoPlan):
        replaying.carry_out(plan, by=stranger)


def test_a_message_that_comes_after_the_plan_is_not_in_its_replay(gent, ines):
    plan = replaying.plan(ines, filters=Filters(partner=gent.slug))
    late = stored(post(gent, batch("m-late", "D4")))
    inbox.drain()

    replaying.carry_out(plan, by=ines)
    jobs.run()

    late.refresh_from_db()
    assert late.status == "processed"
    assert Message.objects.filter(status="received").count() == 3


@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rounds=st.lists(st.sets(st.integers(0, 2)), min_size=1, max_size=3))
def test_any_subset_replayed_any_number_of_times_leaves_what_the_events_say(gent, ines, rounds):
    before, events = states(), Event.objects.filter(superseded_at=None).count()
    ids = list(Message.objects.order_by("pk").values_list("public_id", flat=True))
    for some in rounds:
        if some:
            plan = replaying.plan(ines, chosen=[ids[index] for index in some])
            replaying.carry_out(plan, by=ines)
            jobs.run()
            inbox.drain()
    assert states() == before
    assert Event.objects.filter(superseded_at=None).count() == events
