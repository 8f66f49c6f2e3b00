"""A first message by hand: a shell script that signs as the partner would and posts it. Needs curl and openssl."""

import json
from datetime import timedelta
from shlex import quote
from typing import Any, Final

from django.utils import timezone

from apps.integrations.formats.base import Format
from apps.integrations.formats.schemes import Scheme

_HMAC: Final = 'openssl dgst -sha256 -hmac "$SECRET" "$FILE" | sed "s/^.*= //"'
_SIGNED: Final[dict[str, str]] = {
    "standard_webhooks": """\
ID="msg_$(date +%s)" TIME="$(date +%s)"
KEY="$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')"
SIGNATURE="v1,$( (printf '%s.%s.' "$ID" "$TIME"; cat "$FILE") | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)"
set -- -H "webhook-id: $ID" -H "webhook-timestamp: $TIME" -H "webhook-signature: $SIGNATURE"
""",
    "hmac_sha256": f'set -- -H "X-Signature: sha256=$({_HMAC})"\n',
    "easypost": f'set -- -H "X-Hmac-Signature: hmac-sha256-hex=$({_HMAC})"\n',
    "dcsa": f'set -- -H "Notification-Signature: sha256=$({_HMAC})"\n',
    "fedex": (
        'set -- -H "fdx-signature: '
        '$(openssl dgst -sha256 -hmac "$SECRET" -binary "$FILE" | base64)"\n'
    ),
    "aftership": (
        'set -- -H "aftership-hmac-sha256: '
        '$(openssl dgst -sha256 -hmac "$SECRET" -binary "$FILE" | base64)"\n'
    ),
    "seventeentrack": (
        'set -- -H "sign: $( (cat "$FILE"; printf "/%s" "$SECRET") | openssl dgst -sha256'
        ' | sed "s/^.*= //")"\n'
    ),
    "shippo": """\
TIME="$(date +%s)"
SIGNATURE="$( (printf '%s.' "$TIME"; cat "$FILE") | openssl dgst -sha256 -hmac "$SECRET" | sed "s/^.*= //")"
set -- -H "Shippo-Auth-Signature: t=$TIME,v1=$SIGNATURE"
""",
    "ups_credential": 'set -- -H "credential: $SECRET" -A UPSPubSubTrackingService\n',
    "bearer": 'set -- -H "Authorization: Bearer $SECRET"\n',
    "basic": 'set -- -u "$SECRET"\n',
    "url_token": "set --\n",
}
"""How each scheme's headers come about in a POSIX shell; the file is signed as it lies there."""

_FIRST: Final = "first-1"
_NOON: Final = "yesterday at noon"
_OURS: Final[dict[str, dict[str, Any]]] = {
    "canonical": {
        "id": _FIRST, "type": "in_transit", "version": "2", "source": "first-try",
        "occurred_at": _NOON, "subject": {"tracking_number": "TEST0001"},
    },
    "tpl_generic": {
        "message_id": _FIRST,
        "events": [
            {
                "event_id": f"{_FIRST}-1", "event_code": "IN_TRANSIT", "event_time": _NOON,
                "shipment": {"tracking_number": "TEST0001"},
            }
        ],
    },
    "wms_generic": {
        "id": _FIRST, "type": "package.packed", "timestamp": _NOON,
        "data": {"order_ref": "S00001", "tracking_number": "TEST0001"},
    },
}  # fmt: skip
"""A message of each format that is our own. A sender's own messages come from the sender."""


def script(url: str, format_: Format, scheme: Scheme, secret: str = "") -> str:
    """A script that signs message.json (or .edi) and posts it; for our own formats it writes one first.

    Without the secret it asks for it in the environment, so that no screen shows it a second time. ""
    for a scheme whose senders alone hold the key.
    """
    if scheme.name not in _SIGNED:
        return ""
    name = "message.edi" if "json" not in format_.media_types[0] else "message.json"
    lines = ["#!/bin/sh"]
    lines.append(f"SECRET={quote(secret)}" if secret else 'SECRET="${SECRET:?put the secret here}"')
    if body := message_of(format_):
        lines += [f"FILE={name}", f"cat > $FILE <<'END'\n{body}\nEND"]
    else:
        lines.append(f"FILE={name}  # one of their messages, byte for byte")
    lines.append(_SIGNED[scheme.name].rstrip("\n"))
    address = f'"{url}?token=$SECRET"' if scheme.name == "url_token" else quote(url)
    lines.append(
        f'curl -sS {address} -H "Content-Type: {format_.media_types[0]}" "$@" --data-binary "@$FILE"'
    )
    return "\n".join(lines) + "\n"


def message_of(format_: Format) -> str:
    """A message to try with, "" for formats that are not our own.

    Of yesterday, since a parcel that moved long ago would be taken for silent; the same all day, and another message
    on another day.
    """
    body = _OURS.get(format_.name)
    if body is None:
        return ""
    day = timezone.now() - timedelta(days=1)
    text = json.dumps(body, indent=1).replace(_NOON, f"{day:%Y-%m-%d}T12:00:00Z")
    return text.replace(_FIRST, f"first-{day:%Y%m%d}")
