"""The words every format speaks: what goes in, what comes out, and how a message is refused.

Everything under `formats` is pure: bytes and settings in, values out; no clock, no database, no
network.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.integrations.formats.codes import Codes
from apps.integrations.formats.errors import REFUSALS, Refused
from apps.integrations.formats.times import iso_z

__all__ = [
    "JSON_MEDIA",
    "MAX_BODY_BYTES",
    "REFUSALS",
    "Checked",
    "Format",
    "ParseResult",
    "ParsedEvent",
    "Refused",
    "Skipped",
    "Source",
    "as_sample",
]

MAX_BODY_BYTES: Final = 5 * 1024 * 1024
"""What a source may send after decompression, unless its settings say otherwise."""


@dataclass(frozen=True, slots=True)
class Source:
    """The settings of a partner that parsing needs.

    timezone is the IANA zone of times that come without one (UTC when None); carrier is who the
    partner reports for, used where a message does not name the carrier itself.
    """

    slug: str
    format: str
    carrier: str | None = None
    timezone: str | None = None


@dataclass(slots=True, kw_only=True)
class ParsedEvent:
    """One canonical event: one scan of one package as the source told it. Nobody changes one; it is
    not frozen because a frozen dataclass of so many fields takes four times as long to make.

    occurred_at is aware UTC, cut to milliseconds. tracking_number is as given (identity is built
    on the normalised one). eta is an instant ("…Z") or a date ("YYYY-MM-DD"). pod has received_by,
    signed_at, has_signature, document_available, document_url. time_basis is None,
    "location_zone", "assumed_zone" or "date_only". identity is the same for the same scan however
    often it comes; content differs when the source says something else under the same identity
    (neither depends on the code mapping). told_at is when the source wrote this telling of the scan,
    by its own clock: of two promises for one scan the later told holds.

    kind is set for business events that are no milestone of a package ("purchase.confirmed"; the
    milestone is then "info_only"), subject is what such an event is about when it is no package:
    ("order", "S00012"), ("purchase", "P00007"), ("product", "DESK-1"), ("dock", "D2").
    """

    milestone: str
    tracking_number: str
    occurred_at: datetime
    identity: str
    content: str
    source_code: str
    exception_reason: str | None = None
    time_basis: str | None = None
    unmapped: bool = False
    flags: tuple[str, ...] = ()
    pod: dict[str, Any] | None = None
    eta: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    voids: str | None = None
    source_event_id: str | None = None
    location: str = ""
    country: str | None = None
    description: str = ""
    carrier: str | None = None
    references: dict[str, str] = field(default_factory=dict)
    generation_hint: str | None = None
    told_at: datetime | None = None
    subject: tuple[str, str] | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry of a message that could not become an event; index counts from 0 in the source's
    own list.
    """

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class ParseResult:
    """What one message says. ignored tells why a message of a known source carries no tracking at
    all.
    """

    events: list[ParsedEvent]
    skipped: list[Skipped]
    ignored: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What the structural check found in the request.

    key is the source's own id of the message (None: it has none, or only a layout finds it); ignored
    says why a message is acknowledged without being used; document is the decoded body, in whatever
    shape its format reads it: two bodies with equal documents say the same.
    """

    document: Any
    key: str | None
    ignored: str | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """Everything the edge needs to know about one source format.

    check(raw) raises Refused("malformed_payload"). parse(raw, codes, source, received_at) gives all
    events and raises Refused only for what check refuses. scheme is how the source itself signs (a
    key of schemes.SCHEMES), schemes are all that its partners may be set to, scheme among them.
    key_of(document, codes) finds the message's own id where only a layout knows its place.
    """

    name: str
    title: str
    media_types: tuple[str, ...]
    tables: tuple[str, ...]
    check: Callable[[bytes], Checked]
    parse: Callable[[bytes, Codes, Source, datetime], ParseResult]
    load_codes: Callable[[], Codes]
    scheme: str
    schemes: tuple[str, ...]
    max_bytes: int = MAX_BODY_BYTES
    key_of: Callable[[Any, Codes], str | None] | None = None

    def check_media(self, content_type: str | None) -> None:
        """Raise Refused("unsupported_media_type") unless the Content-Type is one of this format's.

        Parameters such as charset are not looked at: the body itself must be what the format says.
        "+json" in media_types stands for every type with that suffix.
        """
        media = (content_type or "").partition(";")[0].strip().lower()
        for known in self.media_types:
            if known.startswith("+"):
                if "/" in media and media.endswith(known):
                    return
            elif media == known:
                return
        raise Refused("unsupported_media_type", f"{self.name} is sent as {self.media_types[0]}")

    def key(self, checked: Checked, digest: str, codes: Codes | None) -> str:
        """What makes a delivery the same one: the source's own id of the message, else the digest of its bytes."""
        found = checked.key
        if found is None and self.key_of is not None and codes is not None:
            found = self.key_of(checked.document, codes)
        return found or f"sha256:{digest}"

    def check_size(self, length: int) -> None:
        """Raise Refused("payload_too_large") when the unpacked body has more than max_bytes."""
        if length > self.max_bytes:
            raise Refused("payload_too_large", f"more than {self.max_bytes} bytes")


JSON_MEDIA: Final = ("application/json", "+json")


def as_sample(event: ParsedEvent) -> dict[str, Any]:
    """The event as the JSON object that partners and samples use; optional fields only when they
    are there.
    """
    sample: dict[str, Any] = {
        "milestone": event.milestone,
        "tracking_number": event.tracking_number,
        "occurred_at": iso_z(event.occurred_at),
        "exception_reason": event.exception_reason,
    }
    optional = {
        "time_basis": event.time_basis,
        "unmapped": event.unmapped,
        "flags": list(event.flags),
        "pod": event.pod,
        "eta": event.eta,
        "details": event.details,
        "voids": event.voids,
        "kind": event.kind,
        "subject": list(event.subject or ()),
    }
    return sample | {name: value for name, value in optional.items() if value}
