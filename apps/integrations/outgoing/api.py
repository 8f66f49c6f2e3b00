"""The API of subscriptions: what a program does for itself that a person does on the screens."""

from __future__ import annotations

from typing import Any, Final, cast

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import may
from apps.accounts.models import ApiToken, Company, User, Warehouse
from apps.integrations.models.outgoing import Delivery, DeliveryState, Subscription
from apps.integrations.outgoing import queries, replaying, services
from apps.integrations.outgoing.catalog import VERSION
from apps.integrations.outgoing.errors import BadSubscription
from apps.integrations.outgoing.serializers import (
    DeliveryDetail,
    DeliveryPage,
    DeliveryRead,
    DeliveryReplayed,
    EventKind,
    NewSecret,
    ReplayPlan,
    ReplayWanted,
    RotationWanted,
    SubscriptionChange,
    SubscriptionMade,
    SubscriptionRead,
    SubscriptionWanted,
)
from apps.integrations.outgoing.services import Wanted

PROBLEM: Final = OpenApiResponse(description="A problem document (RFC 9457)")
REFUSED: Final = {400: PROBLEM, 403: PROBLEM, 404: PROBLEM}


def person(request: Request) -> User:
    return cast(User, request.user)


class Own(APIView):
    """Every view here: the caller's own subscriptions, and those a person of the desk may see."""

    permission_classes = [may("subscriptions.own")]

    def found(self, request: Request, subscription_id: str) -> Subscription:
        row = queries.one(person(request), subscription_id)
        if row is None:
            raise Http404
        return row

    def changed_by(self, request: Request, subscription_id: str) -> Subscription:
        """As found, for who may change it: its owner, or who may change all."""
        row, user = self.found(request, subscription_id), person(request)
        if row.owner_id != user.pk and not user.may("subscriptions.change"):
            raise Http404
        return row


class SubscriptionsView(Own):
    """Your subscriptions; add one."""

    @extend_schema(operation_id="subscriptions_list", responses={200: SubscriptionRead(many=True)})
    def get(self, request: Request) -> Response:
        rows = queries.subscriptions_of(person(request)).select_related("owner")
        rows = rows.prefetch_related("companies", "warehouses", "customers")
        return Response(SubscriptionRead(rows, many=True).data)

    @extend_schema(
        operation_id="subscription_create",
        request=SubscriptionWanted,
        responses={201: SubscriptionMade, **REFUSED},
        description="The secret is answered here and never again. Events from now on are sent.",
    )
    def post(self, request: Request) -> Response:
        asked = SubscriptionWanted(data=request.data)
        asked.is_valid(raise_exception=True)
        user, token = person(request), request.auth
        try:
            row, secret = services.add(
                _wanted(asked.validated_data, user, None),
                owner=user,
                now=timezone.now(),
                client=token.client if isinstance(token, ApiToken) else None,
            )
        except BadSubscription as bad:
            raise _invalid(bad) from bad
        return _made(row, secret, 201)


class SubscriptionView(Own):
    """One subscription."""

    @extend_schema(
        operation_id="subscription", responses={200: SubscriptionRead, 403: PROBLEM, 404: PROBLEM}
    )
    def get(self, request: Request, subscription_id: str) -> Response:
        return Response(SubscriptionRead(self.found(request, subscription_id)).data)

    @extend_schema(
        operation_id="subscription_change",
        request=SubscriptionChange,
        responses={200: SubscriptionRead, **REFUSED},
    )
    def patch(self, request: Request, subscription_id: str) -> Response:
        row = self.changed_by(request, subscription_id)
        asked = SubscriptionChange(data=request.data)
        asked.is_valid(raise_exception=True)
        user = person(request)
        try:
            wanted = _wanted(asked.validated_data, row.owner, row)
            changed = services.change(row, wanted, by=user)
        except BadSubscription as bad:
            raise _invalid(bad) from bad
        return Response(SubscriptionRead(changed).data)

    @extend_schema(
        operation_id="subscription_remove", responses={204: None, 403: PROBLEM, 404: PROBLEM}
    )
    def delete(self, request: Request, subscription_id: str) -> Response:
        services.remove(self.changed_by(request, subscription_id), by=person(request))
        return Response(status=204)


