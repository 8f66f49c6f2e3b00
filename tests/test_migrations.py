"""The migrations say what the models say: here and not in a stage of its own, because asking needs a database."""

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration():
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
