"""A command may wait for approval, and its approval may be rejected."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0005_guards_of_one_database"),
    ]

    operations = [
        migrations.AlterField(
            model_name="command",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", ""),
                    ("rejected", "Its approval was rejected"),
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
        migrations.AlterField(
            model_name="command",
            name="state",
            field=models.CharField(
                choices=[
                    ("approval", "Waiting for approval"),
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
    ]
