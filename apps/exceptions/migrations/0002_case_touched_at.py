"""The sweep raises cases that nobody touched, so a case remembers when somebody did (PRODUCT.md R170)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exceptions", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="touched_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["dedupe", "-id"], name="case_dedupe"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("breached_at", None), ("state", "open")),
                fields=["due_at"],
                name="case_clock",
            ),
        ),
    ]
