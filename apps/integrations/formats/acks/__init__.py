"""Acknowledgements: what an EDI sender is told about an interchange. Pure; who sends them is the door.

`acknowledge` gives the bytes of a 997, 999 or CONTRL for a stored body, or None where there is nothing
to acknowledge: the body holds acknowledgements only, or cannot be taken apart at all.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from apps.integrations.formats.acks.contrl import contrl
from apps.integrations.formats.acks.x12_ack import acknowledge_997, acknowledge_999
from apps.integrations.formats.edifact_desadv.parse import KIND as DESADV
from apps.integrations.formats.edifact_desadv.parse import review as desadv
from apps.integrations.formats.edifact_iftsta.parse import KIND as IFTSTA
from apps.integrations.formats.edifact_iftsta.parse import review as iftsta
from apps.integrations.formats.errors import Refused
from apps.integrations.formats.x12_210.parse import KIND as FREIGHT_INVOICE
from apps.integrations.formats.x12_210.parse import review as freight_invoice
from apps.integrations.formats.x12_214.parse import KIND as STATUS
from apps.integrations.formats.x12_214.parse import review as status
from apps.integrations.formats.x12_856.parse import KIND as SHIP_NOTICE
from apps.integrations.formats.x12_856.parse import review as ship_notice

_WRITERS: Final[Mapping[str, Callable[..., bytes | None]]] = MappingProxyType(
    {"997": acknowledge_997, "999": acknowledge_999, "CONTRL": contrl}
)
_X12: Final = ("997", "999")
_REVIEWS: Final[Mapping[str, tuple[str, tuple[str, ...], Callable[[bytes], Any]]]] = (
    MappingProxyType(
        {
            "x12_214": (STATUS, _X12, status),
            "x12_856": (SHIP_NOTICE, _X12, ship_notice),
            "x12_210": (FREIGHT_INVOICE, _X12, freight_invoice),
            "edifact_iftsta": (IFTSTA, ("CONTRL",), iftsta),
            "edifact_desadv": (DESADV, ("CONTRL",), desadv),
        }
    )
)


def kinds(format_name: str) -> tuple[str, ...]:
    """The acknowledgements a format knows, the usual one first; none for a format that is no EDI."""
    found = _REVIEWS.get(format_name)
    return found[1] if found else ()


def acknowledge(
    format_name: str, raw: bytes, kind: str, *, control: int, at: datetime
) -> list[bytes]:
    """One acknowledgement for each interchange of a body, in its own delimiters.

    control numbers the first of them, the others count on from it; at is when it is written (aware).
    Empty where there is nothing to acknowledge. Raises KeyError for a format without this kind.
    """
    name, known, review = _REVIEWS[format_name]
    if kind not in known:
        raise KeyError(kind)
    try:
        reading = review(raw)
    except Refused:
        return []
    refused = reading.refusal is not None
    write = _WRITERS[kind]
    found: list[bytes] = []
    for interchange in reading.interchanges:
        answer = write(interchange, name, control=control + len(found), at=at, refused=refused)
        if answer is not None:
            found.append(answer)
    return found


__all__ = ["acknowledge", "acknowledge_997", "acknowledge_999", "contrl", "kinds"]