class SecretView(Own):
    """Another secret."""

    @extend_schema(
        operation_id="subscription_secret",
        request=RotationWanted,
        responses={201: NewSecret, **REFUSED},
        description="Both sign for overlap_h hours: `webhook-signature` then holds two values.",
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        row = self.changed_by(request, subscription_id)
        asked = RotationWanted(data=request.data)
        asked.is_valid(raise_exception=True)
        secret = services.rotate(
            row,
            by=person(request),
            now=timezone.now(),
            overlap_h=asked.validated_data["overlap_h"],
        )
        return Response({"secret": secret}, status=201, headers={"Cache-Control": "no-store"})


class PauseView(Own):
    """Send nothing for a while; what happens is collected."""

    @extend_schema(
        operation_id="subscription_pause",
        request=None,
        responses={200: SubscriptionRead, 403: PROBLEM, 404: PROBLEM},
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        row = self.changed_by(request, subscription_id)
        services.pause(row, by=person(request))
        row.refresh_from_db()
        return Response(SubscriptionRead(row).data)


class ResumeView(Own):
    """Send again, also what happened while it was disabled."""

    @extend_schema(
        operation_id="subscription_resume",
        request=None,
        responses={200: SubscriptionRead, **REFUSED},
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        row = self.changed_by(request, subscription_id)
        try:
            replaying.resume(row, by=person(request), now=timezone.now())
        except BadSubscription as bad:
            raise _invalid(bad) from bad
        row.refresh_from_db()
        return Response(SubscriptionRead(row).data)


class PingView(Own):
    """One test event."""

    @extend_schema(
        operation_id="subscription_ping",
        request=None,
        responses={202: DeliveryRead, 403: PROBLEM, 404: PROBLEM},
        description="Ask for the delivery to see how it went; a ping is tried once.",
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        row = self.changed_by(request, subscription_id)
        sent = services.ping(row, by=person(request), now=timezone.now())
        return Response(DeliveryRead(sent).data, status=202)


class DeliveriesView(Own):
    """What was sent, is waiting, or is a dead letter."""

    @extend_schema(
        operation_id="deliveries_list",
        parameters=[
            OpenApiParameter("state", str, enum=DeliveryState.values),
            OpenApiParameter("kind", str),
            OpenApiParameter("before", str, description="`next` of the page before"),
        ],
        responses={200: DeliveryPage, 403: PROBLEM, 404: PROBLEM},
    )
    def get(self, request: Request, subscription_id: str) -> Response:
        row = self.found(request, subscription_id)
        filters = queries.DeliveryFilters.from_query(request.query_params)
        rows = queries.deliveries(person(request), row, filters)
        page = rows[: queries.PAGE]
        more = page[-1].public_id if len(rows) > queries.PAGE else None
        return Response({"results": DeliveryRead(page, many=True).data, "next": more})


class DeliveryView(Own):
    """One delivery with its payload and every try."""

    @extend_schema(
        operation_id="delivery", responses={200: DeliveryDetail, 403: PROBLEM, 404: PROBLEM}
    )
    def get(self, request: Request, subscription_id: str, delivery_id: str) -> Response:
        row = self.found(request, subscription_id)
        return Response(DeliveryDetail(delivery_of(request, row, delivery_id)).data)


class DeliveryReplayView(Own):
    """Send one event again, under its own id."""

    @extend_schema(
        operation_id="delivery_replay",
        request=None,
        responses={202: DeliveryReplayed, 403: PROBLEM, 404: PROBLEM},
    )
    def post(self, request: Request, subscription_id: str, delivery_id: str) -> Response:
        row = self.changed_by(request, subscription_id)
        found = delivery_of(request, row, delivery_id)
        done = services.replay_one(found, by=person(request), now=timezone.now())
        return Response({"replayed": done}, status=202)


class ReplayView(Own):
    """Send the events of a time range again."""

    @extend_schema(
        operation_id="subscription_replay",
        request=ReplayWanted,
        responses={200: ReplayPlan, 202: ReplayPlan, **REFUSED},
        description="With dry_run only the counts are answered (200). A receiver knows a repeat by its webhook-id.",
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        row = self.changed_by(request, subscription_id)
        asked = ReplayWanted(data=request.data)
        asked.is_valid(raise_exception=True)
        given, dry = asked.validated_data, asked.validated_data["dry_run"]
        wanted = replaying.Range(
            given["begins"],
            given["ends"],
            tuple(given.get("kinds", ())),
            tuple(given.get("states") or (DeliveryState.SENT, DeliveryState.DEAD)),
            given["missing"],
        )
        try:
            done = (
                replaying.plan(row, wanted)
                if dry
                else replaying.carry_out(row, wanted, by=person(request), now=timezone.now())
            )
        except BadSubscription as bad:
            raise _invalid(bad) from bad
        told = {"again": done.again, "missing": done.missing, "cut": done.cut, "dry_run": dry}
        return Response(told, status=200 if dry else 202)


class KindsView(Own):
    """The kinds you may subscribe to."""

    @extend_schema(operation_id="event_kinds", responses={200: EventKind(many=True)})
    def get(self, request: Request) -> Response:
        user = person(request)
        audience = "tower" if user.may("subscriptions.change") else "customer"
        choices = queries.kind_choices(user, audience)
        return Response(
            [{"kind": one.kind, "says": one.says, "version": VERSION} for one in choices]
        )


def delivery_of(request: Request, row: Subscription, delivery_id: str) -> Delivery:
    found = queries.delivery(person(request), row, delivery_id)
    if found is None:
        raise Http404
    return found


def _made(row: Subscription, secret: str, status: int) -> Response:
    told = {**SubscriptionRead(row).data, "secret": secret}
    return Response(told, status=status, headers={"Cache-Control": "no-store"})


def _invalid(bad: BadSubscription) -> ValidationError:
    return ValidationError({bad.field: [str(bad)]})


def _wanted(given: dict[str, Any], owner: User, row: Subscription | None) -> Wanted:
    """What is asked for, over what stands. Raises BadSubscription for an id the owner may not see."""
    mine = owner.scope
    companies = Company.objects.filter(pk__in=mine.companies)
    warehouses = Warehouse.objects.filter(company__in=companies)

    def named(field: str, rows: Any, stands: Any) -> tuple[Any, ...]:
        if field not in given:
            return tuple(stands.all()) if row else ()
        ids = list(dict.fromkeys(given[field]))
        found = {one.public_id: one for one in rows.filter(public_id__in=ids)}
        if len(found) < len(ids):
            raise BadSubscription(field, "One of these does not exist.")
        return tuple(found.values())

    def plain(field: str, default: Any) -> Any:
        return given.get(field, getattr(row, field) if row else default)

    return Wanted(
        name=plain("name", ""),
        url=plain("url", ""),
        fetched=plain("fetched", False),
        ask_every_s=plain("ask_every_s", 60),
        audience=plain("audience", "tower"),
        kinds=tuple(plain("kinds", ())),
        companies=named("companies", companies, row and row.companies),
        warehouses=named("warehouses", warehouses, row and row.warehouses),
        customers=named("customers", queries.customers_of(owner), row and row.customers),
        version=plain("version", VERSION),
    )
