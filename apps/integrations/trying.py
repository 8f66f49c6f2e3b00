"""Trying a message out: every gate's verdict, what it says, which rows decided, and what applying it would do.

Nothing is kept: the gates are asked without taking a rate's allowance or noting a refusal, and the message
is applied in a transaction that is rolled back, because nobody knows what `apply` would do better than `apply`.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.integrations import body, doors, effects, gates, mappings, rates, store
from apps.integrations.addresses import address, is_in
from apps.integrations.doors import Door
from apps.integrations.effects import Effect
from apps.integrations.errors import NotTaken
from apps.integrations.formats.base import (
    Checked,
    ParsedEvent,
    ParseResult,
    Refused,
    Skipped,
    Source,
    as_sample,
)
from apps.integrations.formats.codes import Codes
from apps.integrations.formats.schemes import QUERY
from apps.integrations.grants import allowed, refused_words
from apps.integrations.models import Partner, Switch
from apps.integrations.trails import Step, Traced, trail
from apps.journal.ids import new_id

PASSED: Final = "passed"
REFUSED: Final = "refused"
NOT_ASKED: Final = "not asked"


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate's verdict: passed, refused (with status and reason as the sender would hear them), not asked."""

    name: str
    verdict: str
    says: str = ""
    reason: str = ""
    status: int = 0
    pointer: str | None = None


@dataclass(frozen=True, slots=True)
class TriedEvent:
    """An event as it would come out: its sample form, the event itself, and the lookups behind it."""

    sample: dict[str, Any]
    event: ParsedEvent
    trail: list[Step]


@dataclass(slots=True)
class Tried:
    """What a message would meet. events are those that would be applied; ignored says why there are none."""

    gates: list[Gate] = field(default_factory=list)
    checked: Checked | None = None
    events: list[TriedEvent] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: str | None = None
    mapping_version: int | None = None
    known_as: str | None = None  # public id of the stored message with the same id
    effect: Effect | None = None

    @property
    def refused(self) -> Gate | None:
        """The first gate that refuses: what the sender would hear."""
        return next((gate for gate in self.gates if gate.verdict == REFUSED), None)

    @property
    def http_status(self) -> int:
        """What the door would answer."""
        found = self.refused
        if found is not None:
            return found.status
        return 200 if self.known_as else 202


def try_out(
    partner: Partner,
    raw: bytes,
    headers: Mapping[str, str],
    *,
    codes: Codes | None = None,
    source: Source | None = None,
    sent_from: str = "",
    viewer: User | None = None,
    with_effect: bool = True,
    now: datetime | None = None,
) -> Tried:
    """Send a message through all gates and apply it, without keeping anything.

    headers by their names in any case, with Content-Type (and QUERY for what stands in the address);
    codes and source in place of those in force, to try a draft; sent_from is the sender's address
    ("": that gate is not asked). viewer: effects are told as far as this person may see them. Later gates are
    asked even when an earlier one refuses, so that one look shows all that is wrong.
    """
    now = now or timezone.now()
    tried = Tried()
    door = doors.door_of(partner)
    if door is None:
        tried.gates.append(
            Gate("partner", REFUSED, "Its format is not known here.", "unknown_partner", 404)
        )
        return tried
    lower = {name.lower(): value for name, value in headers.items()}
    _ask_partner(tried, door, sent_from)
    raw, wire = _ask_body(tried, door, raw, lower)
    _ask_signature(tried, door, raw, wire, lower, now)
    if codes is None:
        wanted = (door.format.name, partner.pk)
        codes = mappings.active([wanted])[wanted]
    read = _ask_structure(tried, door, raw, codes, source or door.source, now)
    if read is None:
        return tried
    tried.ignored, tried.mapping_version = read.ignored, codes.version
    read = _ask_grants(tried, door, read)
    tried.events = [TriedEvent(as_sample(one), one, trail(one)) for one in read.events]
    tried.skipped = read.skipped
    if with_effect and read.events:
        tried.effect = effects.of(partner, read.events, codes.version, now, viewer)
    return tried


def _verdict(tried: Tried, name: str, refused: Refused | NotTaken | None, says: str = "") -> None:
    if refused is None:
        tried.gates.append(Gate(name, PASSED, says))
        return
    pointer = refused.pointer
    gate = Gate(name, REFUSED, refused.detail, refused.reason, refused.status, pointer)
    tried.gates.append(gate)


