"""The read model that analytics exports from (R45)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_answers_to_idempotency_keys"),
        ("integrations", "0032_who_told_an_event_again"),
    ]

    operations = [
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sort", models.CharField(max_length=12)),
                ("ref", models.CharField(max_length=40)),
                ("data", models.JSONField(default=dict)),
                ("gone", models.BooleanField(default=False)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("seq", models.BigIntegerField(null=True, unique=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("stale", models.BooleanField(default=True)),
                ("company", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.company")),
                ("customer", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.customer")),
                ("warehouse", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.warehouse")),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("stale", True)), fields=["id"], name="fact_stale"),
                    models.Index(fields=["sort", "seq"], name="fact_of_sort"),
                ],
                "constraints": [models.UniqueConstraint(fields=("sort", "ref"), name="fact_once")],
            },
        ),
    ]  # fmt: skip
