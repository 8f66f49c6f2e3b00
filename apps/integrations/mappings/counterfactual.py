"""After a mapping is corrected: which past messages would now say something else, what hangs on them, and making it good.

The scan is a job: it reads a partner's stored messages of a time under what is in force now and compares with the
live events, a chunk of messages at a time. Nothing changes until a person has them read again: then events that
say something else are superseded, those that are not given any more are taken back (apply). Decisions that went to Odoo on the wrong reading are made good by commands of their own, each approved, each once (B12).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.models import Policy
from apps.integrations import jobs, messages
from apps.integrations.doors import source_of
from apps.integrations.formats.identity import normalise_number
from apps.integrations.formats.times import iso_z
from apps.integrations.mappings.comparing import Event as ReadEvent
from apps.integrations.mappings.comparing import Said, changes, read
from apps.integrations.mappings.errors import BadMapping, NotNow
from apps.integrations.mappings.reading import active
from apps.integrations.mappings.rehearsing import with_bodies
from apps.integrations.models import Command, Compensation, Difference, Job, Message, Partner
from apps.integrations.models.commands import CommandState
from apps.integrations.models.jobs import JobState
from apps.integrations.models.messages import Status
from apps.integrations.odoo.command import approving, issuing, targets
from apps.integrations.odoo.command.errors import BadCommand
from apps.integrations.odoo.command.kinds import KINDS
from apps.integrations.odoo.command.kinds.asking import checked
from apps.integrations.queries import messages_of
from apps.journal.services import NewEntry, append
from apps.mirror.models import Invoice
from apps.shipments.models import Event, Order, Package, Report, Shipment

KIND: Final = "counterfactual"
REPLAY: Final = "counterfactual_replay"
POLICY: Final = "compensation"
_CHUNK: Final = 100
_READ: Final = (Status.PROCESSED, Status.DUPLICATE, Status.REJECTED, Status.DEAD)


def start(partner: Partner, since: datetime, until: datetime, *, by: User) -> Job:
    """Look through a partner's messages of a time; raises BadMapping for a time that ends before it begins."""
    if since >= until:
        raise BadMapping("The time ends before it begins.")
    params = {"since": since.isoformat(), "until": until.isoformat()}
    heads = Message.objects.filter(
        partner=partner, received_at__gte=since, received_at__lt=until, status__in=_READ
    )
    title = f"What {partner.name} would have said, {since:%Y-%m-%d} to {until:%Y-%m-%d}"
    return jobs.start(
        KIND, title, actor=by.public_id, params=params, partner=partner, total=heads.count()
    )


@jobs.handler(KIND, "Counterfactual")
def scan(job: Job) -> jobs.Slice:
    """One slice: chunks of messages by database id, until the time of a slice is over."""
    assert job.partner is not None
    until_s, done, last = time.monotonic() + jobs.SLICE_S, 0, int(job.cursor.get("after", 0))
    while True:
        rows = list(
            Message.objects.filter(
                partner=job.partner, pk__gt=last, status__in=_READ,
                received_at__gte=datetime.fromisoformat(job.params["since"]),
                received_at__lt=datetime.fromisoformat(job.params["until"]),
            ).order_by("pk").values_list("id", "public_id", "received_at")[:_CHUNK]
        )  # fmt: skip
        if not rows:
            found = job.differences.count()
            return jobs.Slice(
                cursor={"after": last}, done=done, finished=True, report={"differences": found}
            )
        _compare(job, job.partner, rows)
        done, last = done + len(rows), rows[-1][0]
        if time.monotonic() > until_s:
            return jobs.Slice(cursor={"after": last}, done=done)


