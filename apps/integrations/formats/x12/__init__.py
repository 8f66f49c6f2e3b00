"""X12 interchanges: what the formats of one transaction set each share.

Why it is our own: docs/decisions, "EDI is read by our own tokenizers".
"""

from apps.integrations.formats.x12.envelope import Group, Interchange, TransactionSet, read
from apps.integrations.formats.x12.faults import Fault
from apps.integrations.formats.x12.message import Reading, checked, only_kind

MEDIA = ("application/edi-x12", "text/plain", "application/octet-stream")

__all__ = [
    "MEDIA",
    "Fault",
    "Group",
    "Interchange",
    "Reading",
    "TransactionSet",
    "checked",
    "only_kind",
    "read",
]
