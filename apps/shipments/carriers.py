"""Carriers by the names that partners and Odoo give them."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from django.utils.text import slugify

from apps.shipments.models import Carrier

_SLUG_LENGTH: Final = 50


@lru_cache(maxsize=4096)  # asked twice for every event
def slug_of(name: str | None) -> str:
    """The slug a carrier's name stands for; empty for no name."""
    return slugify(name or "")[:_SLUG_LENGTH].strip("-")


def ids_by_slug(names: Iterable[str | None]) -> dict[str, int]:
    """Database ids by slug; a carrier nobody named before is made. Two statements when one is new."""
    titles = {slug_of(name): str(name) for name in names if slug_of(name)}
    if not titles:
        return {}
    known = dict(Carrier.objects.filter(slug__in=titles).values_list("slug", "id"))
    missing = sorted(set(titles) - set(known))
    if missing:
        Carrier.objects.bulk_create(
            [Carrier(slug=slug, name=titles[slug][:120]) for slug in missing], ignore_conflicts=True
        )
        known = dict(Carrier.objects.filter(slug__in=titles).values_list("slug", "id"))
    return known
