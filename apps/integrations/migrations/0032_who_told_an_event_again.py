"""Who told an event again is found by the event: to read those messages again when it is taken back, and in the search."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0031_partners_speak_for_warehouses"),
    ]

    operations = [
        migrations.AlterField(
            model_name="repetition",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="shipments.event",
            ),
        ),
    ]
