"""What apps that an Odoo may have or not say about our orders, transfers and people: read beside the mirror."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mirror", "0006_feeds_reread_what_an_upgrade_asks_for"),
    ]

    operations = [
        migrations.CreateModel(
            name="LinkedFeed",
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
                ("whole_at", models.DateTimeField(null=True)),
                ("ran_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "model"), name="linked_feed_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LinkedRecord",
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
                (
                    "about",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("title", models.TextField()),
                ("state", models.TextField(blank=True)),
                ("open", models.BooleanField(default=True)),
                ("blocks", models.BooleanField(default=False)),
                ("facts", models.JSONField(default=list)),
                ("data", models.JSONField(default=dict)),
                ("changed_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["about"], name="linked_about")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "model", "odoo_id"), name="linked_once_per_odoo"
                    )
                ],
            },
        ),
    ]
