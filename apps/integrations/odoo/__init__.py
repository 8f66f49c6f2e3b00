"""Odoo at the edge: the feed that reads it, the hooks that wake the feed, the commands that write to it."""
