"""What is noted of unsigned requests does not grow for ever."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import store
from apps.integrations.models import Refusal
from tests.integrations.factories import batch, post

pytestmark = pytest.mark.django_db


def test_refusals_are_forgotten_by_age_and_beyond_their_number(monkeypatch):
    for number in range(5):
        post("nobody", batch(f"m{number}", "AB1"))
    ids = list(Refusal.objects.order_by("id").values_list("id", flat=True))
    Refusal.objects.filter(id=ids[0]).update(at=timezone.now() - timedelta(days=31))

    assert store.forget_refusals(timezone.now()) == 1
    monkeypatch.setattr(store, "REFUSALS_KEPT", 2)
    assert store.forget_refusals(timezone.now()) == 2

    assert list(Refusal.objects.order_by("id").values_list("id", flat=True)) == ids[3:]