def _ask_partner(tried: Tried, door: Door, sent_from: str) -> None:
    """Switch, address and rate."""
    refused: NotTaken | None = None
    try:
        gates.known(door)
    except NotTaken as error:
        refused = error
    paused = (
        "taken in and kept, applied when it is live again" if door.switch == Switch.PAUSED else ""
    )
    _verdict(tried, "partner", refused, paused)
    if not sent_from and (door.networks or door.certificate):
        tried.gates.append(Gate("address", NOT_ASKED, "only some addresses may post: name one"))
    elif door.networks and not is_in(address(sent_from), door.networks):
        says = "This address may not post for this partner."
        tried.gates.append(Gate("address", REFUSED, says, "address_not_allowed", 403))
    else:
        tried.gates.append(Gate("address", PASSED, "" if door.networks else "any address may post"))
    if door.rate_per_minute is None:
        tried.gates.append(Gate("rate", PASSED, "no limit"))
        return
    left = rates.left(door.partner_id, door.rate_per_minute)
    says = f"{left} of {door.rate_per_minute} a minute left"
    tried.gates.append(
        Gate("rate", PASSED, says) if left else Gate("rate", REFUSED, says, "rate_limited", 429)
    )


def _ask_body(
    tried: Tried, door: Door, wire: bytes, headers: Mapping[str, str]
) -> tuple[bytes, bytes]:
    """Size and media type; answers the unpacked body and the body as sent."""
    raw, refused = wire, None
    try:
        limit = settings.MAX_MESSAGE_BYTES
        if len(wire) > limit:
            raise Refused("payload_too_large", f"more than {limit} bytes")
        raw = body.unpack(wire, headers.get("content-encoding", ""), limit)
    except Refused as error:
        refused = error
    _verdict(tried, "size", refused, f"{len(raw)} bytes")
    refused = None
    try:
        door.format.check_media(headers.get("content-type"))
    except Refused as error:
        refused = error
    _verdict(tried, "media type", refused, headers.get("content-type", ""))
    return raw, wire


def _ask_signature(
    tried: Tried, door: Door, raw: bytes, wire: bytes, headers: Mapping[str, str], now: datetime
) -> None:
    refused: Refused | None = None
    says = ""
    try:
        key = gates.signer(door, raw, wire, {QUERY: "", **headers}, now)
        says = f"{door.scheme.title}, secret {door.keys.index(key) + 1} of {len(door.keys)}"
    except Refused as error:
        refused = error
    _verdict(tried, "signature", refused, says)


def _ask_structure(
    tried: Tried, door: Door, raw: bytes, codes: Codes, source: Source, now: datetime
) -> ParseResult | None:
    """Replay and structure. A message that came before is told as such, and read all the same."""
    try:
        tried.checked = door.format.check(raw)
        read = door.format.parse(raw, Traced.of(codes), source, now)
    except Refused as refused:
        tried.gates.append(Gate("replay", NOT_ASKED, "its id could not be read"))
        _verdict(tried, "structure", refused)
        return None
    digest = hashlib.sha256(raw).hexdigest()
    key = door.format.key(tried.checked, digest, codes)
    first = store.find(door.partner_id, key)
    tried.known_as = first.public_id if first else None
    says = (
        "this came before: a duplicate, or a conflict when it says something else under its id"
        if first
        else "new"
    )
    tried.gates.append(Gate("replay", PASSED, says))
    tried.gates.append(
        Gate("structure", PASSED, "key: digest of the bytes" if digest in key else f"key {key}")
    )
    return read


def _ask_grants(tried: Tried, door: Door, read: ParseResult) -> ParseResult:
    words = refused_words(read, door.granted)
    if words:
        says = f"This partner was not granted {', '.join(words)}"[:300]
        tried.gates.append(Gate("grants", REFUSED, says, "not_granted", 403))
    else:
        tried.gates.append(Gate("grants", PASSED, "" if door.granted else "everything is granted"))
    return allowed(read, door.granted)


def signed(partner: Partner, raw: bytes, now: datetime) -> dict[str, str]:
    """The headers the partner's sender would set, with its newest secret; none when no secret can sign."""
    door = doors.door_of(partner)
    if door is None:
        return {}
    for key in door.valid_keys(now):
        with suppress(ValueError):  # a public key alone cannot sign
            return door.scheme.sign(raw, key.secret, now, new_id("try"))
    return {}
