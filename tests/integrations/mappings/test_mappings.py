"""Mappings are data: drafted, tested, reviewed by a second person, in force from a time on, brought back in one action."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.exceptions.models import Case
from apps.integrations import inbox, mappings, messages
from apps.integrations.formats.codes import Code
from apps.integrations.mappings import drafting, rehearsing, reviewing, unmapped
from apps.integrations.mappings.comparing import row_changes
from apps.integrations.mappings.errors import BadMapping, NotNow, NotYourOwn
from apps.integrations.models import Mapping, MappingState, Message, UnmappedCode
from apps.journal.models import Entry
from apps.shipments.models import Event, Package
from tests.integrations.factories import batch, make_partner, post, stored
from tests.integrations.mappings.factories import handed_in, in_force, make_draft, row

pytestmark = pytest.mark.django_db
GONE = row("tpl_generic", "DOCKED", "arrived_at_facility")


def milestones(format_name, partner, code, at=None):
    versions = mappings.in_force([(format_name, partner.pk)])
    return (
        versions.at(format_name, partner.pk, at or timezone.now())
        .resolve((format_name, code))
        .milestone
    )


def test_a_draft_changes_nothing_until_a_second_person_puts_it_into_force(ines, olga):
    partner = make_partner()
    draft = handed_in(make_draft(ines, GONE), ines)
    assert milestones("tpl_generic", partner, "DOCKED") == "info_only"

    reviewing.approve(draft, by=olga)

    assert milestones("tpl_generic", partner, "DOCKED") == "arrived_at_facility"
    first = Mapping.objects.get(format="tpl_generic", version=1)
    draft.refresh_from_db()
    assert (first.state, draft.state, draft.reviewer) == ("retired", "active", olga)


def test_whoever_wrote_any_of_it_does_not_put_it_into_force(ines, olga):
    draft = make_draft(ines, GONE)
    drafting.set_code(draft, row("tpl_generic", "LEFT", "departed_facility"), by=olga)
    draft = handed_in(draft, ines)

    for writer in (ines, olga):
        with pytest.raises(NotYourOwn):
            reviewing.approve(draft, by=writer)
    draft.refresh_from_db()
    assert draft.state == MappingState.REVIEW


def test_nothing_comes_into_force_untested_and_a_change_asks_for_a_new_test(ines, olga):
    draft = make_draft(ines, GONE)
    rehearsing.note(draft, by=ines, golden_=rehearsing.golden(draft), stored_=None)
    drafting.set_code(draft, row("tpl_generic", "LEFT", "departed_facility"), by=ines)
    drafting.submit(draft, by=ines, note="two codes")

    with pytest.raises(BadMapping, match="Test it first"):
        reviewing.approve(draft, by=olga)


def test_a_test_of_rows_that_were_changed_meanwhile_does_not_count(ines):
    draft = make_draft(ines, GONE)
    result = rehearsing.golden(draft)
    seen = Mapping.objects.get(pk=draft.pk)
    drafting.set_code(draft, row("tpl_generic", "LEFT", "departed_facility"), by=ines)

    rehearsing.note(seen, by=ines, golden_=result, stored_=None)

    assert Mapping.objects.get(pk=draft.pk).tested is None


def test_what_is_reviewed_never_changes_any_more(ines, olga):
    version = in_force(ines, olga, GONE)

    for change in (
        lambda: drafting.set_code(version, row("tpl_generic", "X", "lost"), by=ines),
        lambda: drafting.remove_code(version, "tpl_generic", "DOCKED", by=ines),
        lambda: drafting.upload(version, b"table,code,milestone\n", by=ines),
        lambda: drafting.submit(version, by=ines, note="again"),
        lambda: drafting.discard(version, by=ines),
        lambda: reviewing.approve(version, by=olga),
    ):
        with pytest.raises(NotNow):
            change()


def test_a_message_is_read_as_codes_were_meant_when_it_came_and_a_replay_as_they_are_now(
    ines, olga
):
    partner = make_partner()
    answer = post(partner, batch("m1", "AB1", code="DOCKED"))
    version = in_force(ines, olga, GONE)
    Message.objects.update(received_at=version.effective_from - timedelta(minutes=5))
    from apps.integrations.models import MessageBody

    MessageBody.objects.update(received_at=version.effective_from - timedelta(minutes=5))

    inbox.drain()
    event = Event.objects.get()
    assert (event.milestone, event.unmapped, event.mapping_version) == ("info_only", True, 1)

    messages.replay(stored(answer), actor="usr_x")
    inbox.drain()
    event = Event.objects.get(superseded_at=None)
    assert (event.milestone, event.mapping_version) == ("arrived_at_facility", version.version)
    assert Package.objects.get().milestone == "arrived_at_facility"


def test_a_version_begins_at_its_time_whether_or_not_beat_has_said_so(ines, olga):
    partner = make_partner()
    begins = timezone.now() + timedelta(hours=2)
    version = in_force(ines, olga, GONE, effective_from=begins)

    assert milestones("tpl_generic", partner, "DOCKED") == "info_only"
    assert milestones("tpl_generic", partner, "DOCKED", begins) == "arrived_at_facility"
    assert reviewing.take_effect() == 0
    assert reviewing.take_effect(begins + timedelta(seconds=1)) == 1
    version.refresh_from_db()
    assert version.state == "active"
    assert Entry.objects.filter(kind="mapping.activated", subject=version.public_id).count() == 1
    assert reviewing.take_effect(begins + timedelta(seconds=9)) == 0


def test_versions_come_into_force_in_the_order_of_their_numbers(ines, olga):
    early = make_draft(ines, GONE)
    late = in_force(ines, olga, row("tpl_generic", "LEFT", "departed_facility"))
    assert early.version < late.version

    held = reviewing.approve(handed_in(early, ines), by=olga)

    assert held.version > late.version
    in_force(ines, olga, GONE, effective_from=timezone.now() + timedelta(hours=1))
    with pytest.raises(BadMapping, match="waits for"):
        in_force(ines, olga, GONE)


def test_a_partners_own_mapping_is_its_own(ines, olga):
    own, other = make_partner(name="Own"), make_partner(name="Other")
    in_force(ines, olga, GONE, partner=own)

    assert milestones("tpl_generic", own, "DOCKED") == "arrived_at_facility"
    assert milestones("tpl_generic", other, "DOCKED") == "info_only"
    with pytest.raises(BadMapping, match="does not speak"):
        drafting.draft("easypost", own, by=ines)


def test_an_earlier_version_comes_back_in_one_action_and_a_replay_supersedes(ines, olga):
    partner = make_partner()
    wrong = in_force(ines, olga, row("tpl_generic", "AT_HUB", "delivered"))
    answer = post(partner, batch("m1", "AB1", code="AT_HUB"))
    inbox.drain()
    assert Package.objects.get().milestone == "delivered"
    first = Mapping.objects.get(format="tpl_generic", version=1)

    back = reviewing.revert(first, by=olga, why="AT_HUB is no delivery")
    messages.replay(stored(answer), actor="usr_x")
    inbox.drain()

    assert Package.objects.get().milestone == "arrived_at_facility"
    assert (back.version, back.state, back.based_on) == (wrong.version + 1, "active", first)
    assert row_changes(mappings.read_codes(first), mappings.read_codes(back)) == []
    for version in (back, make_draft(ines)):
        with pytest.raises(NotNow):
            reviewing.revert(version, by=olga, why="no")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (Code("no_table", "A", "", "lost", None, "own"), "no table"),
        (Code("tpl_generic", "A", "", "teleported", None, "own"), "no milestone"),
        (Code("tpl_generic", "A", "", "lost", "bad luck", "own"), "no exception reason"),
        (Code("tpl_generic", "A", "", None, None, "own"), "say a milestone"),
        (Code("tpl_generic", "", "", "lost", None, "own"), "needs the partner's code"),
        (Code("tpl_generic", "A" * 121, "", "lost", None, "own"), "at most 120"),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_words(ines, bad, says):
    with pytest.raises(BadMapping, match=says):
        make_draft(ines, bad)


def test_a_file_takes_the_place_of_all_rows_and_comes_back_as_it_went(ines):
    draft = make_draft(ines, row("tpl_generic", "=1+1", "lost"))
    text = drafting.as_csv(draft)
    assert "'=1+1" in text

    other = make_draft(ines)
    assert drafting.upload(other, text.encode(), by=ines) == draft.codes.count()

    assert row_changes(mappings.read_codes(draft), mappings.read_codes(other)) == []


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"code,milestone\nA,lost\n", "first line"),
        (b"table,code,milestone\ntpl_generic,A,lost\ntpl_generic,A,lost\n", "twice"),
        (b"table,code,milestone\ntpl_generic,A,lost\nnowhere,B,lost\n", "Line 3"),
        (b"\xff\xfe", "UTF-8"),
        (b"table,code,milestone,provenance\ntpl_generic,A,lost,rumour\n", "provenance"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(ines, raw, says):
    draft = make_draft(ines, GONE)
    before = draft.codes.count()

    with pytest.raises(BadMapping, match=says):
        drafting.upload(draft, raw, by=ines)

    assert draft.codes.count() == before


def test_the_samples_and_stored_messages_show_exactly_which_events_would_differ(ines):
    partner = make_partner()
    post(partner, batch("m1", "AB1", "AB2", code="AT_HUB"))
    post(partner, batch("m2", "AB3", code="DELIVERED"))
    draft = make_draft(
        ines, row("tpl_generic", "AT_HUB", "delayed"), row("tpl_generic", "ATTEMPT_FAILED", "lost")
    )
    now = timezone.now()

    hour = timedelta(hours=1)
    found = rehearsing.stored(draft, partner, now - hour, now + hour, viewer=ines)
    samples = rehearsing.golden(draft)

    assert (found.looked_at, found.total, found.differing) == (2, 2, 2)
    change = found.shown[0].change
    assert (change.before.milestone, change.after.milestone) == ("arrived_at_facility", "delayed")
    assert found.shown[0].where == Message.objects.get(key="m1").public_id
    assert samples.looked_at >= 3
    assert {one.change.code.split("/")[0] for one in samples.shown} == {"ATTEMPT_FAILED"}


def test_a_test_stops_in_time_and_says_so(ines):
    partner = make_partner()
    for number in range(3):
        post(partner, batch(f"m{number}", f"AB{number}"))
    now = timezone.now()

    hour = timedelta(hours=1)
    found = rehearsing.stored(
        make_draft(ines), partner, now - hour, now + hour, viewer=ines, turn_s=0
    )

    assert (found.looked_at, found.total, found.seconds_over) == (1, 3, True)


def test_unmapped_codes_are_counted_once_with_the_row_that_is_missing(ines, settle):
    partner = make_partner()
    post(partner, batch("m1", "AB1", "AB2", code="DOCKED"))
    inbox.drain()
    settle()
    post(partner, batch("m2", "AB3", code="DOCKED"))
    inbox.drain()
    settle()

    [one] = unmapped.listed(ines)

    assert (one.table, one.code, one.row.events, one.mapped) == ("tpl_generic", "DOCKED", 3, False)
    assert one.row.message_ref == Message.objects.get(key="m2").public_id


def test_a_code_that_is_mapped_leaves_the_list_and_its_case_ends(ines, olga, settle):
    post(make_partner(), batch("m1", "AB1", code="DOCKED"))
    inbox.drain()
    settle()
    assert Case.objects.get(kind="unmapped_code").state == "open"

    in_force(ines, olga, GONE)

    assert not UnmappedCode.objects.exists()
    assert Case.objects.get(kind="unmapped_code").state == "resolved"


def test_a_source_that_invents_codes_fills_no_list(ines, settle, monkeypatch):
    monkeypatch.setattr(unmapped, "MAX_CODES", 3)
    partner = make_partner()
    for number in range(5):
        post(partner, batch(f"m{number}", f"AB{number}", code=f"NEW{number}"))
    inbox.drain()
    settle()

    assert UnmappedCode.objects.count() == 3


def test_every_step_of_a_version_stands_in_the_journal(ines, olga):
    draft = handed_in(make_draft(ines, GONE), ines)
    reviewing.send_back(draft, by=olga, why="which hub?")
    again = handed_in(draft, ines)
    reviewing.approve(again, by=olga)
    drafting.discard(make_draft(ines), by=ines)

    kinds = list(
        Entry.objects.filter(kind__startswith="mapping.")
        .order_by("id")
        .values_list("kind", "actor")
    )
    assert kinds == [
        ("mapping.submitted", ines.public_id),
        ("mapping.sent_back", olga.public_id),
        ("mapping.submitted", ines.public_id),
        ("mapping.approved", olga.public_id),
        ("mapping.activated", olga.public_id),
        ("mapping.discarded", ines.public_id),
    ]
