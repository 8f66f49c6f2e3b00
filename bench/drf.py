"""The bare limit of Django REST framework: a view that only INSERTs the bytes it was sent. No middleware."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.drf_settings"

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import path, re_path
from rest_framework.request import Request
from rest_framework.response import Response

application = get_wsgi_application()

from rest_framework.views import APIView  # noqa: E402


class Insert(APIView):
    """One INSERT, committed, for each request."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, partner: str = "") -> Response:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_bytes (raw) VALUES (%s) RETURNING id", [request.body])
            number = cursor.fetchone()[0]
        return Response({"id": number}, status=202)


urlpatterns = [
    path("healthz", lambda request: HttpResponse("ok")),
    re_path(r"^api/v1/messages/(?P<partner>[^/]+)/?$", Insert.as_view()),
]
