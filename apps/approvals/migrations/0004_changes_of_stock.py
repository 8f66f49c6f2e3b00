"""Changes of stock beyond the tolerance are asked for, too (R89)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_commands_wait_for_approval")]

    operations = [
        migrations.AlterField(
            model_name="request",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invoice_release", "Release an invoice"),
                    ("command", "Do something in Odoo"),
                    ("stock_adjustment", "Accept a change of stock"),
                ],
                max_length=40,
            ),
        ),
    ]
