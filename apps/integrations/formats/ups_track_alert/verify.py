"""How UPS shows that a Track Alert is from UPS.

Version 1 [doc; the header itself was seen in public integrations]: UPS repeats the string given at
subscription in the header `credential`, and calls itself `UPSPubSubTrackingService`. The body is
not signed and there is no time: whoever learns the string can send anything, so restrict the
sender's network too. Version 2 (OAuth2 at the receiver) is not built.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from apps.integrations.formats.errors import Refused
from apps.integrations.formats.headers import matches_any, required_header

USER_AGENT: Final = "UPSPubSubTrackingService"


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Raise Refused unless the credential is one of the secrets and the sender names itself as UPS
    does.

    raw and now are not looked at: nothing in a Track Alert depends on them.
    """
    credential = required_header(headers, "credential")
    agent = required_header(headers, "User-Agent")
    expected = [secret.encode() for secret in secrets if secret]
    if not matches_any([credential.encode("utf-8", "replace")], expected):
        raise Refused("invalid_signature", "credential does not match")
    if agent != USER_AGENT:
        raise Refused("invalid_signature", f"User-Agent is not {USER_AGENT}")


def sign(raw: bytes, secret: str, now: datetime, message_id: str) -> dict[str, str]:
    """The headers UPS sets; only the secret matters."""
    return {"credential": secret, "User-Agent": USER_AGENT}
