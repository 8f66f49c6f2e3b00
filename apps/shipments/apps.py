from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ShipmentsConfig(AppConfig):
    name = "apps.shipments"
    verbose_name = "Shipments"

    def ready(self) -> None:
        from apps.shipments import entries, handlers  # noqa: F401  journal kinds, subscriptions
        from apps.shipments.ownership import plant

        post_migrate.connect(plant, sender=self, dispatch_uid="shipments.ownership")
