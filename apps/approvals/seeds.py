"""Policies that every installation starts with; a changed one is a new version and is never overwritten."""

from __future__ import annotations

from typing import Any

INVOICE_RELEASE: dict[str, Any] = {
    "slug": "invoice_release",
    "version": 1,
    "name": "Release of a held invoice",
    "text": (
        "An invoice that is held because the proof of delivery is missing may be released on other evidence. "
        "Finance decides; who asked, added the evidence or worked on the delivery cannot."
    ),
    "steps": [{"role": "finance", "limit": None}],
    "due_min": 240,
}


def plant(**_: object) -> None:
    """Add what is missing (PRODUCT.md R192). Safe to run after every migration."""
    from apps.approvals.models import Policy

    rest = {key: value for key, value in INVOICE_RELEASE.items() if key not in ("slug", "version")}
    Policy.objects.get_or_create(
        slug=INVOICE_RELEASE["slug"], version=INVOICE_RELEASE["version"], defaults=rest
    )
