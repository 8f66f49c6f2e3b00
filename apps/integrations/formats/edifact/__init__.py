"""EDIFACT interchanges: what the formats of one message type each share.

Why it is our own: docs/decisions, "EDI is read by our own tokenizers".
"""

from apps.integrations.formats.edifact.envelope import Interchange, Message, read
from apps.integrations.formats.edifact.faults import Fault
from apps.integrations.formats.edifact.message import Reading, checked, only_kind

MEDIA = ("application/edifact", "text/plain", "application/octet-stream")

__all__ = ["MEDIA", "Fault", "Interchange", "Message", "Reading", "checked", "only_kind", "read"]
