"""Cursors of the subscribers, and entries set aside."""

from django.db import migrations, models

import apps.journal.models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0001_journal"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("subscriber", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("xid", apps.journal.models.XidField(default=0)),
                ("entry_id", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(auto_now=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("last_error", models.TextField(blank=True)),
                ("retry_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StuckEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subscriber", models.CharField(max_length=60)),
                ("entry_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=64)),
                ("error", models.TextField()),
                ("stuck_at", models.DateTimeField(auto_now_add=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subscriber", "entry_id"), name="journal_stuck_once"
                    )
                ],
            },
        ),
    ]
