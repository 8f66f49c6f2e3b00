"""Pure rules: from the facts of an order to what its customer is told; no Django, no clock."""

from apps.portal.rules.tell import tell

__all__ = ["tell"]
