"""A 3PL speaks of its own warehouses only (R34): what it says of others' goods stays apart."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_answers_to_idempotency_keys"),
        ("integrations", "0026_partners_are_asked_too"),
    ]

    operations = [
        migrations.AddField(
            model_name="partner",
            name="warehouses",
            field=models.ManyToManyField(blank=True, to="accounts.warehouse"),
        ),
    ]
