"""An open order without an owner cannot be stored (R61). After the rows have theirs: one transaction cannot do both."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shipments", "0003_every_open_order_has_an_owner")]

    operations = [
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("open", False), ("owner_team__isnull", False), _connector="OR"),
                name="open_order_has_an_owner",
            ),
        ),
    ]
