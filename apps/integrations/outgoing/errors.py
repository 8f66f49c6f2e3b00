"""What can go wrong with subscriptions, in our own words."""


class AddressNotAllowed(Exception):
    """An address the tower does not call; the text is one sentence for a person."""


class BadSubscription(Exception):
    """Settings that cannot be used. field is the name of the one at fault, the text a sentence for a person."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says)
        self.field = field


class LeaseOver(Exception):
    """What is said of a piece of work by who does not have it (any more); the text is one sentence for a person."""
