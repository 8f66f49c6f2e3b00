"""What EDI senders are told about their interchanges is kept: asked again, the same bytes are the answer."""

import django.db.models.deletion
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0021_which_entries_were_skipped"),
    ]

    operations = [
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("ack", editable=False, unique=True)),
                ("position", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("control", models.PositiveIntegerField()),
                ("raw", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acknowledgements",
                        to="integrations.message",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgements",
                        to="integrations.partner",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="acknowledgement",
            constraint=models.UniqueConstraint(
                fields=("message", "position"), name="acknowledgement_once_per_interchange"
            ),
        ),
    ]
