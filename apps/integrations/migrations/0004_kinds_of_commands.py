"""Commands of every kind: what they ask and make, why they wait for a person; and the guards in Odoo."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people_and_scopes"),
        ("integrations", "0003_odoo_connections_beside_the_environments"),
    ]

    operations = [
        migrations.CreateModel(
            name="OdooGuard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=60)),
                ("action_odoo_id", models.PositiveBigIntegerField()),
                ("version", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="command",
            name="also_expected",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="command",
            name="data",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="command",
            name="ended_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="command",
            name="ended_why",
            field=models.CharField(blank=True, max_length=400),
        ),
        migrations.AddField(
            model_name="command",
            name="form",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="command",
            name="made",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="command",
            name="op",
            field=models.CharField(default="write", max_length=30),
        ),
        migrations.AddField(
            model_name="command",
            name="opening",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="command",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", ""),
                    ("changed", "The record changed in Odoo meanwhile"),
                    ("gone", "The record no longer exists in Odoo"),
                    ("right", "The service user lacks a right in Odoo"),
                    ("closed_period", "The period is closed in Odoo"),
                    ("wizard", "Odoo asks something first"),
                    ("rule", "A rule of Odoo's says no"),
                    ("not_done", "Odoo did not do it"),
                    ("short", "The goods do not suffice"),
                    ("guard_missing", "The guarded action is not set up in Odoo"),
                    ("flow_off", "This flow is switched off"),
                    ("cannot_look", "Odoo does not let us see whether it happened"),
                    ("differs", "Odoo does not show what was done by hand"),
                    ("stumbled", "The tower could not go on"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="command",
            name="record_ref",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="command",
            name="replaces",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replaced_by",
                to="integrations.command",
            ),
        ),
        migrations.AddField(
            model_name="command",
            name="wanted",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="command",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("sending", "Sending"),
                    ("unsure", "Checking what happened"),
                    ("applied", "Applied in Odoo"),
                    ("refused", "Refused"),
                    ("parked", "Waiting for a person"),
                    ("shadowed", "Compared only"),
                    ("cancelled", "Taken back"),
                    ("abandoned", "Given up"),
                    ("by_hand", "Done by hand"),
                    ("replaced", "Replaced"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(fields=["record_ref"], name="command_record_ref"),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("state__in", ["parked", "by_hand"])),
                fields=["next_attempt_at"],
                name="command_watched",
            ),
        ),
        migrations.AddConstraint(
            model_name="odooguard",
            constraint=models.UniqueConstraint(
                fields=("connection", "model"), name="odoo_guard_once"
            ),
        ),
    ]
