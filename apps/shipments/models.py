"""The tower's own knowledge of goods on the move: packages, their events, shipments, orders, documents."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import Company, Customer, Team, User, Warehouse
from apps.journal.ids import PublicIdField

# Named, because the API's description names the enums after them.
SHIPMENT_KINDS = [
    ("outgoing", "Outgoing"), ("incoming", "Incoming"), ("return", "Return"), ("dropship", "Drop-ship"),
]  # fmt: skip
DOCUMENT_KINDS = [("pod", "Proof of delivery"), ("evidence", "Evidence")]


class ScopedRow(models.Model):
    """Every scoped row carries its company, warehouse and customer (DESIGN, "Scope")."""

    company = models.ForeignKey(Company, null=True, on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(Warehouse, null=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Carrier(models.Model):
    """A company that moves goods, as partners and Odoo name it."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class CarrierLink(models.Model):
    """Which carrier one of Odoo's delivery methods stands for; without a link nothing is guessed."""

    connection = models.CharField(max_length=40)
    delivery_carrier_odoo_id = models.PositiveBigIntegerField()
    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "delivery_carrier_odoo_id"], name="carrier_link_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection} {self.delivery_carrier_odoo_id}: {self.carrier}"


class Stage(models.TextChoices):
    """The canonical stages of an order, quote to cash (DESIGN, "Three truths")."""

    QUOTED = "quoted", "Quoted"
    CONFIRMED = "confirmed", "Confirmed"
    ON_HOLD = "on_hold", "On hold"
    AWAITING_STOCK = "awaiting_stock", "Awaiting stock"
    ALLOCATED = "allocated", "Allocated"
    PICKING = "picking", "Picking"
    PACKED = "packed", "Packed"
    READY_TO_SHIP = "ready_to_ship", "Ready to ship"
    BOOKED = "booked", "Booked"
    IN_TRANSIT = "in_transit", "In transit"
    OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
    DELIVERED = "delivered", "Delivered"
    POD_VALIDATED = "pod_validated", "Proof accepted"
    INVOICE_RELEASED = "invoice_released", "Invoice released"
    INVOICED = "invoiced", "Invoiced"
    PAID = "paid", "Paid"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    RETURNED = "returned", "Returned"


