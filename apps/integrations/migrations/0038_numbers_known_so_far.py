"""What a partner knew at its last asking it knew then (B10); and its newest askings are found without reading all.

In slices that are committed one by one: a worker waits for a slice at most. Beginning again does no harm.
"""

from django.db import migrations, models

_SLICE = 5_000
_KNOWN = """
UPDATE integrations_polledpackage SET answered_at = asked_at
WHERE id > %s AND id <= %s AND misses = 0 AND answered_at IS NULL AND asked_at IS NOT NULL
"""


def say_known(_apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(min(id), 1), COALESCE(max(id), 0) FROM integrations_polledpackage"
        )
        first, last = cursor.fetchone()
        for after in range(first - 1, last, _SLICE):
            cursor.execute(_KNOWN, [after, after + _SLICE])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("integrations", "0037_a_rate_budget_that_rolls"),
    ]

    operations = [
        migrations.RunPython(say_known, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="polledpackage",
            index=models.Index(fields=["poll", "asked_at"], name="polled_package_newest"),
        ),
    ]
