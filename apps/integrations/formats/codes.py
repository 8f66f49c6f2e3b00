"""Code tables: from a source's code to our milestone and reason.

They are versioned data; the `codes.csv` beside a parser is version 1.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

MILESTONES: Final = frozenset(
    """
    order_received label_created booked picked packed picked_up departed_facility
    arrived_at_facility in_transit customs_hold customs_cleared delayed exception lost
    arrived_at_destination out_for_delivery available_for_pickup delivery_attempted delivered
    goods_received pod_received damaged return_in_transit returned_to_sender cancelled eta_updated
    info_only asn_received invoice_received
    """.split()
)

EXCEPTION_REASONS: Final = frozenset(
    """
    address_incorrect address_incomplete recipient_unavailable recipient_refused recipient_moved
    business_closed access_restricted signature_required appointment_required payment_due unclaimed
    undeliverable customs_processing customs_inspection customs_documents_missing
    customs_duties_unpaid customs_broker customs_refused prohibited_goods seized weather
    natural_disaster force_majeure labor_dispute holiday mechanical accident transport_late
    capacity carrier_sorting_error carrier_other misrouted missed_pickup shipper_not_ready damaged
    shortage incomplete_shipment partial_refusal wrong_item lost theft investigation security
    temperature oversize quality recall out_of_stock documents_missing action_required
    customer_requested_hold customer_requested_change customer_requested_return booking_rejected
    order_rejected other
    """.split()
)

PROVENANCES: Final = frozenset({"doc", "memory", "own"})


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a mapping.

    An empty milestone means: the next table decides, this row may still give the reason.
    """

    table: str
    code: str
    description: str
    milestone: str | None
    reason: str | None
    provenance: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a lookup found; unmapped when no table knew any of the codes."""

    milestone: str
    reason: str | None
    unmapped: bool


@dataclass(frozen=True, slots=True)
class Codes:
    """One version of the tables of a format: table → code → row, and the same by folded code.

    layout says where the fields stand, for the format whose structure is data (mapped_json).
    """

    version: int
    exact: Mapping[str, Mapping[str, Code]]
    folded: Mapping[str, Mapping[str, Code]]
    layout: Mapping[str, Any] | None = None

    @classmethod
    def from_rows(
        cls, version: int, rows: Iterable[Code], layout: Mapping[str, Any] | None = None
    ) -> "Codes":
        """Build the tables.

        Raises ValueError for a milestone, reason or provenance that does not exist, an empty table
        or code, or a code that stands twice in one table.
        """
        exact: dict[str, dict[str, Code]] = {}
        folded: dict[str, dict[str, Code]] = {}
        for row in rows:
            _must_be_sound(row)
            table = exact.setdefault(row.table, {})
            if row.code in table:
                raise ValueError(f"{row.table}: code {row.code!r} stands twice")
            table[row.code] = row
            folded.setdefault(row.table, {}).setdefault(row.code.casefold(), row)
        return cls(version, exact, folded, layout)

    def find(self, table: str, code: str) -> Code | None:
        """The row of a code: exact first, then without regard to case; None when the table does
        not list it.
        """
        rows = self.exact.get(table)
        if rows is None:
            return None
        return rows.get(code) or self.folded[table].get(code.casefold())

    def resolve(self, *lookups: tuple[str, str]) -> Mapped:
        """Try (table, code) pairs in order, the finest first.

        The first row with a milestone decides it; the first reason on the way is kept, so that a
        fine code may explain what only a coarse one can place. Nothing found: info_only, unmapped;
        a code is never guessed. Rule: FORMATS 0.5.
        """
        reason: str | None = None
        for table, code in lookups:
            row = self.find(table, code)
            if row is None:
                continue
            reason = reason or row.reason
            if row.milestone:
                return Mapped(row.milestone, reason, False)
        return Mapped("info_only", reason, True)


def _must_be_sound(row: Code) -> None:
    if not row.table or not row.code:
        raise ValueError("a row needs a table and a code")
    if row.milestone and row.milestone not in MILESTONES:
        raise ValueError(f"{row.table} {row.code}: no milestone {row.milestone!r}")
    if row.reason and row.reason not in EXCEPTION_REASONS:
        raise ValueError(f"{row.table} {row.code}: no exception reason {row.reason!r}")
    if row.provenance not in PROVENANCES:
        raise ValueError(f"{row.table} {row.code}: no provenance {row.provenance!r}")


def read_rows(path: Path) -> list[Code]:
    """The rows of a codes.csv (table, code, description, milestone, reason, provenance)."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Code(
                row["table"],
                row["code"],
                row["description"],
                row["milestone"] or None,
                row["reason"] or None,
                row["provenance"],
            )
            for row in csv.DictReader(lines)
        ]


@cache
def load_first_version(path: Path) -> Codes:
    """Mapping version 1 of a format: the codes.csv beside its parser."""
    return Codes.from_rows(1, read_rows(path))
