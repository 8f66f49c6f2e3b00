"""Moves are asked for by what is short of a product; chains are walked by the ids that a move itself names.

So an index for the one, and none for containment in dest_odoo_ids, which a first load had to pay for.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mirror", "0004_the_salespersons_login"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="move",
            name="mirror_move_dest",
        ),
        migrations.AddIndex(
            model_name="move",
            index=models.Index(
                condition=models.Q(("state__in", ["confirmed", "partially_available"])),
                fields=["product_odoo_id"],
                name="mirror_move_short",
            ),
        ),
    ]
