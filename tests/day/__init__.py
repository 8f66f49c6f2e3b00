"""A generated day of business in Odoo, over its API only: every kind of change that could defeat a mirror."""
