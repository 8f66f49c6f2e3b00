"""When a partner last knew a number: one that knows none of those it knew is out, whatever it answers (B10).

The rows that stand get theirs in 0038, outside of this lock; nullable, so that a worker that still runs old code writes on.
"""

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
    ]
