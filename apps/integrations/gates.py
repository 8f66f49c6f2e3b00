"""The gates a message passes before its bytes are kept, in the order of FORMATS 0.6; each is cheap.

Each raises Refused or NotTaken, or lets the message by. The tester (trying.py) asks the same gates.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from apps.integrations import doors, rates
from apps.integrations.addresses import is_in, is_proxy, sender
from apps.integrations.doors import Door, Key
from apps.integrations.errors import OTHER_REFUSALS, NotTaken
from apps.integrations.formats.base import Refused
from apps.integrations.formats.schemes import QUERY
from apps.integrations.grants import refused_words
from apps.integrations.masking import headers_of
from apps.integrations.models import Switch


def _refused(reason: str, detail: str, retry_after_s: int | None = None) -> NotTaken:
    return NotTaken(OTHER_REFUSALS[reason], reason, detail, retry_after_s=retry_after_s)


def known(door: Door | None) -> Door:
    """The partner there is, and that is not switched off."""
    if door is None:
        raise _refused("unknown_partner", "There is no partner of this name.")
    if door.switch == Switch.OFF:
        raise _refused("partner_disabled", "This partner is switched off.")
    return door


def check_sender(door: Door, environ: Mapping[str, Any]) -> None:
    """The address is one of the partner's, and a trusted proxy vouches for its certificate, where asked.

    A proxy that ends TLS checks the client's certificate and says whose it is in X-Client-Certificate
    (its fingerprint or its subject); from anybody else the header is worth nothing.
    """
    if door.networks and not is_in(sender(environ), door.networks):
        raise _refused("address_not_allowed", "This address may not post for this partner.")
    if door.certificate:
        told = str(environ.get("HTTP_X_CLIENT_CERTIFICATE", "")).strip()
        if not is_proxy(environ) or told.casefold() != door.certificate.casefold():
            raise _refused("certificate_required", "The client certificate is not this partner's.")


def check_rate(door: Door) -> None:
    """Take the allowance of one message; give_back returns it when the message was not the partner's."""
    if door.rate_per_minute is None:
        return
    wait_s = rates.take(door.partner_id, door.rate_per_minute)
    if wait_s:
        raise _refused(
            "rate_limited", f"More than {door.rate_per_minute} messages a minute.", wait_s
        )


def give_back(door: Door) -> None:
    """A stranger's message uses up nobody's allowance."""
    if door.rate_per_minute is not None:
        rates.give_back(door.partner_id, door.rate_per_minute)


def signed_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """The headers a signature stands in, and the query of the address under QUERY."""
    headers = headers_of(environ)
    # Last, so that no header can stand for it.
    headers[QUERY] = str(environ.get("QUERY_STRING", ""))
    return headers


def signer(door: Door, raw: bytes, wire: bytes, headers: Mapping[str, str], at: datetime) -> Key:
    """The secret that signed the bytes. Raises Refused when none that is valid did.

    Senders sign before they pack, so the unpacked body is tried first, then the bytes as sent. A secret
    that was added a moment ago in another process counts: before refusing, the partner is read anew.
    """
    try:
        return verified(door, raw, headers, at)
    except Refused as refused:
        if wire is not raw:
            with suppress(Refused):  # what is told is what was wrong with the unpacked body
                return verified(door, wire, headers, at)
        fresh = doors.door(door.slug, fresh=True)
        if fresh is None or (fresh.keys, fresh.scheme) == (door.keys, door.scheme):
            raise
        with suppress(Refused):
            return verified(fresh, raw, headers, at)
        raise refused from None


def verified(door: Door, raw: bytes, headers: Mapping[str, str], at: datetime) -> Key:
    """As signer, with the door's own secrets, each by itself: the screen shows which one is in use."""
    keys = door.valid_keys(at)
    if not keys:
        raise Refused("missing_signature", "this partner has no valid secret")
    told: Refused | None = None
    for key in keys:
        try:
            door.scheme.verify(raw, headers, [key.secret], at, door.max_age_s)
        except Refused as refused:
            # One secret fits and only the time does not: that is what the sender has to hear.
            if told is None or refused.reason == "stale_timestamp":
                told = refused
        else:
            return key
    raise told or Refused("invalid_signature", "no secret fits")


def not_granted(door: Door, raw: bytes, at: datetime) -> list[str]:
    """What a message publishes, when nothing of it was granted; raises Refused for a body that cannot be read.

    Only partners with grants pay for reading the message here.
    """
    if not door.granted or door.codes is None:
        return []
    return refused_words(door.format.parse(raw, door.codes, door.source, at), door.granted)
