"""The ways goods take through Odoo's moves, as SQL over the mirror: the questions behind depends.py."""

from typing import Final

DEPTH: Final = 12  # steps of a chain; longer ones would be circles

# Downstream of the supplies: the moves they make, what those go on with, through productions that use them up.
CHAIN: Final = """
WITH RECURSIVE supply AS (SELECT id, connection, kind, odoo_id FROM shipments_supply WHERE id = ANY(%(ids)s)),
way(supply_id, connection, move_id, depth) AS (
  SELECT s.id, s.connection, m.odoo_id, 0 FROM supply s
  JOIN mirror_purchaseorderline l ON s.kind = 'purchase' AND l.connection = s.connection AND l.order_odoo_id = s.odoo_id
  JOIN mirror_move m ON m.connection = l.connection AND m.purchase_line_odoo_id = l.odoo_id
  UNION
  SELECT s.id, s.connection, m.odoo_id, 0 FROM supply s
  JOIN mirror_move m ON s.kind = 'production' AND m.connection = s.connection AND m.production_odoo_id = s.odoo_id
  UNION
  SELECT w.supply_id, w.connection, next.odoo_id, w.depth + 1 FROM way w
  JOIN mirror_move m ON m.connection = w.connection AND m.odoo_id = w.move_id
  CROSS JOIN LATERAL (
    SELECT d.value::bigint AS odoo_id FROM jsonb_array_elements_text(m.dest_odoo_ids) AS d
    UNION ALL
    SELECT f.odoo_id FROM mirror_move f
    WHERE f.connection = m.connection AND f.production_odoo_id = m.raw_production_odoo_id
  ) AS next WHERE w.depth < %(depth)s
)
SELECT DISTINCT w.supply_id, coalesce(l.order_odoo_id, p.order_odoo_id), p.odoo_id, m.raw_production_odoo_id
FROM way w JOIN mirror_move m ON m.connection = w.connection AND m.odoo_id = w.move_id AND m.gone_at IS NULL
LEFT JOIN mirror_picking p ON p.connection = m.connection AND p.odoo_id = m.picking_odoo_id
LEFT JOIN mirror_saleorderline l ON l.connection = m.connection AND l.odoo_id = m.order_line_odoo_id
WHERE m.state <> 'cancel'
  AND (coalesce(l.order_odoo_id, p.order_odoo_id) IS NOT NULL OR m.raw_production_odoo_id IS NOT NULL)
"""
TO_ORDER: Final = """
SELECT s.id, sl.order_odoo_id FROM shipments_supply s
JOIN mirror_purchaseorderline l ON s.kind = 'purchase' AND l.connection = s.connection AND l.order_odoo_id = s.odoo_id
JOIN mirror_saleorderline sl ON sl.connection = l.connection AND sl.odoo_id = l.sale_line_odoo_id
WHERE s.id = ANY(%(ids)s) AND l.gone_at IS NULL
UNION
SELECT s.id, sl.order_odoo_id FROM shipments_supply s
JOIN mirror_production p ON s.kind = 'production' AND p.connection = s.connection AND p.odoo_id = s.odoo_id
JOIN mirror_saleorderline sl ON sl.connection = p.connection AND sl.odoo_id = p.sale_line_odoo_id
WHERE s.id = ANY(%(ids)s)
"""
BY_NAME: Final = """
SELECT s.id, o.odoo_id FROM shipments_supply s
CROSS JOIN LATERAL jsonb_array_elements_text(s.origins) AS named(name)
JOIN shipments_order o ON o.connection = s.connection AND o.name = named.name
  AND o.company_id IS NOT DISTINCT FROM s.company_id -- companies may number their orders alike
WHERE s.id = ANY(%(ids)s)
"""
SHORT: Final = """
SELECT 'order', p.order_odoo_id, p.odoo_id, m.product_odoo_id, p.warehouse_id,
       m.demanded_qty - m.quantity, coalesce(p.scheduled_at, p.deadline_at),
       p.company_id
FROM mirror_move m JOIN mirror_picking p ON p.connection = m.connection AND p.odoo_id = m.picking_odoo_id
WHERE m.connection = %(connection)s AND m.product_odoo_id = ANY(%(products)s) AND m.gone_at IS NULL
  AND m.state IN ('confirmed', 'partially_available') AND m.demanded_qty > m.quantity AND m.orig_odoo_ids = '[]'
  AND p.gone_at IS NULL AND p.state NOT IN ('done', 'cancel') AND p.kind IN ('outgoing', 'internal')
  AND p.order_odoo_id IS NOT NULL
UNION ALL
SELECT 'production', r.odoo_id, 0, m.product_odoo_id, r.warehouse_id, m.demanded_qty - m.quantity, r.start_at,
       r.company_id
FROM mirror_move m JOIN mirror_production r ON r.connection = m.connection AND r.odoo_id = m.raw_production_odoo_id
WHERE m.connection = %(connection)s AND m.product_odoo_id = ANY(%(products)s) AND m.gone_at IS NULL
  AND m.state IN ('confirmed', 'partially_available') AND m.demanded_qty > m.quantity AND m.orig_odoo_ids = '[]'
  AND r.gone_at IS NULL AND r.state NOT IN ('done', 'cancel')
"""

