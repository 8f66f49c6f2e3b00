"""What the tests of polling stand on: a partner that is asked, and packages of its carrier."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.integrations.models import Partner, Poll
from apps.integrations.polling.turn import take_turn
from apps.integrations.sealing import seal
from apps.shipments.models import Carrier, Package
from tests.integrations.factories import make_partner
from tests.integrations.fake_carrier import KEY, USER, FakeCarrier


def make_poll(format_name: str = "ups_track", name: str = "UPS asked", **fields: Any) -> Poll:
    """A poll that is on, of a partner whose carrier is UPS (or as given)."""
    partner = make_partner(format_name, name, carrier=fields.pop("carrier", "ups"))
    return poll_of(partner, **fields)


def poll_of(partner: Partner, **fields: Any) -> Poll:
    """The poll of a partner."""
    values: dict[str, Any] = {
        "on": True,
        "base_url": "https://api.example",
        "auth": "oauth2",
        "token_path": "/token",
        "sealed": seal(json.dumps({"user": USER, "key": KEY})),
        "per_minute": None,
    }
    return Poll.objects.create(partner=partner, **values | fields)


def make_packages(*numbers: str, carrier: str = "ups", **fields: Any) -> list[Package]:
    """Live packages of a carrier that nobody was heard of."""
    mover, _ = Carrier.objects.get_or_create(slug=carrier, defaults={"name": carrier.upper()})
    return Package.objects.bulk_create(
        [
            Package(
                carrier=mover,
                tracking_number=number,
                number=number,
                changed_at=timezone.now(),
                **fields,
            )
            for number in numbers
        ]
    )


def turn(poll: Poll, carrier: FakeCarrier, now: datetime) -> int:
    """One turn, on a row read anew."""
    fresh = Poll.objects.select_related("partner__carrier").get(pk=poll.pk)
    with carrier.client() as client:
        return take_turn(fresh, client, lambda: now)


def later(now: datetime, **span: float) -> datetime:
    """So much later."""
    return now + timedelta(**span)
