"""Policies as data, requests with the facts that were shown, decisions, holds."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_people_and_scopes"),
        ("shipments", "0001_packages_and_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("hld", editable=False, unique=True)),
                ("kind", models.CharField(choices=[("invoice", "Invoice")], max_length=30)),
                ("connection", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=60)),
                ("record_odoo_id", models.PositiveBigIntegerField()),
                ("record_name", models.CharField(max_length=120)),
                ("amount", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("case_ref", models.CharField(blank=True, max_length=40)),
                ("reason", models.CharField(max_length=40)),
                ("says", models.CharField(max_length=400)),
                ("conditions", models.JSONField(default=list)),
                ("rule", models.CharField(max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("placed", "Held"),
                            ("released", "Released"),
                            ("bypassed", "Bypassed in Odoo"),
                            ("moot", "No longer needed"),
                        ],
                        default="placed",
                        max_length=12,
                    ),
                ),
                ("placed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=200)),
                ("ended_why", models.CharField(blank=True, max_length=400)),
                (
                    "effect",
                    models.CharField(
                        choices=[
                            ("none", "Nothing to do in Odoo"),
                            ("waiting", "Waiting to be sent"),
                            ("sending", "Sending to Odoo"),
                            ("applied", "Applied in Odoo"),
                            ("refused", "Refused by Odoo"),
                            ("parked", "Waiting for a person"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("effect_says", models.CharField(blank=True, max_length=500)),
                ("effect_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("changed_at", models.DateTimeField(auto_now=True)),
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
                        related_name="holds",
                        to="shipments.order",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="shipments.shipment",
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
        migrations.CreateModel(
            name="Involvement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("did", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="shipments.order",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="shipments.shipment",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("name", models.CharField(max_length=120)),
                ("text", models.TextField()),
                ("steps", models.JSONField()),
                ("due_min", models.PositiveIntegerField(default=240)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "policies",
                "constraints": [
                    models.UniqueConstraint(fields=("slug", "version"), name="policy_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("active", True)),
                        fields=("slug",),
                        name="policy_one_active_version",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("req", editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice_release", "Release an invoice")], max_length=40
                    ),
                ),
                ("case_ref", models.CharField(blank=True, max_length=40)),
                ("title", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                ("amount", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("facts", models.JSONField(default=dict)),
                ("facts_digest", models.CharField(max_length=64)),
                ("requested_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("step", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting for a decision"),
                            ("granted", "Granted"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                            ("moot", "No longer needed"),
                        ],
                        default="pending",
                        max_length=12,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("overdue_at", models.DateTimeField(null=True)),
                (
                    "effect",
                    models.CharField(
                        choices=[
                            ("none", "Nothing to do in Odoo"),
                            ("waiting", "Waiting to be sent"),
                            ("sending", "Sending to Odoo"),
                            ("applied", "Applied in Odoo"),
                            ("refused", "Refused by Odoo"),
                            ("parked", "Waiting for a person"),
                        ],
                        default="none",
                        max_length=12,
                    ),
                ),
                ("effect_says", models.CharField(blank=True, max_length=500)),
                ("effect_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
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
                    "evidence",
                    models.ManyToManyField(related_name="requests", to="shipments.document"),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="approvals.hold",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="shipments.order",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.policy",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="shipments.shipment",
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
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("dec", editable=False, unique=True)),
                ("step", models.PositiveSmallIntegerField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[("grant", "Granted"), ("reject", "Rejected")], max_length=8
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("facts", models.JSONField()),
                ("seen", models.CharField(max_length=64)),
                ("policy_version", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="approvals.request",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShownFacts",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("facts", models.JSONField()),
                ("at", models.DateTimeField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shown",
                        to="approvals.request",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(fields=["company", "state", "-placed_at"], name="hold_list"),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                fields=["connection", "model", "record_odoo_id"], name="hold_record"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "placed")),
                fields=("connection", "model", "record_odoo_id", "reason"),
                name="hold_once_while_placed",
            ),
        ),
        migrations.AddConstraint(
            model_name="involvement",
            constraint=models.UniqueConstraint(
                fields=("order", "shipment", "user", "did"),
                name="involvement_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(fields=["company", "state", "due_at"], name="request_inbox"),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "pending")),
                fields=("hold", "kind"),
                name="request_once_while_pending",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                fields=("request", "step"), name="decision_once_per_step"
            ),
        ),
        migrations.AddConstraint(
            model_name="shownfacts",
            constraint=models.UniqueConstraint(
                fields=("request", "digest"), name="shown_facts_once"
            ),
        ),
    ]
