"""When a partner last knew a number: one that knows none of those it knew is out, whatever it answers (B10)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0035_agents_fetch_their_work"),
    ]

    operations = [
        migrations.AddField(
            model_name="polledpackage",
            name="answered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(
            "UPDATE integrations_polledpackage SET answered_at = asked_at WHERE misses = 0",
            migrations.RunSQL.noop,
        ),
    ]
