"""What the three demo partners send, and how they sign it.

Shapes and codes are those of UPS Track Alert, EasyPost trackers and a 3PL's batch over Standard
Webhooks. Times are aware UTC.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

UPS, EASYPOST, TPL = "ups", "easypost", "acme-3pl"
SLUGS = {"UPS": UPS, "USPS": EASYPOST, "Acme Logistics": TPL}
_DEMO_SECRETS = {
    UPS: ("DEMO_SECRET_UPS", "ups-demo-credential"),
    EASYPOST: ("DEMO_SECRET_EASYPOST", "easypost-demo-secret"),
    TPL: ("DEMO_SECRET_TPL", "whsec_Y29udHJvbC10b3dlci1kZW1vLXNlY3JldC0zMmJ5dGU="),
}
PHOTO = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////2Q=="

# milestone: (type, code, description, three-digit code)
_UPS_CODES = {
    "picked_up": ("I", "OR", "Origin Scan", "038"),
    "in_transit": ("I", "DP", "Departed from Facility", "005"),
    "out_for_delivery": ("I", "OT", "Out for Delivery", "021"),
    "attempted": ("X", "48", "Receiver not available, second attempt follows", "048"),
    "damaged": ("X", "45", "Damaged in transit", "045"),
    "delivered": ("D", "FS", "Delivered", "011"),
}
# milestone: (status, detail, message)
_EASYPOST_CODES = {
    "picked_up": ("in_transit", "received_at_origin_facility", "Accepted"),
    "in_transit": ("in_transit", "departed_facility", "Departed"),
    "out_for_delivery": ("out_for_delivery", "out_for_delivery", "Out for delivery"),
    "attempted": ("failure", "delivery_exception", "Notice left, no authorized recipient"),
    "damaged": ("in_transit", "damaged", "Item damaged"),
    "delivered": ("delivered", "arrived_at_destination", "Delivered"),
}
# milestone: (event code, reason)
_TPL_CODES = {
    "picked_up": ("HANDED_TO_CARRIER", None),
    "in_transit": ("IN_TRANSIT", None),
    "out_for_delivery": ("OUT_FOR_DELIVERY", None),
    "attempted": ("ATTEMPT_FAILED", "ABSENT"),
    "damaged": ("DAMAGED", None),
    "delivered": ("DELIVERED", None),
}


@dataclass(frozen=True)
class Scan:
    """One thing that happened to a parcel. received_by says there is proof of the delivery."""

    milestone: str
    at: datetime
    received_by: str = ""


@dataclass
class Parcel:
    """What a partner knows of one transfer. scans are kept in the order they happened."""

    tracking: str
    order: str
    city: str
    country: str = "US"
    scans: list[Scan] = field(default_factory=list)


@dataclass(frozen=True)
class Message:
    """One request to the tower: where to, its bytes, and its id if the format has one."""

    slug: str
    body: bytes
    key: str


def secret_of(slug: str, environment: Mapping[str, str] = os.environ) -> str:
    name, default = _DEMO_SECRETS[slug]
    return environment.get(name, default)


def compose(slug: str, parcel: Parcel, scans: list[Scan]) -> Message:
    """The message a partner sends about these scans, the newest last."""
    key = _key(slug, parcel, scans)
    maker = {UPS: _ups, EASYPOST: _easypost, TPL: _tpl}[slug]
    return Message(slug, json.dumps(maker(key, parcel, scans)).encode(), key)


def photo(parcel: Parcel, at: datetime) -> Message:
    """UPS sends the delivery photo as an activity of its own."""
    told = _ups("", parcel, [Scan("delivered", at)])
    told["activityStatus"] = {
        "type": "U",
        "code": "PX",
        "description": "Delivery photo",
        "descriptionCode": "155",
    }
    told["actualDeliveryDate"] = told["actualDeliveryTime"] = ""
    told["deliveryPhoto"] = PHOTO
    return Message(UPS, json.dumps(told).encode(), "")


def _key(slug: str, parcel: Parcel, scans: list[Scan]) -> str:
    seed = "|".join([parcel.tracking, *(f"{s.milestone}{s.at.isoformat()}" for s in scans)])
    digest = hashlib.sha256(seed.encode()).hexdigest()
    return f"evt_{digest[:32]}" if slug == EASYPOST else f"tplmsg_{digest[:24]}"


def _ups(key: str, parcel: Parcel, scans: list[Scan]) -> dict[str, Any]:
    scan = scans[-1]
    kind, code, text, number = _UPS_CODES[scan.milestone]
    day, clock = scan.at.strftime("%Y%m%d"), scan.at.strftime("%H%M%S")
    delivered = scan.milestone == "delivered"
    told: dict[str, Any] = {
        "trackingNumber": parcel.tracking,
        "localActivityDate": day,
        "localActivityTime": clock,
        "activityLocation": {
            "city": parcel.city,
            "stateProvince": "",
            "postalCode": "",
            "country": parcel.country,
        },
        "activityStatus": {
            "type": kind,
            "code": code,
            "description": text,
            "descriptionCode": number,
        },
        "scheduledDeliveryDate": "" if delivered else day,
        "actualDeliveryDate": day if delivered else "",
        "actualDeliveryTime": clock if delivered else "",
        "gmtActivityDate": day,
        "gmtActivityTime": clock,
        "deliveryStartTime": "",
        "deliveryEndTime": "",
        "deliveryTimeDescription": "" if delivered else "end of day",
        "deliveryPhoto": "",
    }
    if scan.received_by:
        told["receivedBy"] = scan.received_by
    return told


def _easypost(key: str, parcel: Parcel, scans: list[Scan]) -> dict[str, Any]:
    details = [_detail(parcel, scan) for scan in scans]
    now = _iso(scans[-1].at)
    return {
        "id": key,
        "object": "Event",
        "mode": "test",
        "description": "tracker.updated",
        "previous_attributes": {"status": details[-2]["status"] if len(details) > 1 else "unknown"},
        "pending_urls": [],
        "completed_urls": [],
        "created_at": now,
        "updated_at": now,
        "result": {
            "id": f"trk_{hashlib.sha256(parcel.tracking.encode()).hexdigest()[:32]}",
            "object": "Tracker",
            "mode": "test",
            "tracking_code": parcel.tracking,
            "status": details[-1]["status"],
            "status_detail": details[-1]["status_detail"],
            "created_at": _iso(scans[0].at),
            "updated_at": now,
            "signed_by": scans[-1].received_by or None,
            "weight": None,
            "est_delivery_date": None,
            "shipment_id": None,
            "carrier": "USPS",
            "tracking_details": details,
            "fees": [],
            "carrier_detail": None,
        },
    }


def _detail(parcel: Parcel, scan: Scan) -> dict[str, Any]:
    status, detail, text = _EASYPOST_CODES[scan.milestone]
    return {
        "object": "TrackingDetail",
        "message": text,
        "description": text,
        "status": status,
        "status_detail": detail,
        "datetime": _iso(scan.at),
        "source": "USPS",
        "carrier_code": None,
        "tracking_location": {
            "object": "TrackingLocation",
            "city": parcel.city.upper(),
            "state": None,
            "country": parcel.country,
            "zip": None,
        },
    }


def _tpl(key: str, parcel: Parcel, scans: list[Scan]) -> dict[str, Any]:
    return {
        "message_id": key,
        "sent_at": _iso(scans[-1].at),
        "account": "demo",
        "events": [_event(parcel, scan) for scan in scans],
    }


def _event(parcel: Parcel, scan: Scan) -> dict[str, Any]:
    code, reason = _TPL_CODES[scan.milestone]
    proof = None
    if scan.received_by:
        proof = {
            "received_by": scan.received_by,
            "signed_at": _iso(scan.at),
            "document_url": f"https://tpl.example/pod/{parcel.tracking}.pdf",
        }
    return {
        "event_id": f"{parcel.tracking}-{code}-{int(scan.at.timestamp())}",
        "event_code": code,
        "event_time": _iso(scan.at),
        "shipment": {
            "client_ref": parcel.order,
            "tpl_ref": f"3PL-{parcel.tracking[-6:]}",
            "carrier": "acme",
            "tracking_number": parcel.tracking,
        },
        "location": {"name": f"Hub {parcel.city}", "country": parcel.country, "timezone": "UTC"},
        "reason": reason,
        "note": None,
        "pod": proof,
        "eta": None,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- signatures ---------------------------------------------------------------------------------
def headers(message: Message, secret: str, now: datetime) -> dict[str, str]:
    """The headers that show who sent these bytes. Made at sending time: one scheme has a clock."""
    common = {"Content-Type": "application/json"}
    if message.slug == UPS:
        return {**common, "credential": secret, "User-Agent": "UPSPubSubTrackingService"}
    if message.slug == EASYPOST:
        digest = hmac.new(secret.encode(), message.body, hashlib.sha256).hexdigest()
        return {
            **common,
            "X-Hmac-Signature": f"hmac-sha256-hex={digest}",
            "User-Agent": "EasyPost Web Hook Processor",
        }
    stamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message.key}.{stamp}.".encode() + message.body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        **common,
        "webhook-id": message.key,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature}",
        "User-Agent": "Acme-3PL",
    }
