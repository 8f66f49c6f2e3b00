"""Addresses of business events below /api/v1/."""

from django.urls import path

from apps.shipments import reported_api

urlpatterns = [
    path("business-events/", reported_api.BusinessEventList.as_view(), name="api-business-events"),
    path(
        "business-events/<str:public_id>/",
        reported_api.BusinessEventDetail.as_view(),
        name="api-business-event",
    ),
    path(
        "shipments/<str:public_id>/reported/",
        reported_api.ShipmentReported.as_view(),
        name="api-shipment-reported",
    ),
    path(
        "orders/<str:public_id>/reported/",
        reported_api.OrderReported.as_view(),
        name="api-order-reported",
    ),
]
