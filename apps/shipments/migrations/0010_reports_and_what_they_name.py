"""Business events as rows, and what parcels and reports name that Odoo may still have to bring."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people_and_scopes"),
        ("shipments", "0005_how_late_a_supply_is"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Mention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("looked_for", models.CharField(max_length=12)),
                ("ref", models.CharField(max_length=120)),
                ("key", models.CharField(max_length=120)),
                ("source", models.CharField(max_length=60)),
                ("source_kind", models.CharField(blank=True, max_length=12)),
                ("fence", models.CharField(blank=True, max_length=200)),
                ("since", models.DateTimeField()),
                ("found_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("rep", editable=False, unique=True)),
                ("kind", models.CharField(max_length=40)),
                ("subject_kind", models.CharField(max_length=20)),
                ("subject_ref", models.CharField(max_length=120)),
                ("fence", models.CharField(blank=True, max_length=200)),
                ("identity", models.CharField(max_length=64)),
                ("content", models.CharField(max_length=64)),
                ("mapping_version", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=60)),
                ("source_kind", models.CharField(blank=True, max_length=12)),
                ("format", models.CharField(max_length=40)),
                ("source_code", models.CharField(blank=True, max_length=120)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("expected_at", models.DateTimeField(null=True)),
                ("time_basis", models.CharField(blank=True, max_length=20)),
                ("flags", models.JSONField(default=list)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("details", models.JSONField(default=dict)),
                ("claims", models.JSONField(default=list)),
                ("message_id", models.BigIntegerField(db_index=True, null=True)),
                ("message_ref", models.CharField(blank=True, max_length=40)),
                ("correlation_id", models.CharField(max_length=64)),
                ("superseded_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterField(
            model_name="source",
            name="kind",
            field=models.CharField(
                choices=[
                    ("odoo", "Odoo"),
                    ("carrier", "Carrier"),
                    ("aggregator", "Carrier network"),
                    ("3pl", "3PL"),
                    ("wms", "Warehouse system"),
                    ("driver", "Driver"),
                    ("middleware", "Middleware"),
                    ("supplier", "Supplier"),
                    ("customer", "Customer"),
                    ("person", "Person"),
                    ("tower", "The tower"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["name"], name="order_called"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("customer_reference", ""), _negated=True),
                fields=["customer_reference"],
                name="order_called_by_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="supply",
            index=models.Index(fields=["reference"], name="supply_called"),
        ),
        migrations.AddField(
            model_name="mention",
            name="package",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mentions",
                to="shipments.package",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="company",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.company",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="customer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.customer",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="shipments.order",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="shipment",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="shipments.shipment",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="supply",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="shipments.supply",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="warehouse",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.warehouse",
            ),
        ),
        migrations.AddField(
            model_name="mention",
            name="report",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mentions",
                to="shipments.report",
            ),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["order", "occurred_at"], name="report_of_order"),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["shipment", "occurred_at"], name="report_of_shipment"),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["supply", "occurred_at"], name="report_of_supply"),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["subject_kind", "subject_ref"], name="report_subject"),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["kind", "-id"], name="report_kind"),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                fields=("identity", "mapping_version"), name="report_once_per_mapping"
            ),
        ),
        migrations.AddIndex(
            model_name="mention",
            index=models.Index(
                condition=models.Q(("found_at", None)), fields=["key"], name="mention_waits"
            ),
        ),
        migrations.AddIndex(
            model_name="mention",
            index=models.Index(
                condition=models.Q(("found_at", None)), fields=["since"], name="mention_since"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=models.UniqueConstraint(
                fields=("package", "report", "looked_for", "key"),
                name="mention_once",
                nulls_distinct=False,
            ),
        ),
    ]
