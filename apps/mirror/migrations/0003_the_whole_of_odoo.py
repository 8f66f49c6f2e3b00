"""The rest of what Odoo says: purchases, productions, stock, packages and master data.

Free text loses its limits, so that nothing a person typed is cut. Models that gained columns or records
(supplier bills, moves of productions) are loaded once more; what did not change stays as it is.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people_and_scopes"),
        ("mirror", "0002_feeds_follow_odoos_own_clock"),
    ]

    operations = [
        migrations.CreateModel(
            name="GoodsPackage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("name", models.TextField()),
                ("location_odoo_id", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("name", models.TextField()),
                ("usage", models.CharField(max_length=20)),
                ("warehouse_odoo_id", models.PositiveBigIntegerField(db_index=True, null=True)),
                ("company_odoo_id", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PackedLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("picking_odoo_id", models.PositiveBigIntegerField(db_index=True, null=True)),
                ("product_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("package_odoo_id", models.PositiveBigIntegerField(db_index=True, null=True)),
                ("quantity", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("unit", models.TextField(blank=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Production",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("name", models.TextField()),
                ("state", models.CharField(max_length=20)),
                ("product_odoo_id", models.PositiveBigIntegerField(db_index=True, null=True)),
                ("sale_line_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("quantity", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("produced_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("unit", models.TextField(blank=True)),
                ("start_at", models.DateTimeField(null=True)),
                ("finish_at", models.DateTimeField(null=True)),
                ("deadline_at", models.DateTimeField(null=True)),
                ("origin", models.TextField(blank=True)),
                ("reservation_state", models.CharField(blank=True, max_length=20)),
                ("components_state", models.CharField(blank=True, max_length=20)),
                ("picking_type_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("backorder_sequence", models.IntegerField(default=0)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PurchaseOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("name", models.TextField()),
                ("state", models.CharField(max_length=20)),
                ("locked", models.BooleanField(default=False)),
                ("supplier_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("supplier_reference", models.TextField(blank=True)),
                ("origin", models.TextField(blank=True)),
                ("ordered_at", models.DateTimeField(null=True)),
                ("planned_at", models.DateTimeField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("receipt_status", models.CharField(blank=True, max_length=20)),
                ("invoice_status", models.CharField(blank=True, max_length=20)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("amount_total", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("picking_type_odoo_id", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PurchaseOrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("order_odoo_id", models.PositiveBigIntegerField(db_index=True)),
                ("product_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("sale_line_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("name", models.TextField(blank=True)),
                ("ordered_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("received_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("invoiced_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("unit", models.TextField(blank=True)),
                ("planned_at", models.DateTimeField(null=True)),
                ("price_subtotal", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Quant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("product_odoo_id", models.PositiveBigIntegerField(db_index=True)),
                ("location_odoo_id", models.PositiveBigIntegerField(db_index=True)),
                ("package_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("quantity", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("reserved_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Route",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("name", models.TextField()),
                ("company_odoo_id", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Unit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("name", models.TextField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="WorkOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("odoo_write_date", models.DateTimeField(null=True)),
                ("read_started_at", models.DateTimeField()),
                ("stored_at", models.DateTimeField(auto_now=True)),
                ("archived", models.BooleanField(default=False)),
                ("gone_at", models.DateTimeField(null=True)),
                ("production_odoo_id", models.PositiveBigIntegerField(db_index=True)),
                ("name", models.TextField(blank=True)),
                ("state", models.CharField(max_length=20)),
                ("workcenter", models.TextField(blank=True)),
                ("workcenter_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("start_at", models.DateTimeField(null=True)),
                ("finish_at", models.DateTimeField(null=True)),
                ("expected_min", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveIndex(
            model_name="picking",
            name="mirror_picking_name",
        ),
        migrations.AddField(
            model_name="invoice",
            name="reference",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="reversed_odoo_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="move",
            name="dest_odoo_ids",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="move",
            name="orig_odoo_ids",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="move",
            name="production_odoo_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="move",
            name="purchase_line_odoo_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="move",
            name="raw_production_odoo_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="move",
            name="scheduled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="picking",
            name="availability",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="picking",
            name="move_type",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="picking",
            name="priority",
            field=models.CharField(blank=True, max_length=4),
        ),
        migrations.AddField(
            model_name="picking",
            name="user",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="picking",
            name="user_odoo_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="saleorder",
            name="access_url",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="saleorder",
            name="opportunity_odoo_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="companyrow",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="contact",
            name="city",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="contact",
            name="email",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="contact",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="contact",
            name="phone",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="contact",
            name="street",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="contact",
            name="zip",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="deliverycarrier",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="origin",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="move",
            name="product_odoo_id",
            field=models.PositiveBigIntegerField(db_index=True, null=True),
        ),
        migrations.AlterField(
            model_name="move",
            name="unit",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="picking",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="picking",
            name="origin",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="picking",
            name="tracking_ref",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="pickingtype",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="product",
            name="barcode",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="product",
            name="code",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="product",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="product",
            name="unit",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="saleorder",
            name="customer_reference",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="saleorder",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="saleorder",
            name="salesperson",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="saleorderline",
            name="unit",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="warehouserow",
            name="name",
            field=models.TextField(),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("reversed_odoo_id__isnull", False)),
                fields=["reversed_odoo_id"],
                name="mirror_invoice_reversed",
            ),
        ),
        migrations.AddIndex(
            model_name="move",
            index=models.Index(
                condition=models.Q(("order_line_odoo_id__isnull", False)),
                fields=["order_line_odoo_id"],
                name="mirror_move_sold",
            ),
        ),
        migrations.AddIndex(
            model_name="move",
            index=models.Index(
                condition=models.Q(("purchase_line_odoo_id__isnull", False)),
                fields=["purchase_line_odoo_id"],
                name="mirror_move_bought",
            ),
        ),
        migrations.AddIndex(
            model_name="move",
            index=models.Index(
                condition=models.Q(("production_odoo_id__isnull", False)),
                fields=["production_odoo_id"],
                name="mirror_move_made",
            ),
        ),
        migrations.AddIndex(
            model_name="move",
            index=models.Index(
                condition=models.Q(("raw_production_odoo_id__isnull", False)),
                fields=["raw_production_odoo_id"],
                name="mirror_move_used",
            ),
        ),
        migrations.AddIndex(
            model_name="move",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("dest_odoo_ids", []), _negated=True),
                fields=["dest_odoo_ids"],
                name="mirror_move_dest",
                opclasses=["jsonb_path_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="picking",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["name"], name="mirror_transfer_name"
            ),
        ),
        migrations.AddIndex(
            model_name="saleorder",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["name"], name="mirror_order_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="goodspackage",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="goodspackage_once_per_odoo"
            ),
        ),
        migrations.AddConstraint(
            model_name="location",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="location_once_per_odoo"
            ),
        ),
        migrations.AddConstraint(
            model_name="packedline",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="packedline_once_per_odoo"
            ),
        ),
        migrations.AddField(
            model_name="production",
            name="company",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.company",
            ),
        ),
        migrations.AddField(
            model_name="production",
            name="customer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.customer",
            ),
        ),
        migrations.AddField(
            model_name="production",
            name="warehouse",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.warehouse",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="company",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.company",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="customer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.customer",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="warehouse",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.warehouse",
            ),
        ),
        migrations.AddIndex(
            model_name="purchaseorderline",
            index=models.Index(
                condition=models.Q(("sale_line_odoo_id__isnull", False)),
                fields=["sale_line_odoo_id"],
                name="mirror_bought_to_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorderline",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="purchaseorderline_once_per_odoo"
            ),
        ),
        migrations.AddField(
            model_name="quant",
            name="company",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.company",
            ),
        ),
        migrations.AddField(
            model_name="quant",
            name="customer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.customer",
            ),
        ),
        migrations.AddField(
            model_name="quant",
            name="warehouse",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.warehouse",
            ),
        ),
        migrations.AddConstraint(
            model_name="route",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="route_once_per_odoo"
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="unit_once_per_odoo"
            ),
        ),
        migrations.AddConstraint(
            model_name="workorder",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="workorder_once_per_odoo"
            ),
        ),
        migrations.AddIndex(
            model_name="production",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["name"], name="mirror_production_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="production",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="production_once_per_odoo"
            ),
        ),
        migrations.AddIndex(
            model_name="purchaseorder",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["name"], name="mirror_purchase_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorder",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="purchaseorder_once_per_odoo"
            ),
        ),
        migrations.AddConstraint(
            model_name="quant",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="quant_once_per_odoo"
            ),
        ),
        migrations.RunSQL(
            "UPDATE mirror_feed SET loaded_to_id = 0, loaded = 0, load_total = NULL,"
            " load_started_at = NULL, load_done_at = NULL, projected_to_id = 0, projected = 0,"
            " projected_at = NULL, due_at = NULL WHERE model IN"
            " ('sale.order', 'stock.picking', 'stock.move', 'account.move')",
            migrations.RunSQL.noop,
        ),
    ]
