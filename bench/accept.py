"""One signed event per request: the door beside a DRF view and a bare ASGI handler that only INSERT the bytes."""

import json
import statistics
from datetime import UTC, datetime

from bench.ground import called, served
from bench.rows import Row

_REQUESTS = 6000
_WARM = 800
_ROUNDS = 3
SECRET = "whsec_YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g="


def measure() -> list[Row]:
    """Median requests per second of three rounds, the contestants taking turns."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bytes")
        cursor.execute(
            "CREATE TABLE bench_bytes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, raw bytea)"
        )
    slug = _partner()
    rates: dict[str, list[float]] = {"tower": [], "drf": [], "bare": []}
    with (
        served("wsgi", "controltower.wsgi:application") as tower,
        served("wsgi", "bench.drf:application") as drf,
        served("asgi", "bench.bare:application") as bare,
    ):
        ports = {"tower": tower, "drf": drf, "bare": bare}
        for name, port in ports.items():
            called(port, _requests(slug, f"warm-{name}", _WARM))
        for turn in range(_ROUNDS):
            for name, port in ports.items():
                rate, statuses = called(port, _requests(slug, f"{turn}-{name}", _REQUESTS))
                if statuses != {"202": _REQUESTS}:
                    raise SystemExit(f"{name} answered {statuses}")
                rates[name].append(rate)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_bytes")
    medians = {name: statistics.median(found) for name, found in rates.items()}
    return [
        Row("one signed event per request, durably accepted", medians["tower"], "requests/s"),
        Row(
            "  beside a DRF view that only INSERTs",
            medians["drf"],
            "requests/s",
            medians["tower"] / medians["drf"],
            0.85,
        ),
        Row(
            "  beside a bare ASGI handler that only INSERTs",
            medians["bare"],
            "requests/s",
            medians["tower"] / medians["bare"],
            0.45,
        ),
    ]


def _partner() -> str:
    from apps.integrations.models import Partner
    from apps.integrations.partners import NewPartner, add

    if not Partner.objects.filter(slug="bench").exists():
        add(NewPartner(name="bench", format="tpl_generic", secret=SECRET))
    return "bench"


def _requests(slug: str, run: str, count: int) -> list[bytes]:
    from apps.integrations.formats.schemes import SCHEMES

    sign, now = SCHEMES["standard_webhooks"].sign, datetime.now(UTC)
    requests = []
    for number in range(count):
        message_id = f"{run}-{now:%H%M%S%f}-{number}"
        raw = json.dumps(body(message_id, number)).encode()
        headers = {
            "Host": "127.0.0.1", "Content-Type": "application/json", "User-Agent": "bench/1",
            "Content-Length": str(len(raw)), **sign(raw, SECRET, now, message_id),
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        requests.append(f"POST /api/v1/messages/{slug} HTTP/1.1\r\n{head}\r\n".encode() + raw)
    return requests


def body(message_id: str, number: int, events: int = 1) -> dict[str, object]:
    """A 3PL message as the recorded ones are: one scan of one parcel for each event."""
    return {
        "message_id": message_id,
        "events": [
            {
                "event_id": f"{message_id}-{index}",
                "event_code": "IN_TRANSIT",
                "event_time": f"2026-03-10T{index % 24:02d}:{number % 60:02d}:00+01:00",
                "shipment": {
                    "tpl_ref": f"SO-{number:07d}", "client_ref": f"S{number:05d}",
                    "tracking_number": f"BENCH{number:010d}", "carrier": "GLS",
                },
                "location": {"name": "Gent DC", "country": "BE", "timezone": "Europe/Brussels"},
                "note": "Sorted at the distribution centre",
            }
            for index in range(events)
        ],
    }  # fmt: skip
