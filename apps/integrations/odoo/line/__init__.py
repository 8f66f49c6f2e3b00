"""The line to an Odoo: which servers there are, the two transports, and every way a call can fail."""
