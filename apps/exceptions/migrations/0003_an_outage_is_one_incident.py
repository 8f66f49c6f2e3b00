"""A failure is one thing: what its silence suggests of single shipments is held back until it is caught up with."""

import django.db.models.deletion
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    dependencies = [
        ("exceptions", "0002_cases_that_name_an_order"),
        ("shipments", "0011_middleware_and_drivers_own_too"),
    ]

    operations = [
        migrations.CreateModel(
            name="Outage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("inc", editable=False, unique=True)),
                ("what", models.CharField(max_length=80)),
                ("title", models.CharField(max_length=200)),
                ("mode", models.CharField(max_length=300)),
                ("says", models.CharField(blank=True, max_length=300)),
                ("began_at", models.DateTimeField()),
                ("noticed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("caught_up_at", models.DateTimeField(null=True)),
                ("affected", models.PositiveIntegerField(default=0)),
                ("left", models.PositiveIntegerField(default=0)),
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
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outages",
                        to="exceptions.case",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("caught_up_at", None)),
                        fields=["carrier"],
                        name="outage_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("caught_up_at", None)),
                        fields=("what",),
                        name="outage_once_while_open",
                    )
                ],
            },
        ),
    ]
