"""One signed event per request: the door beside a DRF view and a bare ASGI handler that only INSERT the bytes;
then at a steady 200 requests/s, with a worker that applies them.
"""

import json
import statistics
from datetime import UTC, datetime

from bench.ground import called, served, working
from bench.rows import Row

_REQUESTS = 3000
_WARM = 800
_ROUNDS = 7
_STEADY, _STEADY_S = 200, 30
SECRET = "whsec_YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g="


def measure() -> list[Row]:
    """Throughput beside the bare limits, and the slowest answers at a steady rate."""
    return [*_beside_the_bare(), *_steadily()]


def _steadily() -> list[Row]:
    slug = partner()
    with served("wsgi", "controltower.wsgi:application") as tower, working(1):
        called(tower, requests(slug, "warm", _STEADY), _STEADY)
        told = called(tower, requests(slug, "steady", _STEADY * _STEADY_S), _STEADY)
    if told["statuses"] != {"202": _STEADY * _STEADY_S}:
        raise SystemExit(f"the tower answered {told['statuses']}")
    return [
        Row(f"at {_STEADY} requests/s, with a worker that applies them, median", told["p50"], "ms"),
        Row("  the same, p99", told["p99"], "ms", told["p99"], 300, least=False),
    ]


def _beside_the_bare() -> list[Row]:
    """Median requests per second of seven rounds, the contestants taking turns: other machines take this one's time in bursts."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bytes")
        cursor.execute(
            "CREATE TABLE bench_bytes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, raw bytea)"
        )
    slug = partner()
    rates: dict[str, list[float]] = {"tower": [], "drf": [], "bare": []}
    with (
        served("wsgi", "controltower.wsgi:application") as tower,
        served("wsgi", "bench.drf:application") as drf,
        served("asgi", "bench.bare:application") as bare,
    ):
        ports = {"tower": tower, "drf": drf, "bare": bare}
        for name, port in ports.items():
            called(port, requests(slug, f"warm-{name}", _WARM))
        for turn in range(_ROUNDS):
            for name, port in ports.items():
                told = called(port, requests(slug, f"{turn}-{name}", _REQUESTS))
                if told["statuses"] != {"202": _REQUESTS}:
                    raise SystemExit(f"{name} answered {told['statuses']}")
                rates[name].append(told["rate"])
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


def partner() -> str:
    from apps.integrations.models import Partner
    from apps.integrations.partners import NewPartner, add

    if not Partner.objects.filter(slug="bench").exists():
        add(NewPartner(name="bench", format="tpl_generic", secret=SECRET))
    return "bench"


def requests(slug: str, run: str, count: int, events: int = 1) -> list[bytes]:
    """Signed messages of a partner, ready to send: each about a parcel of its own."""
    from apps.integrations.formats.schemes import SCHEMES

    sign, now = SCHEMES["standard_webhooks"].sign, datetime.now(UTC)
    made, first = [], int(now.timestamp() * 1000) % 10**8 * 10**4
    for number in range(count):
        message_id = f"{run}-{now:%H%M%S%f}-{number}"
        raw = json.dumps(body(message_id, first + number, events)).encode()
        headers = {
            "Host": "127.0.0.1", "Content-Type": "application/json", "User-Agent": "bench/1",
            "Content-Length": str(len(raw)), **sign(raw, SECRET, now, message_id),
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made.append(f"POST /api/v1/messages/{slug} HTTP/1.1\r\n{head}\r\n".encode() + raw)
    return made


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
                    "tracking_number": f"BENCH{number:012d}", "carrier": "GLS",
                },
                "location": {"name": "Gent DC", "country": "BE", "timezone": "Europe/Brussels"},
                "note": "Sorted at the distribution centre",
            }
            for index in range(events)
        ],
    }  # fmt: skip
