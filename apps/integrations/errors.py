"""What can go wrong at the edge, in our own words."""


class BadPartner(Exception):
    """A partner's settings that cannot be used; the text is one sentence for a person."""


class BadConnection(Exception):
    """An Odoo connection's settings that cannot be used; the text is one sentence for a person."""


class NotTaken(Exception):
    """A message that the door does not take.

    reason is one of FORMATS 0.6, or unknown_partner, partner_disabled. title and detail are for the sender
    and quote nothing of the body; message_id is there when the bytes were kept (signed but malformed).
    """

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        pointer: str | None = None,
        message_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.pointer = pointer
        self.message_id = message_id