def _compare(job: Job, partner: Partner, rows: Sequence[tuple[int, str, datetime]]) -> None:
    wanted = (partner.format, partner.pk)
    codes, source = active([wanted])[wanted], source_of(partner)
    granted = frozenset(partner.granted)
    after: dict[str, ReadEvent] = {}
    homes: dict[str, tuple[int, str]] = {}
    readable: set[int] = set()
    for message_id, ref, received_at, raw in with_bodies(rows):
        reading = read(raw, codes, source, received_at, granted)
        if reading.refused:
            continue  # as it stands; a replay would say so on the message
        readable.add(message_id)
        for identity, event in reading.events.items():
            after.setdefault(identity, event)
            homes.setdefault(identity, (message_id, ref))
    live = Event.objects.filter(superseded_at=None, format=partner.format, source=partner.slug)
    stored = [
        *live.filter(identity__in=after).select_related("package"),
        # What a message gives no more is taken back when it is read again, if its mapping is older (apply).
        *live.filter(message_id__in=readable, mapping_version__lt=codes.version)
        .exclude(identity__in=after)
        .select_related("package"),
    ]
    for identity in _settled(stored, after):
        del after[identity]
    stored = [row for row in stored if row.identity in after or row.identity not in homes]
    before = {row.identity: ReadEvent(row.source_code, _said(row)) for row in stored}
    by_identity = {row.identity: row for row in stored}
    found = []
    for change in changes(before, after):
        row = by_identity.get(change.identity)
        home = (
            homes.get(change.identity) or (row.message_id or 0, row.message_ref)
            if row
            else homes[change.identity]
        )
        found.append(
            Difference(
                job=job, identity=change.identity, message_id=home[0], message_ref=home[1],
                event_ref=row.public_id if row else "", package=row.package if row else None,
                number=(change.after or change.before or _nothing()).number[:120],
                source_code=change.code[:120],
                before=change.before.as_json() if change.before else None,
                after=change.after.as_json() if change.after else None,
            )
        )  # fmt: skip
    Difference.objects.bulk_create(found, ignore_conflicts=True)


def _settled(stored: Sequence[Event], after: Mapping[str, ReadEvent]) -> set[str]:
    """Identities that reading again does not change: business events, which are no parcel's, and those known with
    other content, of which the first counts (FORMATS 0.4).
    """
    contents = {row.identity: row.content for row in stored}
    conflicting = {
        identity
        for identity, event in after.items()
        if contents.get(identity, event.content) != event.content
    }
    reports = Report.objects.filter(identity__in=after.keys() - contents.keys())
    return conflicting | set(reports.values_list("identity", flat=True))


def _nothing() -> Said:
    return Said("", "", False, "", "")


def _said(row: Event) -> Said:
    number = normalise_number(row.tracking_number)
    at = iso_z(row.occurred_at)
    return Said(row.milestone, row.exception_reason, row.unmapped, number, at)


@dataclass(frozen=True, slots=True)
class Affected:
    """What hangs on the differing events, as far as a person may see it, and the decisions that may have to be made
    good: those carried to Odoo since the first of these messages came.
    """

    packages: QuerySet[Package]
    shipments: QuerySet[Shipment]
    orders: QuerySet[Order]
    commands: list[Command]


def seen(user: User, job: Job) -> QuerySet[Difference]:
    """A job's differences as far as a person may read their messages: they name parcels, perhaps others'."""
    return job.differences.filter(message_id__in=messages_of(user).order_by().values("pk"))


def affected(user: User, job: Job) -> Affected:
    """The packages, shipments, orders and commands behind a job's differences; a handful of queries."""
    ids = job.differences.exclude(package=None).values("package_id")
    packages = Package.objects.filter(pk__in=ids)
    shipments = user.scope.narrow(Shipment.objects.filter(links__package__in=ids)).distinct()
    orders = Order.objects.filter(pk__in=shipments.exclude(order=None).values("order_id"))
    seen = packages.filter(links__shipment__in=shipments) | packages.filter(links=None)
    return Affected(seen.distinct(), shipments, orders, _decisions(user, job, shipments, orders))


def _decisions(
    user: User, job: Job, shipments: QuerySet[Shipment], orders: QuerySet[Order]
) -> list[Command]:
    heads = Message.objects.filter(pk__in=job.differences.values("message_id"))
    began = heads.aggregate(began=Min("received_at"))["began"]
    if began is None:
        return []
    odoo_ids = list(orders.values_list("connection", "odoo_id")[:5000])
    invoices: list[Any] = []
    for slug in {connection for connection, _ in odoo_ids}:
        mine = [odoo_id for connection, odoo_id in odoo_ids if connection == slug]
        rows = Invoice.objects.filter(connection=slug, order_odoo_ids__overlap=mine)
        invoices += rows.values_list("public_id", flat=True)
    refs = {
        *shipments.values_list("public_id", flat=True),
        *orders.values_list("public_id", flat=True),
        *invoices,
    }
    found = Command.objects.filter(
        record_ref__in=refs, state=CommandState.APPLIED, created_at__gte=began, compensates=None
    )
    return list(
        user.scope.narrow(found).select_related("compensation__command").order_by("pk")[:500]
    )


