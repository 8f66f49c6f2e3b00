"""A demo world that keeps moving: orders and transfers in Odoo, messages of carriers to the tower."""
