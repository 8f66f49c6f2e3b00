"""Server actions: the code an operator keeps in Odoo, and what runs it."""
