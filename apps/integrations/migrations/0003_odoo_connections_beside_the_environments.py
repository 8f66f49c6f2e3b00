"""Odoo databases beside the one of the environment, and what each server was found to offer."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_message_bodies")]

    operations = [
        migrations.CreateModel(
            name="OdooConnection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "slug",
                    models.CharField(
                        max_length=40,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^[a-z0-9][a-z0-9-]*$")],
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=120)),
                ("url", models.URLField()),
                ("db", models.CharField(max_length=120)),
                ("user", models.CharField(max_length=120)),
                ("sealed_secret", models.BinaryField()),
                (
                    "transport",
                    models.CharField(
                        blank=True,
                        choices=[("json-rpc", "JSON-RPC"), ("json-2", "JSON-2")],
                        max_length=8,
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("slug", "default"), _negated=True),
                        name="odoo_connection_not_default",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OdooServer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40, unique=True)),
                ("version", models.CharField(max_length=40)),
                ("transport", models.CharField(max_length=8)),
                ("clock_ahead_s", models.FloatField(null=True)),
                ("offers", models.JSONField(default=dict)),
                ("found_at", models.DateTimeField()),
            ],
        ),
    ]
