from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExceptionsConfig(AppConfig):
    name = "apps.exceptions"
    verbose_name = "Exceptions"

    def ready(self) -> None:
        from apps.exceptions import entries, handlers, seeds  # noqa: F401  journal kinds, subscriptions

        post_migrate.connect(seeds.plant, sender=self, dispatch_uid="exceptions.seeds")
