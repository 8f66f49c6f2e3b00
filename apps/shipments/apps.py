from django.apps import AppConfig


class ShipmentsConfig(AppConfig):
    name = "apps.shipments"
    verbose_name = "Shipments"

    def ready(self) -> None:
        from apps.shipments import entries  # noqa: F401  declares journal kinds
