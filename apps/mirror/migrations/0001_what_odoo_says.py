"""What Odoo says: connection and Odoo id on every row, the history of watched fields, the feed."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_people_and_scopes"),
    ]

    operations = [
        migrations.CreateModel(
            name="CompanyRow",
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
                ("name", models.CharField(max_length=200)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("contact_odoo_id", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="companyrow_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
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
                ("name", models.CharField(max_length=300)),
                ("commercial_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("parent_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=60)),
                ("street", models.CharField(blank=True, max_length=200)),
                ("zip", models.CharField(blank=True, max_length=24)),
                ("city", models.CharField(blank=True, max_length=120)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("timezone", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="contact_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryCarrier",
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
                ("name", models.CharField(max_length=200)),
                ("delivery_type", models.CharField(blank=True, max_length=60)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="deliverycarrier_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=60)),
                ("cursor_at", models.DateTimeField(null=True)),
                ("loaded_to_id", models.PositiveBigIntegerField(default=0)),
                ("load_total", models.PositiveIntegerField(null=True)),
                ("loaded", models.PositiveIntegerField(default=0)),
                ("load_started_at", models.DateTimeField(null=True)),
                ("load_done_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("ran_at", models.DateTimeField(null=True)),
                ("ok_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "model"), name="feed_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="FieldChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=60)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("field", models.CharField(max_length=60)),
                ("old", models.JSONField(null=True)),
                ("new", models.JSONField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField()),
                ("correlation_id", models.CharField(max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["connection", "model", "odoo_id", "seen_at"],
                        name="mirror_change_record",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Move",
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
                ("order_line_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("state", models.CharField(max_length=20)),
                ("demanded_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("quantity", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("unit", models.CharField(blank=True, max_length=60)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="move_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PickingType",
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
                ("name", models.CharField(max_length=200)),
                ("code", models.CharField(max_length=20)),
                ("warehouse_odoo_id", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="pickingtype_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
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
                ("name", models.CharField(max_length=300)),
                ("code", models.CharField(blank=True, max_length=120)),
                ("barcode", models.CharField(blank=True, max_length=120)),
                ("unit", models.CharField(blank=True, max_length=60)),
                ("storable", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="product_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SaleOrderLine",
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
                ("name", models.TextField(blank=True)),
                ("ordered_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("delivered_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("invoiced_qty", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("unit", models.CharField(blank=True, max_length=60)),
                ("price_subtotal", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="saleorderline_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WarehouseRow",
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
                ("name", models.CharField(max_length=200)),
                ("code", models.CharField(max_length=20)),
                ("company_odoo_id", models.PositiveBigIntegerField()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="warehouserow_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
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
                ("public_id", apps.journal.ids.PublicIdField("inv", editable=False, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=20)),
                ("state", models.CharField(max_length=20)),
                ("payment_state", models.CharField(blank=True, max_length=20)),
                ("customer_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("invoiced_on", models.DateField(null=True)),
                ("due_on", models.DateField(null=True)),
                ("origin", models.CharField(blank=True, max_length=500)),
                ("order_odoo_ids", models.JSONField(default=list)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("amount_total", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                (
                    "amount_residual",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18),
                ),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.warehouse",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["order_odoo_ids"],
                        name="mirror_invoice_orders",
                        opclasses=["jsonb_path_ops"],
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="invoice_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Picking",
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
                ("name", models.CharField(max_length=120)),
                ("state", models.CharField(max_length=20)),
                ("kind", models.CharField(max_length=20)),
                ("origin", models.CharField(blank=True, max_length=200)),
                ("order_odoo_id", models.PositiveBigIntegerField(db_index=True, null=True)),
                ("contact_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("picking_type_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("carrier_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("tracking_ref", models.CharField(blank=True, max_length=500)),
                ("scheduled_at", models.DateTimeField(null=True)),
                ("deadline_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("backorder_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("return_of_odoo_id", models.PositiveBigIntegerField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.warehouse",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["connection", "name"], name="mirror_picking_name")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="picking_once_per_odoo"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SaleOrder",
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
                ("name", models.CharField(max_length=120)),
                ("state", models.CharField(max_length=20)),
                ("locked", models.BooleanField(default=False)),
                ("customer_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("shipping_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("customer_reference", models.CharField(blank=True, max_length=200)),
                ("ordered_at", models.DateTimeField(null=True)),
                ("commitment_at", models.DateTimeField(null=True)),
                ("delivery_status", models.CharField(blank=True, max_length=20)),
                ("invoice_status", models.CharField(blank=True, max_length=20)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("amount_total", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("salesperson", models.CharField(blank=True, max_length=200)),
                ("salesperson_odoo_id", models.PositiveBigIntegerField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.warehouse",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "odoo_id"), name="saleorder_once_per_odoo"
                    )
                ],
            },
        ),
    ]
