"""What can go wrong with a mapping, in one sentence for a person."""


class BadMapping(Exception):
    """A row, a layout, a file or a time that cannot be used."""


class NotNow(Exception):
    """The version is not in a state for this, or somebody else has moved it meanwhile."""


class NotYourOwn(Exception):
    """Whoever wrote a version does not review it."""
