"""The change feed stops comparing our clock with Odoo's, says its progress, and keeps what it set aside.

Reconciling gets a table for what it found.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mirror", "0001_what_odoo_says"),
    ]

    operations = [
        migrations.AddField(
            model_name="feed",
            name="absent",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="feed",
            name="edge",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="feed",
            name="highest_id",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="feed",
            name="load_per_s",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="feed",
            name="notice",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="project_total",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="projected",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="feed",
            name="projected_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="projected_to_id",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="feed",
            name="quiet_s",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="feed",
            name="reconcile_asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="refreshed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="refreshed_to_id",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=60)),
                (
                    "kind",
                    models.CharField(choices=[("quick", "quick"), ("full", "full")], max_length=10),
                ),
                ("started_at", models.DateTimeField()),
                ("took_ms", models.PositiveIntegerField(default=0)),
                ("in_odoo", models.PositiveIntegerField(default=0)),
                ("in_tower", models.PositiveIntegerField(default=0)),
                ("missing", models.PositiveIntegerField(default=0)),
                ("extra", models.PositiveIntegerField(default=0)),
                ("differing", models.PositiveIntegerField(default=0)),
                ("details", models.JSONField(default=list)),
                ("mended", models.PositiveIntegerField(default=0)),
                ("says", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["connection", "model", "-started_at"], name="mirror_reconciled"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SetAside",
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
                ("reason", models.TextField()),
                ("since_at", models.DateTimeField()),
                ("tried_at", models.DateTimeField()),
                ("try_again_at", models.DateTimeField()),
                ("tries", models.PositiveIntegerField(default=1)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "model", "odoo_id"), name="set_aside_once"
                    )
                ],
            },
        ),
    ]
