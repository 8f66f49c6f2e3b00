"""Partners and deliveries for the tests of the edge."""

import gzip
import json
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Company
from apps.integrations import formats, partners
from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.models import Message, Partner
from apps.integrations.partners import NewPartner
from tests.integrations.formats.recorded import SECRETS


def make_partner(
    format_name: str = "tpl_generic", name: str = "", *companies: Company, **fields: Any
) -> Partner:
    """A partner of a format with the recorded test secret."""
    new = NewPartner(
        name=name or format_name.replace("_", " "),
        format=format_name,
        secret=SECRETS[format_name],
        companies=companies,
        **fields,
    )
    return partners.add(new)[0]


def post(
    partner: Partner | str,
    body: bytes | dict[str, Any],
    *,
    secret: str | None = None,
    at: datetime | None = None,
    packed: bool = False,
    content_type: str = "application/json",
    **headers: str,
) -> HttpResponse:
    """POST a signed message; headers given here replace or add to the signature's."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    slug, format_name = (
        (partner.slug, partner.format) if isinstance(partner, Partner) else (partner, "tpl_generic")
    )
    signed = SCHEMES[formats.get(format_name).scheme].sign(
        raw, secret or SECRETS[format_name], at or timezone.now(), "msg_test"
    )
    if packed:
        raw, headers = gzip.compress(raw), {**headers, "Content-Encoding": "gzip"}
    return Client().post(
        f"/api/v1/messages/{slug}",
        raw,
        content_type=content_type,
        headers={"Content-Type": content_type, **signed, **headers},
    )


def batch(message_id: str, *numbers: str, code: str = "in_transit", **entry: Any) -> dict[str, Any]:
    """A 3PL batch with one event for each tracking number."""
    return {
        "message_id": message_id,
        "events": [
            {
                "event_id": f"{message_id}-{index}",
                "event_code": code,
                "event_time": "2026-03-10T09:00:00Z",
                "shipment": {"tracking_number": number},
                **entry,
            }
            for index, number in enumerate(numbers)
        ],
    }


def stored(answer: HttpResponse) -> Message:
    """The message an answer names."""
    return Message.objects.get(public_id=answer.json()["message_id"])
