"""Requests are counted by second and by minute: a window that begins anew lets twice its limit through at its edge.

The columns of the windows stay in the database for one release, with defaults: processes that still run old code read
and write them until they are restarted, and new code inserts without them. A later migration drops minute_at,
minute_used, hour_at and hour_used from integrations_poll.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0036_when_a_number_was_known"),
    ]

    operations = [
        migrations.AlterField(
            model_name="poll",
            name="minute_used",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="poll",
            name="hour_used",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="poll", name="minute_at"),
                migrations.RemoveField(model_name="poll", name="minute_used"),
                migrations.RemoveField(model_name="poll", name="hour_at"),
                migrations.RemoveField(model_name="poll", name="hour_used"),
            ]
        ),
        migrations.AddField(
            model_name="poll",
            name="calls",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
