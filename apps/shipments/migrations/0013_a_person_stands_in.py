"""Lines of the matrix that nobody changed let a person stand in where nobody else tells of the journey (R31).

What was recorded by hand before is judged again by them (judged_to), a slice at a time, by beat.
"""

from django.db import migrations

_OWNERS = ["carrier", "driver", "aggregator", "3pl", "middleware"]
_FIELDS = ("milestone.transport", "eta")


def _lines(apps, owners):
    model = apps.get_model("shipments", "FieldOwner")
    rows = model.objects.filter(object="package", field__in=_FIELDS, version=1, active=True)
    return [row for row in rows if row.owners == owners]


def stand_in(apps, _editor):
    for line in _lines(apps, _OWNERS):
        line.owners, line.judged_to = [*_OWNERS, "person"], 0
        line.save(update_fields=["owners", "judged_to"])


def step_back(apps, _editor):
    for line in _lines(apps, [*_OWNERS, "person"]):
        line.owners, line.judged_to = _OWNERS, 0
        line.save(update_fields=["owners", "judged_to"])


class Migration(migrations.Migration):
    dependencies = [("shipments", "0012_trust_judged_again_and_what_is_usual")]
    operations = [migrations.RunPython(stand_in, step_back)]
