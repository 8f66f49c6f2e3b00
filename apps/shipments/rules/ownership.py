"""Fact or claim: whether a source owns what it says (PRODUCT.md R48); pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

RULE: Final = "ownership.1"
# What the sources of a format are, unless a partner was said to be something else.
KIND_OF_FORMAT: Final[Mapping[str, str]] = {
    "ups_track": "carrier", "ups_track_alert": "carrier", "fedex_track": "carrier",
    "dhl_unified": "carrier", "usps_tracking": "carrier", "dcsa_tnt": "carrier",
    "easypost": "aggregator", "aftership": "aggregator", "shippo": "aggregator",
    "tpl_generic": "3pl", "wms_generic": "wms", "epcis_2_0": "3pl", "x12_214": "carrier",
    "x12_210": "carrier", "x12_856": "supplier", "edifact_iftsta": "carrier",
    "edifact_desadv": "supplier", "canonical": "middleware",
    "seventeentrack": "aggregator",
    "shipengine": "aggregator",
    "project44": "aggregator",
    "pitney_bowes": "carrier",
    "gls": "carrier",
    "fleet_order": "driver",
    "mapped_json": "carrier",
    "note": "person",
}  # fmt: skip
TITLES: Final[Mapping[str, str]] = {
    "odoo": "Odoo", "carrier": "the carrier", "aggregator": "a carrier network", "3pl": "a 3PL",
    "wms": "a warehouse system", "tms": "a transport system", "driver": "a driver", "middleware": "middleware", "supplier": "a supplier",
    "customer": "a customer", "person": "a person", "tower": "the tower",
    "": "a source of no known kind",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the matrix: its public id and version, what it is about, and who owns it."""

    ref: str
    version: int
    title: str
    owners: tuple[str, ...]  # the most trusted first


@dataclass(frozen=True, slots=True)
class Matrix:
    """The lines that decide about events, and which kind of system each source is."""

    milestones: Mapping[str, Line] = field(default_factory=dict)
    eta: Line | None = None
    proof: Line | None = None
    reports: Mapping[str, Line] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def kind(self, source: str, format_name: str) -> str:
        """What a source is: as somebody said, else as its format's sources are; empty when nobody knows."""
        return self.kinds.get(source) or KIND_OF_FORMAT.get(format_name, "")

    def report_claims(self, kind: str, line_name: str) -> list[dict[str, Any]]:
        """Whether a report is only a claim: said by somebody who does not own its line of the matrix."""
        line = self.reports.get(line_name)
        if line is None or kind in line.owners:
            return []
        says = _says(kind, line)
        return [{"field": "report", "row": line.ref, "version": line.version, "says": says}]

    def claims(
        self, kind: str, milestone: str, eta: str, pod: Mapping[str, Any] | None
    ) -> list[dict[str, Any]]:
        """What of an event its source does not own: kept and shown, without a say in any status.

        One entry per field (milestone, eta, proof) with the line that decided; none for what has no line.
        """
        judged = (
            ("milestone", self.milestones.get(milestone)),
            ("eta", self.eta if eta else None),
            ("proof", self.proof if pod else None),
        )
        return [
            {"field": name, "row": line.ref, "version": line.version, "says": _says(kind, line)}
            for name, line in judged
            if line is not None and kind not in line.owners
        ]


def claimed(claims: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether this field of an event is only a claim."""
    return any(claim["field"] == name for claim in claims)


def _says(kind: str, line: Line) -> str:
    owners = ", ".join(TITLES.get(owner, owner) for owner in line.owners)
    return f"{line.title} is not for {TITLES.get(kind, kind)} to say: owned by {owners}"
