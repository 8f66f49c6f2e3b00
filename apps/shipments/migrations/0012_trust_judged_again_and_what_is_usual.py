"""How far a changed line of the matrix has judged what was told before; what things usually take."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0011_middleware_and_drivers_own_too"),
    ]

    operations = [
        migrations.AddField(
            model_name="fieldowner",
            name="judged_to",
            field=models.BigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="Usual",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(max_length=30)),
                ("level", models.PositiveSmallIntegerField()),
                ("service", models.CharField(blank=True, max_length=120)),
                ("lane", models.CharField(blank=True, max_length=40)),
                ("p50_h", models.FloatField()),
                ("p90_h", models.FloatField()),
                ("p99_h", models.FloatField()),
                ("sample", models.PositiveIntegerField()),
                ("learnt_at", models.DateTimeField()),
                (
                    "carrier",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="shipments.carrier",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "usuals",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("what", "level", "carrier", "service", "lane"),
                        name="usual_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
