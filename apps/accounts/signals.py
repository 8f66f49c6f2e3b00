"""After a migration the roles stand as groups; membership is what people are given."""

from django.db.models.signals import post_migrate
from django.dispatch import receiver


@receiver(post_migrate, dispatch_uid="accounts.roles")
def make_role_groups(app_config: object, **kwargs: object) -> None:
    """One group for each role in `roles.Role`."""
    from django.contrib.auth.models import Group

    from apps.accounts.roles import Role

    if getattr(app_config, "name", "") == "apps.accounts":
        for role in Role:
            Group.objects.get_or_create(name=role.value)
