"""The screens of the desk."""

from django.urls import path

from apps.dashboards.views import (
    approvals,
    boards,
    case_work,
    documents,
    find,
    owners,
    queue,
    reported,
    shipments,
    supplies,
)

urlpatterns = [
    path("", boards.tower, name="tower"),
    path("orders/", boards.order_list, name="orders"),
    path("orders/<str:public_id>/", boards.order, name="order"),
    path("orders/<str:public_id>/owner/", owners.order_owner, name="order_owner"),
    path("shipments/", shipments.shipment_list, name="shipments"),
    path("shipments/<str:public_id>/", shipments.shipment, name="shipment"),
    path("supply/", supplies.supply_list, name="supplies"),
    path("supply/<str:public_id>/", supplies.supply, name="supply"),
    path("queue/", queue.queue, name="queue"),
    path("queue/<str:public_id>/", queue.case, name="case"),
    path("queue/<str:public_id>/take/", case_work.take, name="case_take"),
    path("queue/<str:public_id>/assign/", case_work.assign, name="case_assign"),
    path("queue/<str:public_id>/note/", case_work.note, name="case_note"),
    path("queue/<str:public_id>/resume/", case_work.resume, name="case_resume"),
    path("queue/<str:public_id>/resolve/", case_work.resolve, name="case_resolve"),
    path("queue/<str:public_id>/evidence/", case_work.evidence, name="case_evidence"),
    path("queue/<str:public_id>/act/<slug:action>/", case_work.act, name="case_act"),
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<str:public_id>/", approvals.approval, name="approval"),
    path("approvals/<str:public_id>/decide/", approvals.decide, name="approval_decide"),
    path("approvals/<str:public_id>/withdraw/", approvals.withdraw, name="approval_withdraw"),
    path("approvals/<str:public_id>/ask/", approvals.ask, name="approval_ask"),
    path("reported/", reported.reported_list, name="reported"),
    path("find/", find.find, name="find"),
    path("events/<str:public_id>/", documents.event, name="event"),
    path("documents/<str:public_id>/", documents.document, name="document"),
]
