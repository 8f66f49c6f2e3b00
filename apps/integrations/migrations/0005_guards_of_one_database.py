"""A guard's id counts only in the Odoo database that it was made in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_kinds_of_commands")]

    operations = [
        migrations.AddField(
            model_name="odooguard",
            name="place",
            field=models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
    ]
