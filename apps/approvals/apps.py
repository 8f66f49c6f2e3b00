from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ApprovalsConfig(AppConfig):
    name = "apps.approvals"
    verbose_name = "Approvals"

    def ready(self) -> None:
        from apps.approvals import entries, handlers, seeds  # noqa: F401  journal kinds, subscriptions

        post_migrate.connect(seeds.plant, sender=self, dispatch_uid="approvals.seeds")
