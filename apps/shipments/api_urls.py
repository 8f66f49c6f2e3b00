"""Addresses of this room below /api/v1/."""

from django.urls import path

from apps.shipments import api, supply_api, told_api

urlpatterns = [
    path("shipments/", api.ShipmentList.as_view(), name="api-shipments"),
    path("shipments/<str:public_id>/", api.ShipmentDetail.as_view(), name="api-shipment"),
    path(
        "shipments/<str:public_id>/events/",
        api.ShipmentEvents.as_view(),
        name="api-shipment-events",
    ),
    path("packages/", told_api.PackageList.as_view(), name="api-packages"),
    path("packages/<str:public_id>/", told_api.PackageDetail.as_view(), name="api-package"),
    path(
        "packages/<str:public_id>/events/",
        told_api.PackageEvents.as_view(),
        name="api-package-events",
    ),
    path("events/", told_api.EventList.as_view(), name="api-events"),
    path("events/<str:public_id>/", told_api.EventDetail.as_view(), name="api-event"),
    path("documents/", told_api.DocumentList.as_view(), name="api-documents"),
    path("documents/<str:public_id>/", told_api.DocumentDetail.as_view(), name="api-document"),
    path(
        "documents/<str:public_id>/content/",
        told_api.DocumentContent.as_view(),
        name="api-document-content",
    ),
    path(
        "freight-invoices/",
        told_api.FreightInvoiceList.as_view(),
        name="api-freight-invoices",
    ),
    path(
        "freight-invoices/<str:public_id>/",
        told_api.FreightInvoiceDetail.as_view(),
        name="api-freight-invoice",
    ),
    path("orders/", api.OrderList.as_view(), name="api-orders"),
    path("orders/<str:public_id>/", api.OrderDetail.as_view(), name="api-order"),
    path("supplies/", supply_api.SupplyList.as_view(), name="api-supplies"),
    path("supplies/<str:public_id>/", supply_api.SupplyDetail.as_view(), name="api-supply"),
    path("ownership/", supply_api.OwnershipList.as_view(), name="api-ownership"),
]
