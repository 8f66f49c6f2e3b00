"""Addresses of this room below /api/v1/. What is posted to works with and without a slash at the end."""

from django.urls import path, re_path

from apps.approvals import api

urlpatterns = [
    path("approvals/", api.RequestList.as_view(), name="api-approvals"),
    path("approvals/<str:public_id>/", api.RequestDetail.as_view(), name="api-approval"),
    re_path(
        r"^approvals/(?P<public_id>[^/]+)/decisions/?$",
        api.Decisions.as_view(),
        name="api-decisions",
    ),
    path("holds/", api.HoldList.as_view(), name="api-holds"),
    path("holds/<str:public_id>/", api.HoldDetail.as_view(), name="api-hold"),
    re_path(
        r"^holds/(?P<public_id>[^/]+)/requests/?$",
        api.HoldRequests.as_view(),
        name="api-hold-requests",
    ),
]
