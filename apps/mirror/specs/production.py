"""Productions and their work orders.

Until 16 the plan stood in date_planned_* and date_start was the actual start (not tested): so the plan is
looked for first. Since 17 date_start and date_finished are the plan until the thing happens.
"""

from __future__ import annotations

from typing import Final

from apps.mirror import models as tables
from apps.mirror.specs.shape import Spec
from apps.mirror.specs.shape import column as c
from apps.mirror.specs.values import amount, moment, ref, whole

_START = c("start_at", "date_planned_start", "date_start", convert=moment)
_FINISH = c("finish_at", "date_planned_finished", "date_finished", convert=moment)

PRODUCTIONS: Final = Spec(
    "mrp.production",
    tables.Production,
    (
        c("name"),
        c("state"),
        c("product_odoo_id", "product_id", convert=ref),
        c("sale_line_odoo_id", "sale_line_id", convert=ref),
        c("quantity", "product_qty", convert=amount),
        c("produced_qty", "qty_produced", "qty_producing", convert=amount, volatile=True),
        c("unit", "product_uom_id", names="uom.uom:name"),
        _START,
        _FINISH,
        c("deadline_at", "date_deadline", convert=moment),
        c("origin"),
        c("reservation_state"),
        c("components_state", "components_availability_state", volatile=True),
        c("picking_type_odoo_id", "picking_type_id", convert=ref),
        c("backorder_sequence", convert=whole),
    ),
    pace="open",
    unsettled=("draft", "confirmed", "progress", "to_close", "cancel"),
    watched=("state", "quantity", "start_at", "finish_at", "deadline_at", "reservation_state"),
    points={
        "company_id": "res.company",
        "picking_type_id": "stock.picking.type",
        "product_id": "product.product",
    },
)
WORK_ORDERS: Final = Spec(
    "mrp.workorder",
    tables.WorkOrder,
    (
        c("production_odoo_id", "production_id", convert=ref),
        c("name"),
        c("state"),
        c("workcenter_odoo_id", "workcenter_id", convert=ref),
        c("workcenter", "workcenter_id", names="mrp.workcenter:name"),
        _START,
        _FINISH,
        c("expected_min", "duration_expected", convert=amount),
    ),
    pace="other",
    watched=("state", "start_at", "finish_at"),
)
