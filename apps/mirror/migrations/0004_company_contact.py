"""A company's time zone is that of its partner in Odoo, so the mirror must know which partner that is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mirror", "0003_invoices_of_an_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="companyrow",
            name="contact_odoo_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
    ]
