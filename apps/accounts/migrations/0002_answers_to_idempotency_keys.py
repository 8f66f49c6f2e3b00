"""What was answered to writes that came with an Idempotency-Key (R225)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people_and_scopes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("client", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=200)),
                ("asked", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("media_type", models.CharField(blank=True, max_length=100)),
                ("body", models.BinaryField(default=bytes)),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("client", "key"), name="api_answer_once")
                ],
            },
        ),
    ]
