from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "apps.dashboards"
    verbose_name = "Dashboards"

    def ready(self) -> None:
        from apps.dashboards import live  # noqa: F401  registers the subscriber and the sign-out receiver
