"""A command carries its note and evidence, and a version for the screens that show it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_message_bodies")]

    operations = [
        migrations.AddField("command", "documents", models.JSONField(default=list)),
        migrations.AddField(
            "command", "note", models.TextField(blank=True, default=""), preserve_default=False
        ),
        migrations.AddField("command", "version", models.PositiveIntegerField(default=1)),
    ]
