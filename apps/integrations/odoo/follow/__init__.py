"""What Odoo says comes in: first load, change feed, hints, reconciliation. All of it ends in `store`."""
