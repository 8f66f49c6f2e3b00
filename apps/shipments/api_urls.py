"""Addresses of this room below /api/v1/."""

from django.urls import path

from apps.shipments import api, supply_api

urlpatterns = [
    path("shipments/", api.ShipmentList.as_view(), name="api-shipments"),
    path("shipments/<str:public_id>/", api.ShipmentDetail.as_view(), name="api-shipment"),
    path(
        "shipments/<str:public_id>/events/",
        api.ShipmentEvents.as_view(),
        name="api-shipment-events",
    ),
    path("orders/", api.OrderList.as_view(), name="api-orders"),
    path("orders/<str:public_id>/", api.OrderDetail.as_view(), name="api-order"),
    path("supplies/", supply_api.SupplyList.as_view(), name="api-supplies"),
    path("supplies/<str:public_id>/", supply_api.SupplyDetail.as_view(), name="api-supply"),
    path("ownership/", supply_api.OwnershipList.as_view(), name="api-ownership"),
]