class Order(ScopedRow):
    """A customer's order as the tower follows it; its facts come from the mirror, its stage is derived."""

    public_id = PublicIdField("ord")
    connection = models.CharField(max_length=40)
    odoo_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=120)
    customer_name = models.CharField(max_length=300, blank=True)
    customer_reference = models.CharField(max_length=200, blank=True)
    stage = models.CharField(max_length=20, choices=Stage, default=Stage.QUOTED)
    stage_why = models.JSONField(default=dict)  # {"rule", "facts": [{"kind", "id", "says"}]}
    promise_at = models.DateTimeField(null=True)
    promise_basis = models.CharField(max_length=40, blank=True)  # commitment, deadline, none
    amount_total = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    held = models.JSONField(default=list)  # what the room above holds: [{"id": "hld_…", "says"}]
    # What Odoo says, kept here by the projection so that a roll-up never reads the mirror.
    odoo_state = models.CharField(max_length=20, blank=True)
    locked = models.BooleanField(default=False)
    ordered_at = models.DateTimeField(null=True)
    commitment_at = models.DateTimeField(null=True)
    steps = models.JSONField(default=list)  # states of its internal pickings (pick, pack)
    invoices = models.JSONField(
        default=list
    )  # [{"id": "inv_…", "odoo_id", "name", "kind", "state", …}]
    owner_team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    open = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "odoo_id"], name="order_once_per_odoo")
        ]
        indexes = [
            models.Index(fields=["company", "open", "promise_at"], name="order_board"),
            models.Index(fields=["connection", "name"], name="order_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Shipment(ScopedRow):
    """One movement of goods: an outgoing, incoming or return picking. It may exist before Odoo knows it.

    The three truths are derived, never typed in: execution (rolled up from packages), customer (the
    simplified story), financial (may it be invoiced). Each `*_why` names the facts and the rule behind it.
    """

    public_id = PublicIdField("shp")
    kind = models.CharField(max_length=12, choices=SHIPMENT_KINDS)
    reference = models.CharField(max_length=120)
    connection = models.CharField(max_length=40, blank=True)
    picking_odoo_id = models.PositiveBigIntegerField(null=True)
    picking_state = models.CharField(max_length=20, blank=True)
    deadline_at = models.DateTimeField(null=True)  # the picking's own promise
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="shipments")
    backorder_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="backorders"
    )
    carrier = models.ForeignKey(Carrier, null=True, on_delete=models.PROTECT, related_name="+")
    carrier_name = models.CharField(max_length=200, blank=True)  # as Odoo says it
    customer_name = models.CharField(max_length=300, blank=True)
    ship_to_city = models.CharField(max_length=120, blank=True)
    ship_to_country = models.CharField(max_length=2, blank=True)
    ship_to_timezone = models.CharField(max_length=64, blank=True)
    execution_status = models.CharField(max_length=30)
    execution_why = models.JSONField(default=dict)
    partial = models.BooleanField(default=False)  # packages are not all at the same status
    delivered_packages = models.PositiveIntegerField(default=0)
    package_count = models.PositiveIntegerField(default=0)
    customer_status = models.CharField(max_length=30)
    customer_why = models.JSONField(default=dict)
    financial_status = models.CharField(max_length=30)
    financial_why = models.JSONField(default=dict)
    exception_reason = models.CharField(max_length=60, blank=True)
    promise_at = models.DateTimeField(null=True)
    promise_basis = models.CharField(max_length=40, blank=True)
    eta = models.CharField(
        max_length=32, blank=True
    )  # "YYYY-MM-DD" or an instant, as the source gave it
    eta_at = models.DateTimeField(
        null=True
    )  # the instant it means: end of the day in the delivery zone
    dispatched_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # of all packages together
    late = models.BooleanField(default=False)  # the ETA, or the delivery, lies after the promise
    has_proof = models.BooleanField(default=False)
    last_event_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)  # when a source last told us anything
    value = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()
    packages: models.ManyToManyField[Package, PackageLink] = models.ManyToManyField(
        "Package", through="PackageLink", related_name="shipments"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "picking_odoo_id"],
                name="shipment_once_per_picking",
                condition=models.Q(picking_odoo_id__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="shipment_newest"),
            models.Index(
                fields=["company", "execution_status", "promise_at"], name="shipment_board"
            ),
            models.Index(fields=["reference"], name="shipment_reference"),
        ]

    def __str__(self) -> str:
        return self.reference


class Package(ScopedRow):
    """(carrier, normalised tracking number, generation): carriers re-use numbers.

    `state_*` columns are the fold of its live events. Without a shipment it is unlinked: its events are
    applied all the same and it is linked when Odoo or a warehouse names the number.
    """

    public_id = PublicIdField("pkg")
    carrier = models.ForeignKey(
        Carrier, null=True, on_delete=models.PROTECT, related_name="packages"
    )
    tracking_number = models.CharField(max_length=120)
    number = models.CharField(max_length=120)  # normalised
    generation = models.PositiveSmallIntegerField(default=1)
    # Company ids ("3,7") of sources that may not see the company whose package this would be, else empty.
    fence = models.CharField(max_length=200, blank=True)
    ambiguous = models.BooleanField(default=False)  # two carriers' packages have this number
    implicit = models.BooleanField(default=False)  # of a shipment without numbers
    milestone = models.CharField(max_length=30, blank=True)
    status = models.CharField(max_length=30, blank=True)
    exception_reason = models.CharField(max_length=60, blank=True)
    terminal = models.BooleanField(default=False)
    first_event_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    picked_up_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    eta = models.CharField(max_length=32, blank=True)
    proof = models.JSONField(
        null=True
    )  # {received_by, signed_at, has_signature, document_available, …, event}
    anomalies = models.JSONField(default=list)  # sequences that cannot be, named by the fold
    # No database constraint: package and deciding event name each other, and are stored by the hundred.
    deciding_event = models.ForeignKey(
        "Event", null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    event_count = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "carrier", "generation", "fence"],
                name="package_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.tracking_number


