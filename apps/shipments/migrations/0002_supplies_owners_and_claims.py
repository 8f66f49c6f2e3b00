"""Supplies (purchases, productions), an owner for every order, who owns which field, and claims.

What people type in Odoo has no limit, so the columns that copy it lose theirs.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people_and_scopes"),
        ("shipments", "0001_packages_and_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldOwner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("own", editable=False, unique=True)),
                ("object", models.CharField(max_length=30)),
                ("field", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=120)),
                ("milestones", models.JSONField(default=list)),
                ("owners", models.JSONField()),
                ("steward", models.SlugField()),
                (
                    "direction",
                    models.CharField(
                        choices=[
                            ("in", "The owner tells the tower"),
                            ("command", "Odoo tells the tower; changes go to Odoo as commands"),
                            ("derived", "The tower derives it"),
                            ("tower", "The tower keeps it"),
                        ],
                        max_length=12,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("version", models.PositiveIntegerField(default=1)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("odoo", "Odoo"),
                            ("carrier", "Carrier"),
                            ("aggregator", "Carrier network"),
                            ("3pl", "3PL"),
                            ("wms", "Warehouse system"),
                            ("supplier", "Supplier"),
                            ("person", "Person"),
                            ("tower", "The tower"),
                        ],
                        max_length=12,
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Supply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("sup", editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("purchase", "Purchase order"), ("production", "Production")],
                        max_length=12,
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("reference", models.TextField()),
                ("partner_name", models.TextField(blank=True)),
                ("partner_reference", models.TextField(blank=True)),
                ("origins", models.JSONField(default=list)),
                ("odoo_state", models.CharField(blank=True, max_length=20)),
                ("gone", models.BooleanField(default=False)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("ordered", "Ordered"),
                            ("in_progress", "In progress"),
                            ("partly_received", "Partly received"),
                            ("received", "Received"),
                            ("finished", "Finished"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Unknown in Odoo"),
                        ],
                        default="planned",
                        max_length=20,
                    ),
                ),
                ("stage_why", models.JSONField(default=dict)),
                ("ordered_at", models.DateTimeField(null=True)),
                ("expected_at", models.DateTimeField(null=True)),
                ("first_expected_at", models.DateTimeField(null=True)),
                ("expected_why", models.JSONField(default=dict)),
                ("promised_at", models.DateTimeField(null=True)),
                ("lines", models.JSONField(default=list)),
                ("product_odoo_ids", models.JSONField(default=list)),
                ("steps", models.JSONField(default=list)),
                ("open", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "supplies",
            },
        ),
        migrations.AddField(
            model_name="event",
            name="claims",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="order",
            name="gone",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="order",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="orders",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="owner_basis",
            field=models.CharField(
                choices=[
                    ("team", "Team of its stage"),
                    ("salesperson", "Salesperson"),
                    ("taken", "Taken over"),
                ],
                db_default="team",
                default="team",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="owner_why",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="order",
            name="salesperson",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="salesperson_name",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="shipment",
            name="gone",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="shipment",
            name="return_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="returns",
                to="shipments.shipment",
            ),
        ),
        migrations.AddField(
            model_name="shipment",
            name="scheduled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="order",
            name="customer_name",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="order",
            name="customer_reference",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="order",
            name="name",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="carrier_name",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="customer_name",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="reference",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="ship_to_city",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="fieldowner",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="supply",
            name="company",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.company",
            ),
        ),
        migrations.AddField(
            model_name="supply",
            name="customer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.customer",
            ),
        ),
        migrations.AddField(
            model_name="supply",
            name="warehouse",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.warehouse",
            ),
        ),
        migrations.AddField(
            model_name="shipment",
            name="supply",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="receipts",
                to="shipments.supply",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldowner",
            constraint=models.UniqueConstraint(
                fields=("object", "field", "version"), name="owner_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldowner",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True)),
                fields=("object", "field"),
                name="owner_one_active",
            ),
        ),
        migrations.AddIndex(
            model_name="supply",
            index=models.Index(fields=["company", "open", "expected_at"], name="supply_board"),
        ),
        migrations.AddIndex(
            model_name="supply",
            index=models.Index(fields=["connection", "reference"], name="supply_reference"),
        ),
        migrations.AddIndex(
            model_name="supply",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("open", True)),
                fields=["product_odoo_ids"],
                name="supply_products",
                opclasses=["jsonb_path_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="supply",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["origins"], name="supply_origins", opclasses=["jsonb_path_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="supply",
            constraint=models.UniqueConstraint(
                fields=("connection", "kind", "odoo_id"), name="supply_once_per_odoo"
            ),
        ),
    ]
