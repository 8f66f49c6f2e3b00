"""What a partner can be set to, and what of it cannot be used: one sentence for a person."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.accounts.models import Company, Warehouse
from apps.integrations import formats
from apps.integrations.addresses import network
from apps.integrations.errors import BadPartner
from apps.integrations.formats import acks
from apps.integrations.formats.codes import MILESTONES

_MAX_NETWORKS: Final = 200


@dataclass(frozen=True, slots=True)
class NewPartner:
    """What a person says of a partner; the same for a new one and for a change (secret: new ones only).

    scheme "" is the format's own; no companies, warehouses, networks or grants: all of them. rate_per_minute None: as
    many as come. max_age_s is how old a signed message may be, in seconds. carrier is a slug.
    """

    name: str
    format: str
    timezone: str = ""
    secret: str = ""
    carrier: str = ""
    companies: tuple[Company, ...] = ()
    warehouses: tuple[Warehouse, ...] = ()
    contact_email: str = ""
    scheme: str = ""
    allow_from: tuple[str, ...] = ()
    certificate: str = ""
    granted: tuple[str, ...] = ()
    rate_per_minute: int | None = None
    max_age_s: int = 300
    acknowledge: str = ""


PLAIN: Final = (
    "name", "format", "scheme", "timezone", "contact_email", "allow_from", "certificate", "granted",
    "rate_per_minute", "max_age_s", "acknowledge",
)  # fmt: skip
"""The settings that are plain fields of the row."""

MOST_PLACES: Final = 200  # as many ids as the text holds that fences an event off (Event.fence)


def checked(new: NewPartner) -> dict[str, Any]:
    """The plain settings as they are stored. Raises BadPartner for the first that cannot be used."""
    if not new.name.strip() or len(new.name) > 120:
        raise BadPartner("The name has 1 to 120 characters.", "name")
    if new.format not in formats.FORMATS:
        known = ", ".join(sorted(formats.FORMATS))
        raise BadPartner(f"There is no format {new.format}; known are {known}.", "format")
    format_ = formats.get(new.format)
    if new.scheme and new.scheme not in format_.schemes:
        known = ", ".join(format_.schemes)
        raise BadPartner(f"{format_.title} comes signed by one of: {known}.", "scheme")
    _check_zone(new.timezone)
    _check_places(new)
    if new.rate_per_minute is not None and not 0 < new.rate_per_minute <= 1_000_000:
        raise BadPartner(
            "The rate is 1 to 1,000,000 messages a minute, or none.", "rate_per_minute"
        )
    if not 30 <= new.max_age_s <= 86_400:
        raise BadPartner("A signed message may be 30 s to 86,400 s old.", "max_age_s")
    if new.acknowledge and new.acknowledge not in acks.kinds(new.format):
        raise BadPartner(
            f"{format_.title} is not acknowledged with a {new.acknowledge}.", "acknowledge"
        )
    values = {name: getattr(new, name) for name in PLAIN}
    values["scheme"] = "" if new.scheme == format_.scheme else new.scheme
    values["certificate"] = new.certificate.strip()[:300]
    return values | {"allow_from": _networks(new.allow_from), "granted": _words(new.granted)}


def _check_places(new: NewPartner) -> None:
    """A warehouse is granted within the companies that are, or it would never be spoken of."""
    if len(new.companies) + len(new.warehouses) > MOST_PLACES:
        raise BadPartner(
            f"A partner is granted up to {MOST_PLACES} companies and warehouses; for more grant the companies only,"
            " or none, which is all.",
            "companies",
        )
    mine = {one.pk for one in new.companies}
    for place in new.warehouses:
        if mine and place.company_id not in mine:
            raise BadPartner(
                f"{place.name} belongs to a company that it does not report for.", "warehouses"
            )


def _networks(texts: tuple[str, ...]) -> list[str]:
    found = []
    for text in texts:
        try:
            found.append(str(network(text)))
        except ValueError as error:
            raise BadPartner(
                f"{text} is no address or network such as 203.0.113.0/24.", "allow_from"
            ) from error
    if len(found) > _MAX_NETWORKS:
        raise BadPartner(f"At most {_MAX_NETWORKS} networks.", "allow_from")
    return list(dict.fromkeys(found))


def _words(texts: tuple[str, ...]) -> list[str]:
    """Milestones, or kinds of business events, which have a dot."""
    unknown = [text for text in texts if text not in MILESTONES and "." not in text]
    if unknown or any(len(text) > 60 for text in texts):
        raise BadPartner(f"There is no milestone {', '.join(unknown)[:200]}.", "granted_kinds")
    return sorted(set(texts))


def _check_zone(name: str) -> None:
    if not name:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadPartner(f"There is no time zone {name}.", "timezone") from error
