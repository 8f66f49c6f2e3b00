"""Subscriptions and a customer's status under /api/v1/."""

from django.urls import path

from apps.integrations.outgoing import api, fetch_api, status_api

_ONE = "subscriptions/<str:subscription_id>/"

urlpatterns = [
    path("subscriptions/", api.SubscriptionsView.as_view(), name="api-subscriptions"),
    path("event-kinds/", api.KindsView.as_view(), name="api-event-kinds"),
    path(_ONE, api.SubscriptionView.as_view(), name="api-subscription"),
    path(f"{_ONE}secret/", api.SecretView.as_view(), name="api-subscription-secret"),
    path(f"{_ONE}pause/", api.PauseView.as_view(), name="api-subscription-pause"),
    path(f"{_ONE}resume/", api.ResumeView.as_view(), name="api-subscription-resume"),
    path(f"{_ONE}ping/", api.PingView.as_view(), name="api-subscription-ping"),
    path(f"{_ONE}replay/", api.ReplayView.as_view(), name="api-subscription-replay"),
    path(f"{_ONE}next/", fetch_api.NextView.as_view(), name="api-next-work"),
    path(
        f"{_ONE}deliveries/<str:delivery_id>/done/",
        fetch_api.DoneView.as_view(),
        name="api-work-done",
    ),
    path(
        f"{_ONE}deliveries/<str:delivery_id>/failed/",
        fetch_api.FailedView.as_view(),
        name="api-work-failed",
    ),
    path(f"{_ONE}deliveries/", api.DeliveriesView.as_view(), name="api-deliveries"),
    path(f"{_ONE}deliveries/<str:delivery_id>/", api.DeliveryView.as_view(), name="api-delivery"),
    path(
        f"{_ONE}deliveries/<str:delivery_id>/replay/",
        api.DeliveryReplayView.as_view(),
        name="api-delivery-replay",
    ),
    path("status/", status_api.StatusList.as_view(), name="api-status-list"),
    path("status/<str:shipment_id>/", status_api.StatusOne.as_view(), name="api-status"),
]
