"""Which entries of a message were skipped, and why: told one by one, not counted alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0015_mappings_are_reviewed"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="skipped",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
