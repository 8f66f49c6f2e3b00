"""Addresses of the queue below /api/v1/. What is posted to works with and without a slash at the end."""

from django.urls import path, re_path

from apps.exceptions import api

urlpatterns = [
    path("cases/", api.CaseList.as_view(), name="api-cases"),
    path("cases/<str:public_id>/", api.CaseDetail.as_view(), name="api-case"),
    re_path(r"^cases/(?P<public_id>[^/]+)/take/?$", api.Take.as_view(), name="api-case-take"),
    re_path(r"^cases/(?P<public_id>[^/]+)/notes/?$", api.Notes.as_view(), name="api-case-notes"),
    re_path(
        r"^cases/(?P<public_id>[^/]+)/actions/?$", api.Actions.as_view(), name="api-case-actions"
    ),
    re_path(
        r"^cases/(?P<public_id>[^/]+)/resolve/?$", api.Resolve.as_view(), name="api-case-resolve"
    ),
]
