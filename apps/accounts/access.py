"""Doors: a view names what its visitor must be allowed to do; the table in `roles.MAY` decides."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.roles import MAY

View = Callable[..., HttpResponse]


def needs(what: str) -> Callable[[View], View]:
    """Sign-in first (redirect), then the role (403)."""
    MAY[what]  # a door that nobody defined is a mistake at import, not at midnight

    def guard(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.may(what):  # type: ignore[union-attr]
                raise PermissionDenied(what)
            return view(request, *args, **kwargs)

        guarded.needs = what  # type: ignore[attr-defined]
        return guarded

    return guard


def may(what: str) -> type[BasePermission]:
    """The same door for DRF: `permission_classes = [may("shipments.see")]`."""
    MAY[what]

    class May(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            return bool(request.user.is_authenticated and request.user.may(what))

    May.__name__ = f"May({what})"
    return May
