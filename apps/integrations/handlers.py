"""Subscriptions of this room."""
