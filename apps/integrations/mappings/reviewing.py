"""A second person sends a draft back or puts it into force, now or from a time on; any earlier version comes back in one action."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.exceptions.services import clear_case
from apps.integrations import doors
from apps.integrations.mappings import holding
from apps.integrations.mappings.drafting import copy_rows, lock, next_version, standing, tell
from apps.integrations.mappings.errors import BadMapping, NotNow, NotYourOwn
from apps.integrations.mappings.reading import in_force, read_codes
from apps.integrations.models import Mapping, MappingState, UnmappedCode
from apps.integrations.models.mappings import REVIEWED_STATES


def _in_review(mapping: Mapping, by: User) -> Mapping:
    locked = Mapping.objects.select_for_update(of=("self",)).get(pk=mapping.pk)
    if locked.state != MappingState.REVIEW:
        raise NotNow(
            f"Version {locked.version} is not in review: {locked.get_state_display().lower()}."
        )
    return locked


@transaction.atomic
def send_back(mapping: Mapping, *, by: User, why: str) -> Mapping:
    """Back to its writers, with the reason. Raises BadMapping without one, NotNow."""
    locked = _in_review(mapping, by)
    if not why.strip():
        raise BadMapping("Say what is wrong with it.")
    locked.state, locked.review_note = MappingState.DRAFT, why.strip()[:300]
    locked.reviewer, locked.reviewed_at = by, timezone.now()
    locked.save(update_fields=["state", "review_note", "reviewer", "reviewed_at", "changed_at"])
    tell("mapping.sent_back", locked, by)
    return locked


@transaction.atomic
def approve(
    mapping: Mapping, *, by: User, why: str = "", effective_from: datetime | None = None
) -> Mapping:
    """Put a reviewed version into force, now (None) or from a later time on.

    Raises NotYourOwn for anybody who wrote some of it, BadMapping when nobody has tested these very rows or the
    time has passed, NotNow. Its number grows when another version came into force since it was begun: events of
    a newer version supersede those of an older one, so the order of numbers is the order in which they held.
    """
    lock(mapping.format)
    locked = _in_review(mapping, by)
    now = timezone.now()
    if by.public_id in locked.writers:
        raise NotYourOwn(
            "Whoever wrote a version does not put it into force: a second person does."
        )
    if locked.tested is None:
        raise BadMapping("Test it first: nobody has seen yet what these rows would change.")
    if effective_from is not None and effective_from <= now:
        raise BadMapping("This time has passed; leave it empty to begin now.")
    _must_be_the_latest(locked, effective_from or now)
    newer = Mapping.objects.filter(
        format=locked.format, version__gt=locked.version, state__in=REVIEWED_STATES
    )
    if newer.exists():
        locked.version = next_version(locked.format)
    locked.reviewer, locked.reviewed_at, locked.review_note = by, now, why.strip()[:300]
    locked.state, locked.effective_from = MappingState.APPROVED, effective_from or now
    locked.save()
    tell("mapping.approved", locked, by, effective_from=locked.effective_from.isoformat())
    if effective_from is None:
        _begin(locked, by)
    return locked


def _must_be_the_latest(mapping: Mapping, begins: datetime) -> None:
    """Versions that some partner may meet one after the other come into force in the order of their numbers."""
    waiting = Mapping.objects.filter(
        format=mapping.format, state=MappingState.APPROVED, effective_from__gte=begins
    )
    if mapping.partner is not None:
        waiting = waiting.filter(Q(partner=None) | Q(partner=mapping.partner))
    later = waiting.first()
    if later is not None:
        raise BadMapping(
            f"Version {later.version} waits for {later.effective_from:%Y-%m-%d %H:%M} UTC: discard it first, "
            "or begin after it."
        )


def _begin(mapping: Mapping, by: User | None) -> None:
    """What was in force retires, this is; the codes it knows are unmapped no more."""
    Mapping.objects.filter(
        format=mapping.format, partner=mapping.partner, state=MappingState.ACTIVE
    ).update(state=MappingState.RETIRED)
    mapping.state = MappingState.ACTIVE
    mapping.save(update_fields=["state", "changed_at"])
    tell("mapping.activated", mapping, by, based_on=_number(mapping.based_on))
    _forget_mapped(mapping)
    if mapping.partner is not None:
        holding.release(mapping.partner, actor=by.public_id if by else "system")
    slug = mapping.partner.slug if mapping.partner else None
    transaction.on_commit(lambda: doors.forget(slug))


def _number(mapping: Mapping | None) -> int | None:
    return mapping.version if mapping else None


def _forget_mapped(mapping: Mapping) -> None:
    """Codes that the version maps leave the list, and their cases end."""
    codes, now = read_codes(mapping), timezone.now()
    rows = UnmappedCode.objects.filter(format=mapping.format).select_related("partner")
    if mapping.partner is not None:
        rows = rows.filter(partner=mapping.partner)
    own = in_force((row.format, row.partner_id) for row in rows)
    for row in rows:
        if mapping.partner is None and (row.format, row.partner_id) in own.rows:
            continue  # that partner has a mapping of its own
        if row.lookups and not codes.resolve(*map(tuple, row.lookups)).unmapped:
            says = f"The code is mapped since version {mapping.version}."
            clear_case(f"unmapped_code:{row.partner.slug}:{row.code}"[:160], says=says, now=now)
            row.delete()


def take_effect(now: datetime | None = None) -> int:
    """Say of approved versions whose time has come that they are in force; how many. For beat.

    Reading does not wait for it (reading.InForce goes by the time): this is for the screens, the journal and
    the list of unmapped codes.
    """
    now, begun = now or timezone.now(), 0
    due = Mapping.objects.filter(state=MappingState.APPROVED, effective_from__lte=now)
    for mapping in due.order_by("effective_from", "version"):
        with transaction.atomic():
            lock(mapping.format)
            locked = Mapping.objects.select_for_update(of=("self",)).get(pk=mapping.pk)
            if locked.state == MappingState.APPROVED:
                _begin(locked, None)
                begun += 1
    return begun


@transaction.atomic
def revert(mapping: Mapping, *, by: User, why: str) -> Mapping:
    """Bring an earlier version back at once: as a new version with its rows, so that replays supersede (R257).

    Its content was reviewed when it first came into force, so one person does it; the reason is kept. Raises
    BadMapping without a reason, NotNow for a version that was never in force or is so now.
    """
    lock(mapping.format)
    known = Mapping.objects.select_related("partner").get(pk=mapping.pk)
    if not why.strip():
        raise BadMapping("Say why.")
    stands = standing(known.format, known.partner)
    if known.state not in (MappingState.ACTIVE, MappingState.RETIRED) or known.pk == stands.pk:
        raise NotNow(f"Version {known.version} is {known.get_state_display().lower()}.")
    now = timezone.now()
    _must_be_the_latest(known, now)
    made = Mapping.objects.create(
        format=known.format,
        partner=known.partner,
        version=next_version(known.format),
        state=MappingState.APPROVED,
        note=f"Back to version {known.version}: {why.strip()}"[:200],
        layout=known.layout,
        sample=known.sample,
        based_on=known,
        author=by,
        writers=[by.public_id],
        reviewer=by,
        reviewed_at=now,
        effective_from=now,
    )
    copy_rows(known, made)
    tell("mapping.reverted", made, by, to=known.version, **{"from": stands.version})
    _begin(made, by)
    return made
