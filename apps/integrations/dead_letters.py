"""Messages that need a person: rejected, in conflict, dead. Why, whose they are, and what would help."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.exceptions.models import Case
from apps.integrations import doors, formats, mappings
from apps.integrations.formats.base import ParsedEvent, Refused
from apps.integrations.grants import allowed
from apps.integrations.models import Mapping, MappingState, Message
from apps.integrations.models.messages import Status
from apps.integrations.queries import PAGE, body_of, messages_of
from apps.integrations.rendering import Laid, lay_out
from apps.integrations.searching import Filters
from apps.integrations.trails import Step, Traced, trail

STATUSES: Final = (Status.DEAD, Status.REJECTED, Status.CONFLICT)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in the list, with the case it opened; a rejected one opens none: its partner has to send anew."""

    message: Message
    case: Case | None

    @property
    def age(self) -> timedelta:
        """Since it came."""
        return timezone.now() - self.message.received_at


def letters(user: User, filters: Filters) -> list[Letter]:
    """One page of the person's, the newest first, and one more when there is a next page."""
    rows = messages_of(user).filter(status__in=STATUSES)
    if filters.partner:
        rows = rows.filter(partner__slug=filters.partner)
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.reason:
        rows = rows.filter(reason=filters.reason)
    if filters.since:
        rows = rows.filter(received_at__gte=datetime.fromisoformat(filters.since))
    if filters.until:
        rows = rows.filter(received_at__lt=datetime.fromisoformat(filters.until))
    last = Message.objects.filter(public_id=filters.before).first() if filters.before else None
    if last is not None:
        rows = rows.filter(
            Q(received_at__lt=last.received_at) | Q(received_at=last.received_at, pk__lt=last.pk)
        )
    page = list(rows.order_by("-received_at", "-pk")[: PAGE + 1])
    cases = Case.objects.filter(subject__in=[one.public_id for one in page]).select_related(
        "owner", "team"
    )
    by_subject = {case.subject: case for case in cases.order_by("pk")}
    return [Letter(one, by_subject.get(one.public_id)) for one in page]


@dataclass(frozen=True, slots=True)
class Fix:
    """What would help: a sentence, and the page where it is done ("" when it is not done here)."""

    says: str
    where: str = ""
    link: str = ""


@dataclass(slots=True)
class Diagnosis:
    """One message looked at again: how it reads under the mapping in force now, and what would help."""

    message: Message
    case: Case | None
    laid: Laid | None
    readable: bool = False
    refused: str = ""
    pointer: str | None = None
    events: list[tuple[ParsedEvent, list[Step]]] = field(default_factory=list)
    mapping_version: int | None = None
    fixes: list[Fix] = field(default_factory=list)

    @property
    def unmapped(self) -> list[str]:
        """Their codes that no row of the mapping knows."""
        return sorted(
            {event.source_code or "(empty)" for event, _ in self.events if event.unmapped}
        )


def diagnose(message: Message) -> Diagnosis:
    """Read a message again, writing nothing, and say what would help."""
    body = body_of(message)
    case = Case.objects.filter(subject=message.public_id).select_related("owner", "team").last()
    if body is None:
        found = Diagnosis(message, case, None)
        found.fixes = [Fix("The bytes are past their retention: the partner has to send it again.")]
        return found
    raw = bytes(body.raw)
    found = Diagnosis(message, case, None)
    _read(found, raw)
    found.laid = lay_out(raw, found.pointer)
    found.fixes = _fixes(found)
    return found


def _read(found: Diagnosis, raw: bytes) -> None:
    message = found.message
    reporter = doors.reporters([message.partner_id])[message.partner_id]
    wanted = (message.partner.format, message.partner_id)
    codes = mappings.active([wanted])[wanted]
    found.mapping_version = codes.version
    format_ = formats.get(message.partner.format)
    try:
        format_.check(raw)
        read = format_.parse(raw, Traced.of(codes), reporter.source, message.received_at)
    except Refused as refused:
        found.refused, found.pointer = f"{refused.reason}: {refused.detail}", refused.pointer
        return
    found.readable = True
    found.events = [(event, trail(event)) for event in allowed(read, reporter.granted).events[:50]]


def _fixes(found: Diagnosis) -> list[Fix]:
    message = found.message
    partner = reverse("partner", args=[message.partner.slug])
    fixes = []
    if found.unmapped:
        codes = ", ".join(found.unmapped[:5])
        says = f"No row of mapping version {found.mapping_version} of {message.partner.format} knows {codes}."
        fixes.append(
            Fix(says + " Give it one, then replay.", "Unmapped codes", reverse("unmapped_codes"))
        )
    if found.refused:
        fixes += _refused(message, partner)
    elif message.status == Status.CONFLICT and message.first:
        first = reverse("message", args=[message.first.public_id])
        says = "The message that came first counts. Replay this one to apply what it tells that is not known yet."
        fixes.append(Fix(says, "The first one", first))
    elif message.status == Status.DEAD:
        fixes.append(Fix("It can be read; applying it failed. When the cause is gone, replay it."))
    elif message.status == Status.REJECTED:
        fixes.append(Fix("It can be read now: replay it."))
    return fixes


def _refused(message: Message, partner: str) -> list[Fix]:
    """For what cannot be read under what is in force now: the layout, where there is one; else the sender."""
    own = Mapping.objects.filter(partner=message.partner, state=MappingState.ACTIVE).first()
    fixes = []
    if own is not None and own.layout:
        says = "The partner's layout does not fit it. Change the layout, then replay."
        fixes.append(Fix(says, "The layout", reverse("mapping", args=[own.public_id])))
    says = "It cannot be read: the partner has to send it right, under a new id."
    fixes.append(Fix(says, "The partner and its settings", partner))
    says = "Change a copy until it passes every gate, to tell the partner what to change."
    return [*fixes, Fix(says, "Try a message", reverse("partner_try", args=[message.partner.slug]))]
