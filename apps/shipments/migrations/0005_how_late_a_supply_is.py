"""How many hours the worst line of a supply is late: the queue asks for supplies beyond a tolerance."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0004_and_the_database_holds_it"),
    ]

    operations = [
        migrations.AddField(
            model_name="supply",
            name="slip_h",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
