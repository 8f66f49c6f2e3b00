"""Packages with generations, events with mapping version and supersession, shipments, orders, documents."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_people_and_scopes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Carrier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("doc", editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("pod", "Proof of delivery"), ("evidence", "Evidence")],
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("media_type", models.CharField(max_length=80)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
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
            },
        ),
        migrations.CreateModel(
            name="DocumentBody",
            fields=[
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="body",
                        serialize=False,
                        to="shipments.document",
                    ),
                ),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("evt", editable=False, unique=True)),
                ("tracking_number", models.CharField(default="", max_length=120)),
                ("fence", models.CharField(blank=True, max_length=200)),
                ("generation_hint", models.CharField(blank=True, max_length=120)),
                ("voids", models.CharField(blank=True, max_length=200)),
                ("identity", models.CharField(max_length=64)),
                ("content", models.CharField(max_length=64)),
                ("mapping_version", models.PositiveIntegerField()),
                ("source", models.CharField(max_length=60)),
                ("format", models.CharField(max_length=40)),
                ("source_event_id", models.CharField(blank=True, max_length=200)),
                ("source_code", models.CharField(blank=True, max_length=120)),
                ("milestone", models.CharField(max_length=30)),
                ("exception_reason", models.CharField(blank=True, max_length=60)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("time_basis", models.CharField(blank=True, max_length=20)),
                ("unmapped", models.BooleanField(default=False)),
                ("flags", models.JSONField(default=list)),
                ("location", models.CharField(blank=True, max_length=200)),
                ("country", models.CharField(blank=True, max_length=3)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("pod", models.JSONField(null=True)),
                ("eta", models.CharField(blank=True, max_length=32)),
                ("eta_told_at", models.DateTimeField(null=True)),
                ("amended", models.JSONField(db_default={}, default=dict)),
                ("details", models.JSONField(default=dict)),
                ("message_id", models.BigIntegerField(db_index=True, null=True)),
                ("message_ref", models.CharField(blank=True, max_length=40)),
                ("correlation_id", models.CharField(max_length=64)),
                ("superseded_at", models.DateTimeField(null=True)),
                ("voided_at", models.DateTimeField(null=True)),
                (
                    "carrier",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shipments.carrier",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("ord", editable=False, unique=True)),
                ("connection", models.CharField(max_length=40)),
                ("odoo_id", models.PositiveBigIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("customer_name", models.CharField(blank=True, max_length=300)),
                ("customer_reference", models.CharField(blank=True, max_length=200)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("quoted", "Quoted"),
                            ("confirmed", "Confirmed"),
                            ("on_hold", "On hold"),
                            ("awaiting_stock", "Awaiting stock"),
                            ("allocated", "Allocated"),
                            ("picking", "Picking"),
                            ("packed", "Packed"),
                            ("ready_to_ship", "Ready to ship"),
                            ("booked", "Booked"),
                            ("in_transit", "In transit"),
                            ("out_for_delivery", "Out for delivery"),
                            ("delivered", "Delivered"),
                            ("pod_validated", "Proof accepted"),
                            ("invoice_released", "Invoice released"),
                            ("invoiced", "Invoiced"),
                            ("paid", "Paid"),
                            ("closed", "Closed"),
                            ("cancelled", "Cancelled"),
                            ("returned", "Returned"),
                        ],
                        default="quoted",
                        max_length=20,
                    ),
                ),
                ("stage_why", models.JSONField(default=dict)),
                ("promise_at", models.DateTimeField(null=True)),
                ("promise_basis", models.CharField(blank=True, max_length=40)),
                ("amount_total", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("held", models.JSONField(default=list)),
                ("odoo_state", models.CharField(blank=True, max_length=20)),
                ("locked", models.BooleanField(default=False)),
                ("ordered_at", models.DateTimeField(null=True)),
                ("commitment_at", models.DateTimeField(null=True)),
                ("steps", models.JSONField(default=list)),
                ("invoices", models.JSONField(default=list)),
                ("open", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField()),
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
                    "owner_team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.team",
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
        ),
        migrations.AddField(
            model_name="document",
            name="order",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="shipments.order",
            ),
        ),
        migrations.CreateModel(
            name="Package",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("pkg", editable=False, unique=True)),
                ("tracking_number", models.CharField(max_length=120)),
                ("number", models.CharField(max_length=120)),
                ("generation", models.PositiveSmallIntegerField(default=1)),
                ("fence", models.CharField(blank=True, max_length=200)),
                ("ambiguous", models.BooleanField(default=False)),
                ("implicit", models.BooleanField(default=False)),
                ("milestone", models.CharField(blank=True, max_length=30)),
                ("status", models.CharField(blank=True, max_length=30)),
                ("exception_reason", models.CharField(blank=True, max_length=60)),
                ("terminal", models.BooleanField(default=False)),
                ("first_event_at", models.DateTimeField(null=True)),
                ("last_event_at", models.DateTimeField(null=True)),
                ("heard_at", models.DateTimeField(null=True)),
                ("picked_up_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("eta", models.CharField(blank=True, max_length=32)),
                ("proof", models.JSONField(null=True)),
                ("anomalies", models.JSONField(default=list)),
                ("event_count", models.PositiveIntegerField(default=0)),
                ("version", models.PositiveIntegerField(default=1)),
                ("changed_at", models.DateTimeField()),
                (
                    "carrier",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="packages",
                        to="shipments.carrier",
                    ),
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
                    "deciding_event",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="shipments.event",
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
        ),
        migrations.AddField(
            model_name="event",
            name="package",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="shipments.package",
            ),
        ),
        migrations.CreateModel(
            name="PackageLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("said_by", models.CharField(max_length=40)),
                ("since", models.DateTimeField(null=True)),
                ("linked_at", models.DateTimeField(auto_now_add=True)),
                (
                    "package",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="shipments.package",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("shp", editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("outgoing", "Outgoing"),
                            ("incoming", "Incoming"),
                            ("return", "Return"),
                            ("dropship", "Drop-ship"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reference", models.CharField(max_length=120)),
                ("connection", models.CharField(blank=True, max_length=40)),
                ("picking_odoo_id", models.PositiveBigIntegerField(null=True)),
                ("picking_state", models.CharField(blank=True, max_length=20)),
                ("deadline_at", models.DateTimeField(null=True)),
                ("carrier_name", models.CharField(blank=True, max_length=200)),
                ("customer_name", models.CharField(blank=True, max_length=300)),
                ("ship_to_city", models.CharField(blank=True, max_length=120)),
                ("ship_to_country", models.CharField(blank=True, max_length=2)),
                ("ship_to_timezone", models.CharField(blank=True, max_length=64)),
                ("execution_status", models.CharField(max_length=30)),
                ("execution_why", models.JSONField(default=dict)),
                ("partial", models.BooleanField(default=False)),
                ("delivered_packages", models.PositiveIntegerField(default=0)),
                ("package_count", models.PositiveIntegerField(default=0)),
                ("customer_status", models.CharField(max_length=30)),
                ("customer_why", models.JSONField(default=dict)),
                ("financial_status", models.CharField(max_length=30)),
                ("financial_why", models.JSONField(default=dict)),
                ("exception_reason", models.CharField(blank=True, max_length=60)),
                ("promise_at", models.DateTimeField(null=True)),
                ("promise_basis", models.CharField(blank=True, max_length=40)),
                ("eta", models.CharField(blank=True, max_length=32)),
                ("eta_at", models.DateTimeField(null=True)),
                ("dispatched_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("late", models.BooleanField(default=False)),
                ("has_proof", models.BooleanField(default=False)),
                ("last_event_at", models.DateTimeField(null=True)),
                ("heard_at", models.DateTimeField(null=True)),
                ("value", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "backorder_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="backorders",
                        to="shipments.shipment",
                    ),
                ),
                (
                    "carrier",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shipments.carrier",
                    ),
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
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipments",
                        to="shipments.order",
                    ),
                ),
                (
                    "packages",
                    models.ManyToManyField(
                        related_name="shipments",
                        through="shipments.PackageLink",
                        to="shipments.package",
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
        ),
        migrations.AddField(
            model_name="packagelink",
            name="shipment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to="shipments.shipment",
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="shipment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="shipments.shipment",
            ),
        ),
        migrations.CreateModel(
            name="CarrierLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("delivery_carrier_odoo_id", models.PositiveBigIntegerField()),
                (
                    "carrier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="shipments.carrier"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "delivery_carrier_odoo_id"), name="carrier_link_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["company", "open", "promise_at"], name="order_board"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["connection", "name"], name="order_name"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("connection", "odoo_id"), name="order_once_per_odoo"
            ),
        ),
        migrations.AddConstraint(
            model_name="package",
            constraint=models.UniqueConstraint(
                fields=("number", "carrier", "generation", "fence"),
                name="package_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["package", "occurred_at"], name="event_timeline"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                fields=("identity", "mapping_version"), name="event_once_per_mapping"
            ),
        ),
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(fields=["company", "-id"], name="shipment_newest"),
        ),
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(
                fields=["company", "execution_status", "promise_at"], name="shipment_board"
            ),
        ),
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(fields=["reference"], name="shipment_reference"),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("picking_odoo_id__isnull", False)),
                fields=("connection", "picking_odoo_id"),
                name="shipment_once_per_picking",
            ),
        ),
        migrations.AddConstraint(
            model_name="packagelink",
            constraint=models.UniqueConstraint(
                fields=("package", "shipment"), name="package_link_once"
            ),
        ),
    ]
