"""The screens of subscriptions."""

from django.urls import path

from apps.integrations.outgoing import views

_ONE = "integrations/subscriptions/<str:subscription>/"

urlpatterns = [
    path("integrations/subscriptions/", views.subscriptions, name="subscriptions"),
    path("integrations/subscriptions/new/", views.subscription_new, name="subscription_new"),
    path(_ONE, views.subscription, name="subscription"),
    path(f"{_ONE}edit/", views.subscription_edit, name="subscription_edit"),
    path(f"{_ONE}secret/", views.subscription_secret, name="subscription_secret"),
    path(f"{_ONE}replay/", views.subscription_replay, name="subscription_replay"),
    path(f"{_ONE}deliveries/<str:delivery>/", views.delivery, name="delivery"),
    path(f"{_ONE}deliveries/<str:delivery>/replay/", views.delivery_replay, name="delivery_replay"),
    path(f"{_ONE}<str:step>/", views.subscription_step, name="subscription_step"),
]
