"""Times in the customer's zone, which Django's own filters would turn into the viewer's."""

from datetime import datetime

from django import template

from apps.portal.shapes import Story
from apps.portal.wording import day_words, sentence_of

register = template.Library()


@register.filter
def clock(at: datetime) -> str:
    """The hour of a moment in its own zone: `14:48`."""
    return f"{at:%H:%M}"


@register.filter
def stop(words: str) -> str:
    """Words as a sentence: with one full stop."""
    return sentence_of(words)


@register.filter
def local_day(at: datetime, story: Story) -> str:
    """The day of a moment at the delivery address: today, `Mon 23 Nov`."""
    return day_words(at.astimezone(story.told_at.tzinfo).date(), story.told_at.date())
