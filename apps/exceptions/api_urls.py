"""Addresses of the queue below /api/v1/. What is posted to works with and without a slash at the end.

A case is a logistics exception: both reads stand below exceptions/, too, for programs that look for them there.
"""

from django.urls import path, re_path

from apps.exceptions import api

urlpatterns = [
    path("exceptions/", api.ExceptionList.as_view(), name="api-exceptions"),
    path("exceptions/<str:public_id>/", api.ExceptionDetail.as_view(), name="api-exception"),
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
