"""Cases with owner, clock and evidence; their steps and actions."""

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
            name="Case",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("cas", editable=False, unique=True)),
                ("kind", models.CharField(max_length=40)),
                ("dedupe", models.CharField(max_length=160)),
                ("title", models.CharField(max_length=200)),
                ("says", models.TextField(blank=True)),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("subject", models.CharField(blank=True, max_length=40)),
                ("priority", models.PositiveSmallIntegerField(default=2)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("waiting", "Waiting"),
                            ("resolved", "Resolved"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "waiting_on",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("carrier", "the carrier"),
                            ("customer", "the customer"),
                            ("approval", "an approval"),
                            ("odoo", "Odoo"),
                        ],
                        max_length=12,
                    ),
                ),
                ("next_step", models.CharField(blank=True, max_length=160)),
                ("opened_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField()),
                ("clock_left_min", models.IntegerField(null=True)),
                ("breached_at", models.DateTimeField(null=True)),
                ("count", models.PositiveIntegerField(default=1)),
                ("last_seen_at", models.DateTimeField()),
                ("touched_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_by", models.CharField(blank=True, max_length=120)),
                ("resolution", models.CharField(blank=True, max_length=400)),
                ("value", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("promise_at", models.DateTimeField(null=True)),
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
                        related_name="cases",
                        to="shipments.order",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="cases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "package",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="shipments.package",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="shipments.shipment",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
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
        migrations.CreateModel(
            name="ActionRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("act", editable=False, unique=True)),
                ("action", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=160, unique=True)),
                ("data", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Sending"),
                            ("sent", "Sent"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("manual", "By hand"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("state_says", models.CharField(blank=True, max_length=400)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="exceptions.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseEvidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("ref", models.CharField(max_length=80)),
                ("says", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence",
                        to="exceptions.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("stp", editable=False, unique=True)),
                ("kind", models.CharField(max_length=20)),
                ("says", models.TextField()),
                ("at", models.DateTimeField()),
                ("data", models.JSONField(default=dict)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="exceptions.case",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["company", "state", "priority", "due_at"], name="case_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["team", "state"], name="case_team"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["dedupe", "-id"], name="case_dedupe"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("breached_at", None), ("state", "open")),
                fields=["due_at"],
                name="case_clock",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "resolved"), _negated=True),
                fields=("dedupe",),
                name="case_once_while_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="caseevidence",
            constraint=models.UniqueConstraint(
                fields=("case", "kind", "ref"), name="evidence_once"
            ),
        ),
    ]
