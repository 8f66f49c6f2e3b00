"""What people do with a case: take it, hand it over, note, wait, resolve."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.exceptions.errors import AlreadyResolved, AlreadyTaken, BadInput, NotAllowed
from apps.exceptions.kinds import KINDS
from apps.exceptions.models import Case, CaseStep
from apps.exceptions.services.cases import close
from apps.exceptions.services.emit import add_step, emit_case
from apps.exceptions.services.locks import lock_case
from apps.exceptions.services.timing import go_on, pause

WAITING_ON = {
    "carrier": "the carrier",
    "customer": "the customer",
    "approval": "an approval",
    "odoo": "Odoo",
}
NOTE_LIMIT = 4000


def must_work(case: Case, by: User) -> None:
    """Raise NotAllowed unless this person works on cases and this one lies in their scope."""
    if not by.may("case.work"):
        raise NotAllowed("role", "Your role can read this case, but not work on it.")
    must_see(case, by)


def _could_work(case: Case, person: User) -> bool:
    return person.may("case.work") and _sees(case, person)


def _sees(case: Case, person: User) -> bool:
    return Case.objects.visible_to(person).filter(pk=case.pk).exists()


def must_see(case: Case, by: User) -> None:
    """Raise NotAllowed unless the case lies in the person's scope."""
    if not _sees(case, by):
        raise NotAllowed(
            "out_of_scope", "This case belongs to a company or warehouse that you do not work for."
        )


def must_be_open(case: Case) -> None:
    """Raise AlreadyResolved when the case is closed."""
    if case.state == "resolved":
        raise AlreadyResolved(
            "already_resolved", f"This case was closed by {case.resolved_by}: {case.resolution}"
        )


def changed(case: Case, by: User | None, now: datetime, *became: str) -> Case:
    """Store a locked case after a change, and tell."""
    case.version += 1
    if by is not None:
        case.touched_at = now
    case.save()
    emit_case("case.changed", case, by, became=list(became))
    return case


@transaction.atomic
def take(case: Case, *, by: User, now: datetime) -> Case:
    """Make the case yours. Raises AlreadyTaken with the colleague's name; taking your own changes nothing."""
    locked = lock_case(case.pk)
    must_work(locked, by)
    must_be_open(locked)
    if locked.owner_id == by.pk:
        return locked
    if locked.owner is not None:
        since = f" at {timezone.localtime(locked.taken_at):%H:%M}" if locked.taken_at else ""
        raise AlreadyTaken("already_taken", f"{locked.owner} took this case{since}.")
    locked.owner, locked.taken_at = by, now
    add_step(locked, "taken", f"{by} took the case.", now, by)
    return changed(locked, by, now, "taken")


@transaction.atomic
def assign(case: Case, *, to: User | None, by: User, now: datetime) -> Case:
    """Hand the case to a colleague, or back to the team (to is None), whoever has it now.

    Raises NotAllowed when the colleague could not work on it.
    """
    locked = lock_case(case.pk)
    must_work(locked, by)
    must_be_open(locked)
    if to is not None and not _could_work(locked, to):
        raise NotAllowed("assignee", f"{to} cannot work on this case.")
    if locked.owner_id == (to.pk if to else None):
        return locked
    locked.owner, locked.taken_at = to, now if to else None
    says = f"{by} gave the case to {to}." if to else f"{by} gave the case back to {locked.team}."
    add_step(locked, "assigned", says, now, by)
    return changed(locked, by, now, "assigned")


@transaction.atomic
def note(case: Case, *, by: User, text: str, now: datetime) -> CaseStep:
    """Add a note that every team sees. Notes stay possible after the case is closed."""
    locked = lock_case(case.pk)
    if not by.may("case.note"):
        raise NotAllowed("role", "Your role cannot write notes.")
    must_see(locked, by)
    words = text.strip()
    if not words:
        raise BadInput("empty_note", "A note needs some words.", "text")
    if len(words) > NOTE_LIMIT:
        raise BadInput("long_note", f"A note holds at most {NOTE_LIMIT} characters.", "text")
    step = add_step(locked, "noted", words, now, by)
    changed(locked, by, now, "noted")
    return step


@transaction.atomic
def annotate(case: Case, *, says: str, now: datetime) -> Case:
    """Write down on an open case what the tower itself learned, e.g. that its ticket in Odoo was closed.

    The clock and the owner stay as they are; a closed case stays untouched.
    """
    locked = lock_case(case.pk)
    if locked.state == "resolved":
        return locked
    add_step(locked, "noted", says, now)
    return changed(locked, None, now, "noted")


@transaction.atomic
def wait(case: Case, *, on: str, by: User, now: datetime, says: str = "") -> Case:
    """Wait for somebody else: the clock stands still meanwhile (R161). on: carrier, customer, approval, odoo."""
    if on not in WAITING_ON:
        raise BadInput("waiting_on", f"A case can wait for {', '.join(WAITING_ON.values())}.", "on")
    locked = lock_case(case.pk)
    must_work(locked, by)
    must_be_open(locked)
    start_wait(locked, on, now)
    add_step(locked, "waited", says or f"Waiting for {WAITING_ON[on]}.", now, by)
    return changed(locked, by, now, "waiting")


def start_wait(case: Case, on: str, now: datetime) -> None:
    """Stop a locked case's clock; the caller stores it."""
    pause(case, now)
    case.state, case.waiting_on, case.next_step = "waiting", on, f"Waiting for {WAITING_ON[on]}"


@transaction.atomic
def resume(case: Case, *, by: User | None, now: datetime, says: str = "") -> Case:
    """The wait is over: the clock runs again with what was left. by is None when the tower noticed itself."""
    locked = lock_case(case.pk)
    if by is not None:
        must_work(locked, by)
    must_be_open(locked)
    if locked.state != "waiting":
        return locked
    go_on(locked, now)
    locked.state, locked.waiting_on = "open", ""
    locked.next_step = KINDS[locked.kind].next_step
    add_step(locked, "resumed", says or "The wait is over.", now, by)
    return changed(locked, by, now, "resumed")


@transaction.atomic
def resolve(case: Case, *, by: User, says: str, now: datetime) -> Case:
    """Close the case by hand, with a word why. It comes back only if the cause is seen anew."""
    locked = lock_case(case.pk)
    must_work(locked, by)
    if locked.state == "resolved":
        return locked
    words = says.strip()
    if not words:
        raise BadInput("no_resolution", "Say in a few words how this was settled.", "says")
    close(locked, by_name=str(by), says=words, now=now)
    locked.touched_at = now
    locked.save(update_fields=["touched_at"])
    add_step(locked, "resolved", words, now, by)
    emit_case("case.resolved", locked, by, by=by.public_id)
    return locked
