"""ShipEngine (ShipStation API): a snapshot of a tracking with its events, pushed at every change."""

from functools import partial
from pathlib import Path

from apps.integrations.formats.base import JSON_MEDIA, Format
from apps.integrations.formats.codes import load_first_version
from apps.integrations.formats.schemes import GENERIC
from apps.integrations.formats.shipengine.parse import check, parse

FORMAT = Format(
    name="shipengine",
    title="ShipEngine tracking",
    media_types=JSON_MEDIA,
    tables=("shipengine",),
    check=check,
    parse=parse,
    load_codes=partial(load_first_version, Path(__file__).with_name("codes.csv")),
    scheme="shipengine",
    schemes=("shipengine", "url_token", *GENERIC),
)
