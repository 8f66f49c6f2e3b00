"""Snapshots tell known scans again, with a newer promise or a proof: kept on the scan, with who said it when."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0003_since_when_a_number_is_meant"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="amended",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="event",
            name="eta_told_at",
            field=models.DateTimeField(null=True),
        ),
    ]