class PackageLink(models.Model):
    """Which shipments a package carries goods of (several in a consolidation), and who said so."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="links")
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="links")
    said_by = models.CharField(max_length=40)  # odoo, wms, person
    since = models.DateTimeField(
        null=True
    )  # when the shipment's story can have begun: which generation is meant
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["package", "shipment"], name="package_link_once")
        ]

    def __str__(self) -> str:
        return f"{self.package_id} in {self.shipment_id}"


class Event(models.Model):
    """A canonical fact about a package: superseded by a newer mapping, or voided by its source.

    Never changed, but for a promise or a proof that a later telling of the same scan adds (rules.telling).
    `identity` is FORMATS.md 0.4; with the mapping version it is unique, so a repeat is no new event and a
    replay under a newer mapping supersedes. `message_id` is the database id of the raw message that brought it.
    """

    public_id = PublicIdField("evt")
    # The index event_timeline begins with the package.
    package = models.ForeignKey(
        Package, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    # As the source said: carrier, number, and the companies it was granted ("3,7"; empty: all).
    carrier = models.ForeignKey(
        Carrier,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    tracking_number = models.CharField(max_length=120, default="")
    fence = models.CharField(max_length=200, blank=True)
    generation_hint = models.CharField(max_length=120, blank=True)
    voids = models.CharField(
        max_length=200, blank=True
    )  # source_event_id of the event this one takes back
    identity = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    mapping_version = models.PositiveIntegerField()
    source = models.CharField(max_length=60)  # partner slug, "odoo", "person"
    format = models.CharField(max_length=40)
    source_event_id = models.CharField(max_length=200, blank=True)
    source_code = models.CharField(max_length=120, blank=True)
    milestone = models.CharField(max_length=30)
    exception_reason = models.CharField(max_length=60, blank=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    time_basis = models.CharField(max_length=20, blank=True)
    unmapped = models.BooleanField(default=False)
    flags = models.JSONField(default=list)
    location = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=3, blank=True)
    description = models.CharField(max_length=500, blank=True)
    pod = models.JSONField(null=True)
    eta = models.CharField(max_length=32, blank=True)
    # When the source said so, by its own clock; later tellings of the scan may bring a newer promise.
    eta_told_at = models.DateTimeField(null=True)
    # "eta", "pod": the public id of the message that completed the scan, where it was not the first.
    amended = models.JSONField(default=dict, db_default={})
    details = models.JSONField(default=dict)
    message_id = models.BigIntegerField(null=True, db_index=True)
    message_ref = models.CharField(max_length=40, blank=True)  # its public id
    correlation_id = models.CharField(max_length=64)
    superseded_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "mapping_version"], name="event_once_per_mapping"
            )
        ]
        indexes = [models.Index(fields=["package", "occurred_at"], name="event_timeline")]

    def __str__(self) -> str:
        return f"{self.milestone} at {self.occurred_at:%Y-%m-%d %H:%M}"


class Document(ScopedRow):
    """A file as evidence: a proof of delivery, a letter, a photo. Its bytes lie in DocumentBody."""

    public_id = PublicIdField("doc")
    shipment = models.ForeignKey(
        Shipment, null=True, on_delete=models.PROTECT, related_name="documents"
    )
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=20, choices=DOCUMENT_KINDS)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class DocumentBody(models.Model):
    """The bytes of a document, apart from its head so that lists never load them."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="body"
    )
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.content)} bytes"
