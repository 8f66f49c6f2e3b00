"""Where everything is. Pages at the root, the API under /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from apps.integrations import schemas

api: list[URLPattern | URLResolver] = [
    path("", include("apps.shipments.api_urls")),
    path("", include("apps.shipments.reported_urls")),
    path("", include("apps.approvals.api_urls")),
    path("", include("apps.exceptions.api_urls")),
    path("", include("apps.integrations.api_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("schemas/canonical/<str:version>.json", schemas.canonical, name="schema-canonical"),
]

urlpatterns = [
    path("", include("apps.dashboards.urls")),
    path("", include("apps.portal.urls")),
    path("", include("apps.integrations.urls")),
    path("api/v1/", include(api)),
    path("accounts/", include("allauth.urls")),
]

handler403 = "apps.dashboards.views.errors.refused"
handler404 = "apps.dashboards.views.errors.missing"
handler500 = "apps.dashboards.views.errors.broken"
