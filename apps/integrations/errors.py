"""What can go wrong at the edge, in our own words."""

from typing import Any, Final


class BadPartner(Exception):
    """A partner's settings that cannot be used; the text is one sentence for a person.

    field is the setting it is about, by the name of its form field; empty where it is about none alone.
    """

    def __init__(self, says: str, field: str = "") -> None:
        super().__init__(says)
        self.field = field


class BadConnection(Exception):
    """An Odoo connection's settings that cannot be used; the text is one sentence for a person."""


OTHER_REFUSALS: Final = {
    "unknown_partner": 404,
    "partner_disabled": 403,
    "address_not_allowed": 403,
    "certificate_required": 403,
    "rate_limited": 429,
    "not_granted": 403,
}
"""Why the door refuses beside FORMATS 0.6, with the HTTP status."""


class BadRecord(Exception):
    """A status recorded by hand that cannot be kept; the text is one sentence for a person."""


class NotTaken(Exception):
    """A message that the door does not take.

    reason is one of FORMATS 0.6, or one of OTHER_REFUSALS. title and detail are for the sender
    and quote nothing of the body; message_id is there when the bytes were kept (signed but malformed);
    retry_after_s is when to come again, where that helps.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        pointer: str | None = None,
        message_id: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.pointer = pointer
        self.message_id = message_id
        self.retry_after_s = retry_after_s
        self.acknowledgement: Any = None  # acknowledging.Told, of an interchange that was rejected


class NoPlan(Exception):
    """A replay that is not begun: reason is a word for programs, the text one sentence for a person."""

    def __init__(self, reason: str, says: str) -> None:
        super().__init__(says)
        self.reason = reason
