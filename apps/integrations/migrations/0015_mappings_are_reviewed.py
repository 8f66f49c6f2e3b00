"""Mappings have authors, reviewers and a time from which they hold; what would differ under another one is kept.

A version that was in force stays in force, any other one counts as retired: it was active once, or nobody made it.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from uuid6 import uuid7

import apps.journal.ids


def say_states(apps, schema_editor):
    Mapping = apps.get_model("integrations", "Mapping")
    for row in Mapping.objects.all():
        row.public_id = f"map_{uuid7().hex}"
        row.state = "active" if row.active else "retired"
        row.save(update_fields=["public_id", "state"])


def say_active(apps, schema_editor):
    apps.get_model("integrations", "Mapping").objects.filter(state="active").update(active=True)


def person():
    return models.ForeignKey(
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


STATES = [
    ("draft", "Draft"),
    ("review", "In review"),
    ("approved", "Approved, not yet in force"),
    ("active", "In force"),
    ("retired", "Retired"),
    ("discarded", "Discarded"),
]


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("integrations", "0025_a_lane_for_each_partner"),
        ("shipments", "0001_packages_and_events"),
    ]

    operations = [
        migrations.AddField(
            "mapping",
            "public_id",
            apps.journal.ids.PublicIdField("map", editable=False, null=True, unique=False),
        ),
        migrations.AddField(
            "mapping", "state", models.CharField(choices=STATES, default="draft", max_length=10)
        ),
        migrations.RunPython(say_states, say_active),
        migrations.AlterField(
            "mapping",
            "public_id",
            apps.journal.ids.PublicIdField("map", editable=False, unique=True),
        ),
        migrations.RemoveConstraint("mapping", "mapping_one_active"),
        migrations.RemoveField("mapping", "active"),
        migrations.AddConstraint(
            "mapping",
            models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("format", "partner"),
                name="mapping_one_active",
                nulls_distinct=False,
            ),
        ),
        migrations.AlterField(
            "mapping",
            "partner",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mappings",
                to="integrations.partner",
            ),
        ),
        migrations.AddField("mapping", "layout", models.JSONField(blank=True, null=True)),
        migrations.AddField(
            "mapping", "sample", models.TextField(blank=True, default=""), preserve_default=False
        ),
        migrations.AddField(
            "mapping",
            "based_on",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="integrations.mapping",
            ),
        ),
        migrations.AddField("mapping", "author", person()),
        migrations.AddField("mapping", "writers", models.JSONField(default=list)),
        migrations.AddField("mapping", "submitted_at", models.DateTimeField(null=True)),
        migrations.AddField("mapping", "reviewer", person()),
        migrations.AddField("mapping", "reviewed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "mapping",
            "review_note",
            models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
        migrations.AddField("mapping", "effective_from", models.DateTimeField(null=True)),
        migrations.AddField("mapping", "tested", models.JSONField(null=True)),
        migrations.AddField("mapping", "changed_at", models.DateTimeField(auto_now=True)),
        migrations.CreateModel(
            name="UnmappedCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("format", models.CharField(max_length=40)),
                ("code", models.CharField(max_length=120)),
                ("lookups", models.JSONField(default=list)),
                ("events", models.PositiveBigIntegerField(default=0)),
                ("message_ref", models.CharField(max_length=40)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unmapped_codes",
                        to="integrations.partner",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "format", "code"), name="unmapped_code_once"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Difference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("identity", models.CharField(max_length=64)),
                ("message_id", models.BigIntegerField()),
                ("message_ref", models.CharField(max_length=40)),
                ("event_ref", models.CharField(blank=True, max_length=40)),
                ("number", models.CharField(max_length=120)),
                ("source_code", models.CharField(blank=True, max_length=120)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="differences",
                        to="integrations.job",
                    ),
                ),
                (
                    "package",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shipments.package",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["job", "message_id"], name="difference_messages")],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "identity"), name="difference_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Compensation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "command",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compensates",
                        to="integrations.command",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compensations",
                        to="integrations.job",
                    ),
                ),
                (
                    "original",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compensation",
                        to="integrations.command",
                    ),
                ),
            ],
        ),
    ]
