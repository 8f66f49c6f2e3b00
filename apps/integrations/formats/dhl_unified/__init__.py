"""DHL Unified tracking: one answer with all shipments of a number."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.dhl_unified.parse import check, parse
from apps.integrations.formats.schemes import GENERIC

FORMAT = Format(
    name="dhl_unified",
    title="DHL Unified tracking",
    media_types=JSON_MEDIA,
    tables=("dhl_parcel_de", "dhl_unified"),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="hmac_sha256",
    schemes=GENERIC,
)
