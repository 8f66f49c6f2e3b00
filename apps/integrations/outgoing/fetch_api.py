"""The API of agents: outbound HTTPS only, so they ask for their work and say how it ended (PRODUCT.md R33).

By the subscription's own credential, which opens nothing else, or by its owner's token or session.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import authentication, exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api_auth import SessionAuthentication, TokenAuthentication
from apps.accounts.models import User
from apps.integrations.models.outgoing import Delivery, Subscription, SubscriptionSecret
from apps.integrations.outgoing import fetching
from apps.integrations.outgoing.api import PROBLEM, REFUSED, Own
from apps.integrations.outgoing.errors import LeaseOver
from apps.integrations.outgoing.secrets import AGENT, shown
from apps.integrations.outgoing.serializers import (
    DeliveryRead,
    LeaseWanted,
    WorkDone,
    WorkFailed,
    WorkPage,
)

_OVER: Final = {
    409: OpenApiResponse(
        description="A problem document: this lease is over, or the Idempotency-Key is taken"
    )
}


class AgentAuthentication(authentication.BaseAuthentication):
    """The credential of a fetched subscription. Only the views here take it; it acts for the subscription's owner."""

    def authenticate(self, request: Request) -> tuple[User, SubscriptionSecret] | None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        given = given.strip()
        if scheme.lower() != "bearer" or not given.startswith(AGENT):
            return None
        found = shown(given, timezone.now())
        if found is None or not _may_still(found.subscription):
            raise exceptions.AuthenticationFailed("This credential is unknown or has ended.")
        return found.subscription.owner, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _may_still(row: Subscription) -> bool:
    """Whether its owner may sign in, and the API client that added it, if one did, is not disabled."""
    return row.owner.is_active and (row.client is None or row.client.disabled_at is None)


class AgentScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names the credential."""

    target_class = AgentAuthentication
    name = "agent"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class _Work(Own):
    """Every view here: the agent's own subscription."""

    authentication_classes = [AgentAuthentication, TokenAuthentication, SessionAuthentication]

    def fetched(self, request: Request, subscription_id: str) -> Subscription:
        """The subscription of this id; of one that is sent nothing can be fetched."""
        by = request.auth
        if isinstance(by, SubscriptionSecret):
            row = by.subscription if by.subscription.public_id == subscription_id else None
        else:
            row = self.changed_by(request, subscription_id)
            if row is not None and row.owner_id != request.user.pk:
                row = None  # who may change it may still not read all that its owner may
        if row is None or not row.fetched:
            raise Http404
        return row

    def delivery(self, request: Request, subscription_id: str, delivery_id: str) -> Delivery:
        row = self.fetched(request, subscription_id)
        found = row.deliveries.filter(public_id=delivery_id).first()
        if found is None:
            raise Http404
        return found


class NextView(_Work):
    """Work for an agent."""

    @extend_schema(
        operation_id="work_next",
        request=LeaseWanted,
        responses={200: WorkPage, **REFUSED},
        description=(
            "What is due, oldest first, for lease_s seconds: within them it is given to nobody else. Say done or failed "
            "of each. What nobody speaks of in time is given again. Answered at once, also when there is nothing: then "
            "Retry-After says when to ask again."
        ),
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        row = self.fetched(request, subscription_id)
        asked = LeaseWanted(data=request.data)
        asked.is_valid(raise_exception=True)
        most = asked.validated_data["most"]
        lease_s = asked.validated_data["lease_s"]
        taken = fetching.lease(row, most=most, lease_s=lease_s, now=timezone.now())
        again_s = 0 if len(taken) == most else row.ask_every_s
        told = {"deliveries": taken, "state": row.state, "ask_again_s": again_s}
        headers = {"Cache-Control": "no-store"}
        if not taken:
            headers["Retry-After"] = str(again_s)
        return Response(WorkPage(told).data, headers=headers)


class DoneView(_Work):
    """A piece of work is done."""

    @extend_schema(
        operation_id="work_done",
        request=WorkDone,
        responses={200: DeliveryRead, **REFUSED, **_OVER},
        description="Also after the lease ran out: what was done was done. Said again it changes nothing.",
    )
    def post(self, request: Request, subscription_id: str, delivery_id: str) -> Response:
        delivery = self.delivery(request, subscription_id, delivery_id)
        asked = WorkDone(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        try:
            now = timezone.now()
            ended = fetching.done(delivery, given["leased_at"], says=given["says"], now=now)
        except LeaseOver as over:
            raise _Over(str(over)) from over
        return Response(DeliveryRead(ended).data)


class FailedView(_Work):
    """A piece of work could not be done."""

    @extend_schema(
        operation_id="work_failed",
        request=WorkFailed,
        responses={200: DeliveryRead, 403: PROBLEM, 404: PROBLEM, **_OVER},
        description="It is given again after a rest, for three days; then it is a dead letter with a case.",
    )
    def post(self, request: Request, subscription_id: str, delivery_id: str) -> Response:
        delivery = self.delivery(request, subscription_id, delivery_id)
        asked = WorkFailed(data=request.data)
        asked.is_valid(raise_exception=True)
        given: dict[str, Any] = asked.validated_data
        try:
            ended = fetching.failed(
                delivery,
                given["leased_at"],
                says=given["says"],
                retry_after_s=given.get("retry_after_s"),
                now=timezone.now(),
            )
        except LeaseOver as over:
            raise _Over(str(over)) from over
        return Response(DeliveryRead(ended).data)


class _Over(exceptions.APIException):
    """The lease is over."""

    status_code = 409
    default_code = "lease_over"