@transaction.atomic
def replay(job: Job, *, by: User) -> Job:
    """Have every message read again that would now say something else. Raises NotNow before the scan has ended,
    and when it was done already.
    """
    locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if locked.state != JobState.DONE:
        raise NotNow("The scan has not ended yet.")
    if locked.report.get("replay"):
        raise NotNow("They were given to be read again already.")
    total = locked.differences.values("message_id").distinct().count()
    if not total:
        raise NotNow("Nothing would differ.")
    made = jobs.start(
        REPLAY, f"Read again: {locked.title}", actor=by.public_id, partner=locked.partner,
        params={"scan": locked.pk, "of": locked.public_id}, total=total,
    )  # fmt: skip
    locked.report = {**locked.report, "replay": made.public_id}
    locked.save(update_fields=["report"])
    payload = {"messages": total, "job": made.public_id}
    append(NewEntry("counterfactual.replayed", locked.public_id, payload, actor=by.public_id))
    return made


@jobs.handler(REPLAY, "Replay after a counterfactual")
def read_again(job: Job) -> jobs.Slice:
    """One slice: messages by database id, each given to the inbox once."""
    until_s, done, last = time.monotonic() + jobs.SLICE_S, 0, int(job.cursor.get("after", 0))
    rows = Difference.objects.filter(job_id=job.params["scan"], message_id__gt=last)
    ids = list(rows.order_by("message_id").values_list("message_id", flat=True).distinct()[:500])
    for message in Message.objects.filter(pk__in=ids).order_by("pk"):
        messages.replay(message, actor=job.actor)
        done, last = done + 1, message.pk
        if time.monotonic() > until_s:
            return jobs.Slice(cursor={"after": last}, done=done)
    last = max(ids, default=last)
    return jobs.Slice(cursor={"after": last}, done=done, finished=len(ids) < 500)


@transaction.atomic
def compensate(job: Job, original: Command, *, by: User, why: str) -> Command:
    """Ask for the command that makes good what another one did on a wrong reading: approved first, once for each.

    It lays the decision before a person at the record in Odoo (an activity), because no command can know which of
    its effects still stand. Raises BadMapping without a reason, NotNow where there is one already or the original
    is no decision that hangs on the job's differences.
    """
    locked = Command.objects.select_for_update(of=("self",)).get(pk=original.pk)
    if not why.strip():
        raise BadMapping("Say what was wrong.")
    if Compensation.objects.filter(original=locked).exists():
        raise NotNow("This was made good already, or is on its way to be.")
    if locked.pk not in {one.pk for one in affected(by, job).commands}:
        raise NotNow("Nothing of this counterfactual hangs on that decision.")
    target = targets.find(locked.record_ref, by)
    if target is None:
        raise NotNow("Its record is not there any more.")
    kind, now = KINDS["schedule_activity"], timezone.now()
    data = {
        "summary": f"Check: {locked.intent}"[:120],
        "due": (now + timedelta(days=1)).date().isoformat(),
        "text": f"Decided on a wrong reading of the carrier's messages. {why.strip()}"[:4000],
    }
    try:
        made = issuing.issue(
            kind.key, record=target, data=data, by=by, seen=kind.facts(target), now=now,
            cause=job.public_id, key=f"compensation:{locked.public_id}",
        )  # fmt: skip
        if made.state != CommandState.APPROVAL:
            policy = Policy.objects.get(slug=POLICY, active=True)
            assert kind.plan is not None  # every kind that a person may give has one
            plan = kind.plan(target, checked(kind, target, data))
            approving.ask(made, policy, target=target, plan=plan, why=why, by=by, now=now)
    except BadCommand as bad:
        raise NotNow(str(bad)) from bad
    Compensation.objects.create(original=locked, command=made, job=job, by=by, at=now)
    payload = {"original": locked.public_id, "command": made.public_id}
    append(NewEntry("counterfactual.compensated", job.public_id, payload, actor=by.public_id))
    return made
