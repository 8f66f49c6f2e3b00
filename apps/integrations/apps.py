from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IntegrationsConfig(AppConfig):
    name = "apps.integrations"
    verbose_name = "Integrations"

    def ready(self) -> None:
        from apps.integrations import (  # noqa: F401  journal kinds, finders, checks, subscriptions, jobs
            entries,
            finding,
            flows,
            handlers,
            replaying,
        )
        from apps.integrations.imports import work  # noqa: F401  how imports are done as jobs
        from apps.integrations.mappings import counterfactual  # noqa: F401  how a scan is done as a job

        post_migrate.connect(
            _make_first_mappings, sender=self, dispatch_uid="integrations.mappings"
        )


def _make_first_mappings(**kwargs: object) -> None:
    """Version 1 of every format's mapping stands after each migration."""
    from apps.integrations import mappings

    mappings.ensure_all()
