"""Feeds know with which columns they were read, what kind of trouble they are in, and who set them back.

An invoice keeps the commercial partner that Odoo stored on it: its customer follows from that one.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mirror", "0005_an_index_for_what_is_short"),
    ]

    operations = [
        migrations.AddField(
            model_name="feed",
            name="columns_read",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="feed",
            name="refresh_size",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="feed",
            name="reread_to_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="set_backs",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="feed",
            name="trouble",
            field=models.CharField(
                blank=True,
                choices=[("away", "Away"), ("login", "Login"), ("model", "Model")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="commercial_odoo_id",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="reconciliation",
            name="refused",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
