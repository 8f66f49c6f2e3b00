"""What a partner may publish: a milestone or kind it was not granted is nobody's word (R60). Pure."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from apps.integrations.formats.base import ParsedEvent, ParseResult, Skipped

NOT_GRANTED: Final = "not_granted"


def word(event: ParsedEvent) -> str:
    """What an event publishes: its kind where it has one, else its milestone."""
    return event.kind or event.milestone


def allowed(read: ParseResult, granted: Collection[str]) -> ParseResult:
    """The reading without the events that were not granted; those stand among the skipped with their place
    in the list of events. Without grants everything is allowed.
    """
    if not granted:
        return read
    kept: list[ParsedEvent] = []
    skipped = list(read.skipped)
    for index, event in enumerate(read.events):
        if word(event) in granted:
            kept.append(event)
        else:
            skipped.append(Skipped(index, NOT_GRANTED))
    return read if len(kept) == len(read.events) else replace(read, events=kept, skipped=skipped)


def refused_words(read: ParseResult, granted: Collection[str]) -> list[str]:
    """The words of a message of which nothing was granted, sorted; empty when the message may pass.

    A message without events says nothing that would need a grant.
    """
    words = {word(event) for event in read.events}
    if not granted or not words or words & set(granted):
        return []
    return sorted(words)
