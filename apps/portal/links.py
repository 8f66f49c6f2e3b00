"""Signed, expiring links: who holds one sees one order, and cannot find another's by guessing."""

from datetime import timedelta
from typing import Final

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.urls import reverse

from apps.portal.errors import Expired, Forged
from apps.shipments.models import Order

VALID_DAYS: Final = 60
_SALT: Final = "portal.track"


def link_for(order: Order) -> str:
    """The path of the order's page, `/t/<token>/`, good for 60 days from now. It needs no account."""
    return reverse("track", args=[_signer().sign(str(order.public_id).removeprefix("ord_"))])


def order_of(token: str) -> Order:
    """The order a link stands for, with its company.

    Raises Expired (with the company's name) when the link was ours and is too old; Forged when it never was
    ours, or names what is no longer there or is no order yet: to a stranger they look alike.
    """
    try:
        ref = _signer().unsign(token, max_age=timedelta(days=VALID_DAYS))
    except SignatureExpired:
        raise Expired(_company_of(_signer().unsign(token))) from None
    except BadSignature:
        raise Forged from None
    order = _find(ref)
    if order is None or order.stage == "quoted":
        raise Forged
    return order


def _signer() -> TimestampSigner:
    # A dot and not the usual colon: mail programs stop a link at some colons.
    return TimestampSigner(salt=_SALT, sep=".")


def _find(ref: str) -> Order | None:
    return Order.objects.select_related("company").filter(public_id=f"ord_{ref}").first()


def _company_of(ref: str) -> str:
    order = _find(ref)
    return order.company.name if order and order.company else ""
