"""An order keeps its release checks (R66) and what quality holds back (R87); transport systems speak of transport (R28).

Lines of the matrix that nobody changed let them: no source was one before, so that nothing has to be judged again.
"""

from django.db import migrations, models

_KINDS = [
    ("odoo", "Odoo"), ("carrier", "Carrier"), ("aggregator", "Carrier network"), ("3pl", "3PL"),
    ("wms", "Warehouse system"), ("driver", "Driver"), ("tms", "Transport system"), ("middleware", "Middleware"),
    ("supplier", "Supplier"), ("customer", "Customer"), ("person", "Person"), ("tower", "The tower"),
]  # fmt: skip
# As installed, and where a transport system comes in: before this one, at the end where it is None.
_LINES = {
    ("package", "milestone.booking"): (["carrier", "aggregator", "3pl", "wms", "middleware"], "3pl"),
    ("package", "milestone.transport"): (
        ["carrier", "driver", "aggregator", "3pl", "middleware", "person"], "3pl",
    ),
    ("package", "milestone.delivery"): (
        ["carrier", "driver", "aggregator", "3pl", "middleware"], "3pl",
    ),
    ("package", "milestone.cancelled"): (
        ["carrier", "aggregator", "3pl", "wms", "odoo", "middleware"], "3pl",
    ),
    ("package", "eta"): (["carrier", "driver", "aggregator", "3pl", "middleware", "person"], "3pl"),
    ("report", "warehouse"): (["wms", "3pl", "odoo", "middleware"], None),
    ("report", "carrier"): (["carrier", "aggregator", "3pl", "wms", "middleware"], "3pl"),
    ("report", "customs"): (["carrier", "aggregator", "3pl", "middleware"], "3pl"),
    ("report", "money"): (["carrier", "aggregator", "3pl", "odoo", "middleware"], "3pl"),
}  # fmt: skip


def _with_tms(owners, before):
    at = owners.index(before) if before else len(owners)
    return [*owners[:at], "tms", *owners[at:]]


def _change(apps, forward):
    model = apps.get_model("shipments", "FieldOwner")
    for (about, name), (owners, before) in _LINES.items():
        with_tms = _with_tms(owners, before)
        was, to = (owners, with_tms) if forward else (with_tms, owners)
        for line in model.objects.filter(object=about, field=name, version=1, active=True):
            if line.owners == was:
                line.owners = to
                line.save(update_fields=["owners"])


def let_in(apps, _editor):
    _change(apps, forward=True)


def take_out(apps, _editor):
    _change(apps, forward=False)


class Migration(migrations.Migration):
    dependencies = [("shipments", "0013_a_person_stands_in")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="blocks",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="order",
            name="release_checks",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="order", name="released_at", field=models.DateTimeField(null=True)
        ),
        migrations.AlterField(
            model_name="source",
            name="kind",
            field=models.CharField(choices=_KINDS, max_length=12),
        ),
        migrations.RunPython(let_in, take_out),
    ]
