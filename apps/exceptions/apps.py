from django.apps import AppConfig


class ExceptionsConfig(AppConfig):
    name = "apps.exceptions"
    verbose_name = "Exceptions"

    def ready(self) -> None:
        from apps.exceptions import entries, handlers  # noqa: F401  journal kinds, subscriptions
