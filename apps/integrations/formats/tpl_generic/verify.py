"""A 3PL signs as Standard Webhooks says; `webhook-id` is the message_id of the body."""

from apps.integrations.formats.standard_webhooks import sign, verify

__all__ = ["sign", "verify"]
