"""What can be wrong with a file, in our own words."""


class BadFile(Exception):
    """A file that cannot be imported; the text is one sentence for a person."""
