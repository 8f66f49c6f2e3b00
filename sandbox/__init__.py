"""A small server that speaks Odoo's wire protocol, behaving as recorded from real servers."""
