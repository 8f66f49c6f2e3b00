"""Why a customer's page stays closed."""


class Expired(Exception):
    """The link was ours but is too old. `company` is who to ask for a new one, empty when nobody knows."""

    def __init__(self, company: str) -> None:
        super().__init__("link expired")
        self.company = company


class Forged(Exception):
    """The link was never ours, or what it named is gone."""


class TooManyTries(Exception):
    """The postcode was tried too often; `minutes` until the next try counts again."""

    def __init__(self, minutes: int) -> None:
        super().__init__("too many tries")
        self.minutes = minutes
