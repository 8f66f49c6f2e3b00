"""What customers see: one order by link, their own orders by account; and the desk's view of it."""

from django.urls import path

from apps.portal.views.own import customer_view, my_orders
from apps.portal.views.page import by_account, by_link, calendar, document, order_page, proof

urlpatterns = [
    path("t/<str:token>/", by_link(order_page), name="track"),
    path("t/<str:token>/delivery.ics", by_link(calendar), name="track_calendar"),
    path("t/<str:token>/proof/", by_link(proof), name="track_proof"),
    path("t/<str:token>/documents/<str:document_id>/", by_link(document), name="track_document"),
    path("my/", my_orders, name="my_orders"),
    path("my/<str:order_id>/", by_account(order_page), name="my_order"),
    path("my/<str:order_id>/delivery.ics", by_account(calendar), name="my_calendar"),
    path("my/<str:order_id>/proof/", by_account(proof), name="my_proof"),
    path(
        "my/<str:order_id>/documents/<str:document_id>/", by_account(document), name="my_document"
    ),
    path("orders/<str:order_id>/customer-view/", customer_view, name="customer_view"),
]
