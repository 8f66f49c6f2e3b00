"""Lines of the matrix that nobody changed get the systems that came with the gateway, in order of trust."""

from django.db import migrations

_BEFORE = {
    "milestone.warehouse": ["wms", "3pl", "odoo"],
    "milestone.booking": ["carrier", "aggregator", "3pl", "wms"],
    "milestone.transport": ["carrier", "aggregator", "3pl"],
    "milestone.delivery": ["carrier", "aggregator", "3pl"],
    "milestone.receipt": ["wms", "3pl", "odoo"],
    "milestone.cancelled": ["carrier", "aggregator", "3pl", "wms", "odoo"],
    "proof": ["carrier", "aggregator", "3pl"],
    "eta": ["carrier", "aggregator", "3pl"],
}
_WITH_DRIVER = {"milestone.transport", "milestone.delivery", "proof", "eta"}


def _now(field):
    owners = list(_BEFORE[field])
    if field in _WITH_DRIVER:
        owners.insert(1, "driver")
    return [*owners, "middleware"]


def _lines(apps):
    model = apps.get_model("shipments", "FieldOwner")
    return model.objects.filter(object="package", field__in=_BEFORE, version=1, active=True)


def widen(apps, _editor):
    for line in _lines(apps):
        if sorted(line.owners) == sorted(_BEFORE[line.field]):
            line.owners = _now(line.field)
            line.save(update_fields=["owners"])


def narrow(apps, _editor):
    for line in _lines(apps):
        if sorted(line.owners) == sorted(_now(line.field)):
            line.owners = _BEFORE[line.field]
            line.save(update_fields=["owners"])


class Migration(migrations.Migration):
    dependencies = [("shipments", "0010_reports_and_what_they_name")]
    operations = [migrations.RunPython(widen, narrow)]
