"""Apps that an Odoo may have or not: what they say about our records, read beside the mirror (R5, R8 to R15)."""
