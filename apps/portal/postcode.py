"""The postcode step: who knows where the order goes may see its proof of delivery and address."""

from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from apps.portal import queries
from apps.portal.errors import TooManyTries
from apps.shipments.models import Order

TRIES: Final = 5
_WINDOW_S: Final = 3600
# Addresses are cheap to change, so an order also has a limit of its own: four-digit postcodes are soon tried out.
_TRIES_OF_ALL: Final = 40
OPEN_S: Final = 1800
_COOKIE: Final = "opened"
_SALT: Final = "portal.postcode"


def is_right(order: Order, token: str, said: str, address: str) -> bool:
    """Whether this is the postcode the order goes to; spaces, dashes and case do not matter.

    Counts the try before it looks. Raises TooManyTries after 5 tries an hour by one network address with one
    link. An order whose address has no postcode opens for nobody.
    """
    _count(f"portal:tries:{token}:{address}", TRIES)
    _count(f"portal:tries:{order.public_id}", _TRIES_OF_ALL)
    contact = queries.address_of(order)
    wanted = _plain(contact.zip) if contact else ""
    return bool(wanted) and constant_time_compare(_plain(said), wanted)


def remember(response: HttpResponse, order: Order, path: str) -> None:
    """Keep this order's papers open for half an hour in this browser, below this path only."""
    response.set_signed_cookie(
        _COOKIE,
        str(order.public_id),
        salt=_SALT,
        max_age=OPEN_S,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def is_open(request: HttpRequest, order: Order) -> bool:
    """Whether this browser has passed the step for this order."""
    said = request.get_signed_cookie(_COOKIE, default="", salt=_SALT, max_age=OPEN_S)
    return said == order.public_id


def address_of(request: HttpRequest) -> str:
    """The visitor's network address: the nearest proxy's word where one is trusted, else the connection's."""
    forwarded = (
        request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    )
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def _count(key: str, limit: int) -> None:
    cache.add(key, 0, _WINDOW_S)
    try:
        tries = cache.incr(key)
    except ValueError:  # the hour ended between the two calls
        tries = 1
        cache.set(key, tries, _WINDOW_S)
    if tries > limit:
        raise TooManyTries(_WINDOW_S // 60)


def _plain(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
