"""What a partner may send, from where and how often; on, paused or off; and secrets that run out by themselves.

`enabled` becomes a switch with three positions, because taking in and applying are two things (R60, R222).
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_POSITIONS = [("live", "Live"), ("paused", "Paused"), ("off", "Off")]


def switch_off(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Whoever was disabled is off."""
    apps.get_model("integrations", "Partner").objects.filter(enabled=False).update(switch="off")


def disable(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Backwards: whoever is not live posts nothing."""
    partners = apps.get_model("integrations", "Partner").objects
    partners.exclude(switch="live").update(enabled=False)


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0020_long_work_in_slices"),
    ]

    operations = [
        migrations.AddField(
            "partner", "scheme", models.CharField(blank=True, max_length=40, default=""),
            preserve_default=False,
        ),
        migrations.AddField("partner", "allow_from", models.JSONField(blank=True, default=list)),
        migrations.AddField(
            "partner", "certificate", models.CharField(blank=True, max_length=300, default=""),
            preserve_default=False,
        ),
        migrations.AddField("partner", "granted", models.JSONField(blank=True, default=list)),
        migrations.AddField(
            "partner", "rate_per_minute", models.PositiveIntegerField(blank=True, null=True)
        ),
        migrations.AddField("partner", "max_age_s", models.PositiveIntegerField(default=300)),
        migrations.AddField(
            "partner",
            "switch",
            models.CharField(
                choices=_POSITIONS,
                default="live",
                max_length=6,
            ),
        ),
        migrations.AddField(
            "partner",
            "acknowledge",
            models.CharField(
                blank=True,
                choices=[("997", "997"), ("999", "999"), ("CONTRL", "CONTRL")],
                default="",
                max_length=10,
            ),
            preserve_default=False,
        ),
        migrations.AddField("partner", "acknowledged", models.PositiveIntegerField(default=0)),
        migrations.RunPython(switch_off, disable),
        migrations.RemoveField("partner", "enabled"),
        migrations.AddField(
            "partnersecret", "label", models.CharField(blank=True, max_length=80, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "partnersecret", "valid_until", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "partnersecret", "last_used_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.CreateModel(
            name="SwitchTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("switch", models.CharField(choices=_POSITIONS, max_length=6)),
                ("was", models.CharField(choices=_POSITIONS, max_length=6)),
                ("why", models.CharField(max_length=300)),
                ("actor", models.CharField(max_length=120)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="turns",
                        to="integrations.partner",
                    ),
                ),
            ],
        ),
    ]  # fmt: skip
