"""What goes out to Odoo: the allow-list of kinds, how one is given, carried, checked and settled."""
