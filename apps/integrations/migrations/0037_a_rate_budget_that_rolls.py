"""Requests are counted by second and by minute: a window that begins anew lets twice its limit through at its edge."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0036_when_a_number_was_known"),
    ]

    operations = [
        migrations.RemoveField(model_name="poll", name="minute_at"),
        migrations.RemoveField(model_name="poll", name="minute_used"),
        migrations.RemoveField(model_name="poll", name="hour_at"),
        migrations.RemoveField(model_name="poll", name="hour_used"),
        migrations.AddField(
            model_name="poll",
            name="calls",
            field=models.JSONField(default=dict),
        ),
    ]
