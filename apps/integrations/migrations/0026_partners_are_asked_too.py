"""How partners are asked, which packages are asked for, and a breaker for each line that all workers share."""

import django.db.models.deletion
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0011_edi_senders_are_answered"),
        ("shipments", "0011_middleware_and_drivers_own_too"),
    ]

    operations = [
        migrations.CreateModel(
            name="Breaker",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("closed", "Closed"),
                            ("open", "Open"),
                            ("half_open", "Half open"),
                        ],
                        default="closed",
                        max_length=9,
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0)),
                ("openings", models.PositiveIntegerField(default=0)),
                ("opened_at", models.DateTimeField(null=True)),
                ("try_at", models.DateTimeField(null=True)),
                ("says", models.CharField(blank=True, max_length=300)),
                (
                    "forced",
                    models.CharField(
                        blank=True, choices=[("open", "Open"), ("closed", "Closed")], max_length=6
                    ),
                ),
                ("forced_until", models.DateTimeField(null=True)),
                ("forced_by", models.CharField(blank=True, max_length=120)),
                ("forced_why", models.CharField(blank=True, max_length=300)),
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="breaker",
                        to="integrations.partner",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Poll",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("pol", editable=False, unique=True)),
                ("on", models.BooleanField(default=False)),
                (
                    "when",
                    models.CharField(
                        choices=[
                            ("always", "All the time"),
                            ("silent", "Only while its webhook is silent"),
                        ],
                        default="always",
                        max_length=8,
                    ),
                ),
                ("expected_within_s", models.PositiveIntegerField(blank=True, null=True)),
                ("base_url", models.CharField(max_length=300)),
                ("path", models.CharField(blank=True, max_length=300)),
                ("cursor_at", models.CharField(blank=True, max_length=120)),
                ("allow_http", models.BooleanField(default=False)),
                (
                    "auth",
                    models.CharField(
                        choices=[
                            ("none", "Nothing"),
                            ("api_key", "A key in a header"),
                            ("basic", "User and password"),
                            ("bearer", "A fixed bearer token"),
                            ("oauth2", "OAuth2 client credentials"),
                        ],
                        default="none",
                        max_length=8,
                    ),
                ),
                ("header", models.CharField(blank=True, max_length=60)),
                ("token_path", models.CharField(blank=True, max_length=300)),
                ("sealed", models.BinaryField(null=True)),
                ("token", models.BinaryField(null=True)),
                ("token_until", models.DateTimeField(null=True)),
                ("moving_s", models.PositiveIntegerField(default=3600)),
                ("out_s", models.PositiveIntegerField(default=900)),
                ("waiting_s", models.PositiveIntegerField(default=14400)),
                ("per_minute", models.PositiveIntegerField(blank=True, default=30, null=True)),
                ("per_hour", models.PositiveIntegerField(blank=True, null=True)),
                ("numbers_per_request", models.PositiveSmallIntegerField(default=1)),
                (
                    "when_open",
                    models.CharField(
                        choices=[
                            ("pause", "Pause, and try again after growing rests"),
                            ("slower", "Go on asking, one request a minute"),
                            ("manual", "Stop until a person says so"),
                        ],
                        default="pause",
                        max_length=8,
                    ),
                ),
                ("standing_in_since", models.DateTimeField(null=True)),
                ("cursor", models.CharField(blank=True, max_length=500)),
                ("seen_package_id", models.BigIntegerField(default=0)),
                ("passed_at", models.DateTimeField(null=True)),
                ("rest_until", models.DateTimeField(null=True)),
                ("minute_at", models.DateTimeField(null=True)),
                ("minute_used", models.PositiveIntegerField(default=0)),
                ("hour_at", models.DateTimeField(null=True)),
                ("hour_used", models.PositiveIntegerField(default=0)),
                ("asked_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("says", models.CharField(blank=True, max_length=300)),
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="poll",
                        to="integrations.partner",
                    ),
                ),
                (
                    "watched",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="stand_ins",
                        to="integrations.partner",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PolledPackage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("next_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("misses", models.PositiveSmallIntegerField(default=0)),
                (
                    "package",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="shipments.package",
                    ),
                ),
                (
                    "poll",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="packages",
                        to="integrations.poll",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["poll", "next_at"], name="polled_package_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("poll", "package"), name="polled_package_once")
                ],
            },
        ),
    ]
