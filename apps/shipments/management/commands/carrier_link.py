"""`manage.py carrier_link`: which carrier a delivery method of Odoo stands for; nothing is guessed from names."""

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from apps.mirror.models import DeliveryCarrier, Picking
from apps.shipments.carriers import ids_by_slug, slug_of
from apps.shipments.models import Carrier, CarrierLink, Package
from apps.shipments.projection import project

_BATCH: Final = 500


class Command(BaseCommand):
    """Running it again changes nothing. A method that stood for another carrier stands for the new one from now on."""

    help = "Say which carrier Odoo's delivery methods stand for; without arguments: what is known."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "carrier", metavar="CARRIER", nargs="?", help="the slug given to partner_add --carrier"
        )
        parser.add_argument(
            "methods", metavar="METHOD", nargs="*", help="name of a delivery method in Odoo"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["carrier"] and not slug_of(options["carrier"]):
            raise CommandError(f"{options['carrier']!r} is no name for a carrier.")
        if options["carrier"] and not options["methods"]:
            raise CommandError(f"Which delivery methods are {options['carrier']}'s? {_known()}")
        if options["carrier"]:
            link(options["carrier"], options["methods"])
        self._show()

    def _show(self) -> None:
        carriers = dict(Carrier.objects.values_list("id", "slug"))
        stands_for = {
            (row.connection, row.delivery_carrier_odoo_id): carriers[row.carrier_id]
            for row in CarrierLink.objects.all()
        }
        for method in DeliveryCarrier.objects.filter(gone_at=None).order_by("name", "odoo_id"):
            carrier = stands_for.get((method.connection, method.odoo_id), "-")
            self.stdout.write(f"{carrier:<20} {method.name}")


@transaction.atomic
def link(carrier: str, names: list[str]) -> None:
    """Link methods by name and bring their transfers up to it; raises CommandError for an unknown name."""
    methods = list(DeliveryCarrier.objects.filter(gone_at=None, name__in=names))
    unknown = sorted(set(names) - {method.name for method in methods})
    if unknown:
        raise CommandError(f"Odoo has no delivery method called {', '.join(unknown)}. {_known()}")
    carrier_id = ids_by_slug([carrier])[slug_of(carrier)]
    for method in methods:
        CarrierLink.objects.update_or_create(
            connection=method.connection,
            delivery_carrier_odoo_id=method.odoo_id,
            defaults={"carrier_id": carrier_id},
        )
        shipped = Picking.objects.filter(
            connection=method.connection, carrier_odoo_id=method.odoo_id
        )
        ids = sorted(shipped.values_list("odoo_id", flat=True))
        for start in range(0, len(ids), _BATCH):
            project(method.connection, pickings=ids[start : start + _BATCH])
        _claim_parcels(carrier_id, method.connection, ids)


def _claim_parcels(carrier_id: int, connection: str, picking_ids: list[int]) -> None:
    """Parcels of these transfers that had no carrier are this one's, unless it has that number already."""
    nobodys = Package.objects.filter(
        carrier=None,
        links__shipment__connection=connection,
        links__shipment__picking_odoo_id__in=picking_ids,
    )
    taken = Package.objects.filter(carrier_id=carrier_id).values("number")
    # In id order, as everybody locks packages.
    free = Package.objects.filter(pk__in=nobodys.values("pk")).exclude(number__in=taken)
    ids = list(free.order_by("id").select_for_update().values_list("id", flat=True))
    Package.objects.filter(pk__in=ids).update(carrier_id=carrier_id)


def _known() -> str:
    names = DeliveryCarrier.objects.filter(gone_at=None).order_by("name")
    known = ", ".join(names.values_list("name", flat=True))
    return (
        f"It has: {known}." if known else "None is mirrored yet: run `manage.py odoo_sync` first."
    )