# Upstream of some moves: what made or brought their goods, and the products that are short.
_UPSTREAM: Final = """
way(move_id, depth) AS (
  SELECT odoo_id, 0 FROM start
  UNION
  SELECT prev.odoo_id, w.depth + 1 FROM way w
  JOIN mirror_move m ON m.connection = %(connection)s AND m.odoo_id = w.move_id
  CROSS JOIN LATERAL (
    SELECT o.value::bigint AS odoo_id FROM jsonb_array_elements_text(m.orig_odoo_ids) AS o
    UNION ALL
    SELECT raw.odoo_id FROM mirror_move raw
    WHERE raw.connection = m.connection AND raw.raw_production_odoo_id = m.production_odoo_id
  ) AS prev WHERE w.depth < %(depth)s
),
moves AS (SELECT m.* FROM way w JOIN mirror_move m ON m.connection = %(connection)s AND m.odoo_id = w.move_id)
SELECT 'production', production_odoo_id FROM moves WHERE production_odoo_id IS NOT NULL
UNION SELECT 'purchase', l.order_odoo_id FROM moves m JOIN mirror_purchaseorderline l
  ON l.connection = m.connection AND l.odoo_id = m.purchase_line_odoo_id
UNION SELECT 'product', product_odoo_id FROM moves
  WHERE state IN ('confirmed', 'partially_available') AND demanded_qty > quantity AND product_odoo_id IS NOT NULL
"""
# Of the moves of orders, and what was bought or made to order.
UPSTREAM: Final = f"""
WITH RECURSIVE start AS (
  SELECT m.* FROM mirror_picking p JOIN mirror_move m ON m.connection = p.connection AND m.picking_odoo_id = p.odoo_id
  WHERE p.connection = %(connection)s AND p.order_odoo_id = ANY(%(ids)s) AND m.state <> 'cancel' AND m.gone_at IS NULL
),{_UPSTREAM}
UNION SELECT 'purchase', l.order_odoo_id FROM mirror_saleorderline s JOIN mirror_purchaseorderline l
  ON l.connection = s.connection AND l.sale_line_odoo_id = s.odoo_id
  WHERE s.connection = %(connection)s AND s.order_odoo_id = ANY(%(ids)s)
UNION SELECT 'production', r.odoo_id FROM mirror_saleorderline s JOIN mirror_production r
  ON r.connection = s.connection AND r.product_odoo_id = s.product_odoo_id AND r.sale_line_odoo_id = s.odoo_id
  WHERE s.connection = %(connection)s AND s.order_odoo_id = ANY(%(ids)s)
"""  # noqa: S608 - constants of this file
# Of what productions use up.
PARTS: Final = f"""
WITH RECURSIVE start AS (
  SELECT m.* FROM mirror_move m WHERE m.connection = %(connection)s AND m.raw_production_odoo_id = ANY(%(ids)s)
  AND m.state <> 'cancel' AND m.gone_at IS NULL
),{_UPSTREAM}"""  # noqa: S608 - constants of this file
