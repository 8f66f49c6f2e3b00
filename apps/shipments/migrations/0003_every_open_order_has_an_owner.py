"""Orders that were open before owners existed get the team of their stage; from then on none is without."""

from django.db import migrations

TEAM_OF = {
    "confirmed": "customer-service", "on_hold": "finance", "awaiting_stock": "operations",
    "allocated": "operations", "picking": "operations", "packed": "operations",
    "ready_to_ship": "operations", "booked": "operations",
    "pod_validated": "finance", "invoice_released": "finance", "invoiced": "finance",
}  # fmt: skip
NAMES = {"customer-service": "Customer service", "finance": "Finance", "operations": "Operations"}


def give(apps, schema_editor):
    """One statement per team; a team that is missing is made, as the queue would make it."""
    order, team = apps.get_model("shipments", "Order"), apps.get_model("accounts", "Team")
    homeless = order.objects.filter(open=True, owner_team=None)
    if not homeless.exists():
        return
    for slug, name in NAMES.items():
        row, _ = team.objects.get_or_create(slug=slug, defaults={"name": name})
        mine = [stage for stage, owner in TEAM_OF.items() if owner == slug]
        rest = (
            homeless.exclude(stage__in=TEAM_OF)
            if slug == "customer-service"
            else order.objects.none()
        )
        homeless.filter(stage__in=mine).update(owner_team=row)
        rest.update(owner_team=row)


class Migration(migrations.Migration):
    dependencies = [("shipments", "0002_supplies_owners_and_claims")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
