"""DCSA Track & Trace 2: events of containers, vessels and documents, pushed by ocean carriers."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.dcsa_tnt.parse import check, parse
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="dcsa_tnt",
    title="DCSA Track & Trace",
    media_types=JSON_MEDIA,
    tables=("dcsa_classifier", "dcsa_equipment", "dcsa_transport", "dcsa_shipment"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="dcsa",
    schemes=("dcsa", *GENERIC),
)
