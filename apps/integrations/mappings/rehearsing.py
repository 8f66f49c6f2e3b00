"""A version before it is in force: what the golden samples and the stored messages of a partner would say under it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.integrations.doors import source_of
from apps.integrations.formats.base import Source
from apps.integrations.formats.codes import Codes
from apps.integrations.mappings.comparing import Change, changes, read
from apps.integrations.mappings.drafting import LAYOUT_FORMAT, standing
from apps.integrations.mappings.reading import read_codes
from apps.integrations.models import Mapping, Message, Partner
from apps.integrations.queries import messages_of

MAX_MESSAGES: Final = 2_000
MAX_SHOWN: Final = 200
TURN_S: Final = 4.0
"""So long a test on a page looks at messages; what lies further back is left to a counterfactual (a job)."""
_CHUNK: Final = 50


@dataclass(frozen=True, slots=True)
class Differs:
    """One event that would differ, with where it stands: a file of the samples, or a message's public id."""

    where: str
    change: Change


@dataclass(slots=True)
class Rehearsal:
    """What a test found. looked_at of total messages (or files); broken: those that only the new reading refuses."""

    total: int = 0
    looked_at: int = 0
    events: int = 0
    differing: int = 0
    newly_unmapped: int = 0
    shown: list[Differs] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)
    seconds_over: bool = False

    def look(
        self, where: str, raw: bytes, before: Codes, after: Codes, source: Source, at: datetime
    ) -> None:
        """Read one message twice and note what differs."""
        old, new = read(raw, before, source, at), read(raw, after, source, at)
        self.looked_at += 1
        self.events += len(new.events)
        if new.refused and not old.refused:
            self.broken.append((where, new.refused))
        for change in changes(old.events, new.events):
            self.differing += 1
            was_unmapped = change.before is not None and change.before.unmapped
            self.newly_unmapped += bool(change.after and change.after.unmapped and not was_unmapped)
            if len(self.shown) < MAX_SHOWN:
                self.shown.append(Differs(where, change))

    def summary(self) -> dict[str, Any]:
        """For the mapping's row."""
        return {
            "total": self.total, "looked_at": self.looked_at, "events": self.events,
            "differing": self.differing, "unmapped": self.newly_unmapped, "broken": len(self.broken),
        }  # fmt: skip


def _samples() -> Path:
    """Where the project keeps its recorded messages; an installation without its tests has none."""
    return Path(settings.BASE_DIR) / "tests" / "integrations" / "formats" / "samples"


@lru_cache(maxsize=1)
def _golden_index() -> dict[str, list[dict[str, Any]]]:
    """The recorded messages of the project by format; empty where they are not installed."""
    folder = _samples()
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("index*.json")):
        for sample in json.loads(path.read_text(encoding="utf-8"))["samples"]:
            found.setdefault(sample["format"], []).append(sample)
    return found


def golden(mapping: Mapping) -> Rehearsal:
    """The samples of the format under this version and under what is in force now for its partner.

    For a layout of a partner's own they are not written in its shape: the partner's own sample counts.
    """
    before = read_codes(standing(mapping.format, mapping.partner))
    after, now = read_codes(mapping), timezone.now()
    found = Rehearsal()
    if mapping.format == LAYOUT_FORMAT:
        if mapping.sample:
            found.total = 1
            found.look(
                "the partner's sample",
                mapping.sample.encode(),
                before,
                after,
                _source(mapping),
                now,
            )
        return found
    samples = _golden_index().get(mapping.format, [])
    found.total = len(samples)
    for sample in samples:
        clock = sample.get("received_at")
        zone = sample.get("source_config", {}).get("default_timezone")
        raw = (_samples() / sample["file"]).read_bytes()
        source = Source("sample", mapping.format, None, zone)
        at = datetime.fromisoformat(clock) if clock else now
        found.look(sample["file"], raw, before, after, source, at)
    return found


def _source(mapping: Mapping) -> Source:
    return source_of(mapping.partner) if mapping.partner else Source("sample", mapping.format)


def stored(
    mapping: Mapping,
    partner: Partner,
    since: datetime,
    until: datetime,
    *,
    viewer: User,
    turn_s: float = TURN_S,
) -> Rehearsal:
    """A partner's stored messages of a time, the newest first, for at most MAX_MESSAGES and turn_s seconds.

    All are read; shown is only what differs in messages that the viewer may read: it names parcels.
    """
    before = read_codes(standing(mapping.format, partner))
    after, source = read_codes(mapping), source_of(partner)
    heads = Message.objects.filter(
        partner=partner, received_at__gte=since, received_at__lt=until
    ).order_by("-received_at")
    found = Rehearsal(total=heads.count())
    rows = list(heads.values_list("id", "public_id", "received_at")[:MAX_MESSAGES])
    until_s = time.monotonic() + turn_s
    for message_id, ref, received_at, raw in with_bodies(rows):
        found.look(ref, raw, before, after, source, received_at)
        if time.monotonic() > until_s:
            found.seconds_over = found.looked_at < found.total
            break
        del message_id
    theirs = messages_of(viewer).filter(public_id__in={one.where for one in found.shown})
    refs = set(theirs.values_list("public_id", flat=True)) if found.shown else set()
    found.shown = [one for one in found.shown if one.where in refs]
    return found


def with_bodies(
    rows: Iterable[tuple[int, str, datetime]],
) -> Iterator[tuple[int, str, datetime, bytes]]:
    """Messages (database id, public id, received at) with their bytes, those past their retention left out."""
    left = list(rows)
    for at in range(0, len(left), _CHUNK):
        chunk = left[at : at + _CHUNK]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT message_id, raw FROM integrations_messagebody"
                " WHERE message_id = ANY(%s) AND received_at BETWEEN %s AND %s",
                [
                    [row[0] for row in chunk],
                    min(row[2] for row in chunk),
                    max(row[2] for row in chunk),
                ],
            )
            bodies = {message_id: bytes(raw) for message_id, raw in cursor.fetchall()}
        for message_id, ref, received_at in chunk:
            if message_id in bodies:
                yield message_id, ref, received_at, bodies[message_id]


def note(
    mapping: Mapping, *, by: User, golden_: Rehearsal, stored_: Rehearsal | None, partner: str = ""
) -> None:
    """Keep what a test of these rows found: without one nothing is put into force (reviewing.approve).

    The row is changed only if nobody has written to the draft since the test read it.
    """
    tested = {
        "at": timezone.now().isoformat(),
        "by": by.name,
        "golden": golden_.summary(),
        "stored": stored_.summary() if stored_ else None,
        "partner": partner,
    }
    Mapping.objects.filter(pk=mapping.pk, changed_at=mapping.changed_at).update(tested=tested)
