"""A command for Odoo may wait for an approval, where a policy's condition says so (PRODUCT.md R173-R190)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_decisions_stay")]

    operations = [
        migrations.AddField(
            model_name="policy", name="when", field=models.JSONField(default=dict, db_default={})
        ),
        migrations.AddField(
            model_name="request",
            name="subject_ref",
            field=models.CharField(blank=True, db_default="", max_length=40),
        ),
        migrations.AlterField(
            model_name="request",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invoice_release", "Release an invoice"),
                    ("command", "Do something in Odoo"),
                ],
                max_length=40,
            ),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.UniqueConstraint(
                condition=~models.Q(subject_ref=""),
                fields=["subject_ref"],
                name="request_once_for_a_subject",
            ),
        ),
    ]
