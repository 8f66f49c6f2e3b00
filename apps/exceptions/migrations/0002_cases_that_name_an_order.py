"""An order's page finds the cases that name it among others: a late purchase that it waits for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exceptions", "0001_cases"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="caseevidence",
            index=models.Index(
                condition=models.Q(("kind", "order")), fields=["ref"], name="evidence_order"
            ),
        ),
    ]
