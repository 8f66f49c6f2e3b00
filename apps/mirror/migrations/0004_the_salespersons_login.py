"""By the login, an e-mail address as a rule, the tower knows a salesperson as one of its people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mirror", "0003_the_whole_of_odoo"),
    ]

    operations = [
        migrations.AddField(
            model_name="saleorder",
            name="salesperson_login",
            field=models.TextField(blank=True, db_default=""),
        ),
    ]
